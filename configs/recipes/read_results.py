"""Numbers of finished runs as a DataFrame: a table and a plot.

    python -m configs.recipes.read_results

Two methods with two seeds train first; of a study that is finished the last
part is enough.
"""

import pathlib
import tempfile

import jaxsparse as js
from jaxsparse.config.defaults import default_config
from jaxsparse.runs.train import train


def main(num_steps: int = 200) -> None:
  """Runs the recipe and prints what came out."""
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for method in ('static', 'rigl'):
      for seed in (0, 1):
        config = default_config(updater=method)
        config.seed, config.num_steps = seed, num_steps
        config.eval.interval = num_steps // 10
        train(config, folder / f'{method}-{seed}', plots=False)

    results = js.read_results(folder)
    final = results[results.metric == 'test_accuracy']
    table = final.groupby(['updater.name', 'updater.sparsity'])['value']
    print(table.agg(['mean', 'std', 'count']).round(4))

    curves = results[results.metric == 'eval_accuracy'].pivot_table(
      index='step', columns='updater.name', values='value'
    )
    axes = curves.plot(ylabel='test accuracy')
    axes.figure.savefig(folder / 'curves.png')
    print('size of the plot in bytes:', (folder / 'curves.png').stat().st_size)


if __name__ == '__main__':
  main()
