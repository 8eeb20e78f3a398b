"""The ways to train several runs, by name, which a flag of programs lists."""

PARALLEL = ('auto', 'one_by_one', 'vmap')
