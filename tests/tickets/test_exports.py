"""Tickets as safetensors files, read by others and read back."""

import pathlib
import subprocess

import jax
import numpy as np
import pytest
import safetensors
from safetensors.numpy import load_file, save_file

from jaxsparse.core import paths
from jaxsparse.runs import finished, reading
from jaxsparse.tickets import imports, record
from jaxsparse.tickets.exports import export
from jaxsparse.tickets.manifest import manifest
from jaxsparse.training.checkpoints import load_params

SCRIPT = pathlib.Path(__file__).with_name('exported_logits.py')
KERNEL = 'Dense_0/kernel'


def leaves(tree):
  return {p: np.asarray(leaf) for p, leaf in paths.flatten(tree).items()}


@pytest.fixture(scope='module')
def exported(lottery, tmp_path_factory):
  path = tmp_path_factory.mktemp('exported') / 'ticket.safetensors'
  export(lottery / 'ticket', path)
  return path


def rewritten(path, out, **changed):
  """Writes the file again with other tensors; `None` leaves one out."""
  with safetensors.safe_open(path, 'np') as file:
    metadata = file.metadata()
  tensors = load_file(path) | changed
  kept = {n: t for n, t in tensors.items() if t is not None}
  save_file(kept, out, metadata)
  return out


def test_a_file_has_weights_bits_of_masks_and_the_manifest(lottery, exported):
  tensors = load_file(exported)
  params, masks = map(leaves, load_params(lottery / 'ticket', step=0))
  assert tensors.keys() == {
    *(f'params/{path}' for path in params),
    *(f'masks/{path}' for path in masks),
    'step',
  }
  assert tensors['step'] == 0
  for path, param in params.items():
    np.testing.assert_array_equal(tensors[f'params/{path}'], param)
  for path, mask in masks.items():
    bits = ''.join(f'{byte:08b}' for byte in tensors[f'masks/{path}'])
    assert [bit == '1' for bit in bits[: mask.size]] == mask.ravel().tolist()
  with safetensors.safe_open(exported, 'np') as file:
    ticket = record.from_json(file.metadata()['jaxsparse ticket'])
  assert ticket == manifest(lottery / 'ticket')


def test_the_file_of_a_ticket_always_has_the_same_bytes(lottery, tmp_path):
  path, contents = tmp_path / 'ticket.safetensors', set()
  for _ in range(4):
    export(lottery / 'ticket', path)
    contents.add(path.read_bytes())
  assert len(contents) == 1


@pytest.mark.parametrize('step', [None, 30])
def test_it_is_read_back_to_the_bit(lottery, tmp_path, step):
  path = tmp_path / 'ticket.safetensors'
  export(lottery / 'ticket', path, step=step)
  imports.convert(path, tmp_path / 'out')
  expected = load_params(lottery / 'ticket', step=step or 0)
  for found, tree in zip(load_params(tmp_path / 'out'), expected, strict=True):
    found, tree = leaves(found), leaves(tree)
    assert found.keys() == tree.keys()
    for leaf, array in tree.items():
      np.testing.assert_array_equal(found[leaf], array, strict=True)


@pytest.mark.parametrize('step', [None, 30])
def test_pytorch_computes_the_same_logits(
  lottery, tmp_path, torch_python, step
):
  path, inputs, out = (
    tmp_path / n for n in ('t.safetensors', 'x.npy', 'y.npy')
  )
  export(lottery / 'ticket', path, step=step)
  images = np.random.default_rng(0).normal(size=(50, 8, 8, 1))
  np.save(inputs, images.astype(np.float32))
  subprocess.run([torch_python, SCRIPT, path, inputs, out], check=True)
  run = finished.load(lottery / 'ticket', reading.describe)
  net = finished.solution(run, step or 0)
  with jax.default_matmul_precision('float32'):
    logits = run.experiment.task.logits(
      net.params, net.model_state, np.load(inputs)
    )
  np.testing.assert_allclose(np.load(out), logits, rtol=0, atol=1e-5)


def test_damaged_files_are_refused(exported, tmp_path):
  out = tmp_path / 'changed.safetensors'
  kernel, bits = (
    load_file(exported)[f'{w}/{KERNEL}'] for w in ('params', 'masks')
  )
  flipped = bits.copy()
  flipped[0] ^= 1
  where = f"leaf '{KERNEL}': "
  for name, tensor, reason in (
    (f'masks/{KERNEL}', flipped, f'{where}mask'),
    (f'masks/{KERNEL}', bits[1:], 'has 128 bytes'),
    (f'masks/{KERNEL}', None, f"lacks the tensor 'masks/{KERNEL}'"),
    (f'params/{KERNEL}', kernel * np.float32(1.001), f'{where}weights'),
    (f'params/{KERNEL}', kernel[1:], f"mask '{KERNEL}' has shape"),
  ):
    path = rewritten(exported, out, **{name: tensor})
    with pytest.raises(ValueError, match=f'changed.safetensors: .*{reason}'):
      imports.convert(path, tmp_path / 'out')
  assert not (tmp_path / 'out').exists()
  out.write_bytes(exported.read_bytes()[:-4])
  with pytest.raises(ValueError, match=r'changed\.safetensors cannot be read'):
    imports.convert(out, tmp_path / 'out')


def test_it_must_fit_the_model_of_a_config(exported, make_config, tmp_path):
  config = make_config('static', model__features=(8,))
  with pytest.raises(ValueError, match="does not fit the model: leaf 'Dense_0"):
    imports.convert(exported, tmp_path / 'out', config=config)


def test_what_cannot_be_exported_is_refused(lottery, tmp_path):
  with pytest.raises(ValueError, match='accepted are .safetensors'):
    export(lottery / 'ticket', tmp_path / 'ticket.npz')
  with pytest.raises(ValueError, match='does not hold step 7'):
    export(lottery / 'ticket', tmp_path / 'ticket.safetensors', step=7)
  with pytest.raises(ValueError, match='is no ticket'):
    export(lottery / 'dense', tmp_path / 'ticket.safetensors')
  assert list(tmp_path.iterdir()) == []


def test_metadata_that_are_no_manifest_are_refused(exported, tmp_path):
  out = tmp_path / 'changed.safetensors'
  save_file(load_file(exported), out, {'jaxsparse ticket': '{}'})
  with pytest.raises(ValueError, match='it holds no manifest'):
    imports.convert(out, tmp_path / 'out')
