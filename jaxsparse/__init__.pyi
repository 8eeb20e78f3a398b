"""The public names: `import jaxsparse as js`, and `js.rigl`."""

# A loop of one's own.
# Counts: how many weights each layer has.
from .core.controls import shuffled as shuffled
from .core.controls import sign_agreement as sign_agreement
from .core.controls import with_signs as with_signs
from .core.distributions.er import er as er
from .core.distributions.erk import erk as erk
from .core.distributions.layer_map import layer_map as layer_map
from .core.distributions.smart_ratio import smart_ratio as smart_ratio
from .core.distributions.uniform import uniform as uniform
from .core.drop_grow import carry_over as carry_over
from .core.drop_grow import drop_and_grow as drop_and_grow
from .core.masks import active as active
from .core.masks import apply_masks as apply_masks
from .core.masks import random_masks as random_masks

# Masks.
from .core.sparse_init import sparse_init as sparse_init
from .core.tables import sparsity as sparsity

# To read.
from .core.tables import table as table
from .core.topk import topk_mask as topk_mask
from .core.topk import topk_masks as topk_masks
from .core.types import Facts as Facts
from .core.types import MaskState as MaskState
from .core.types import MaskUpdater as MaskUpdater
from .core.types import Probe as Probe
from .core.types import SparsityError as SparsityError
from .optim.ema import ema as ema
from .optim.prune import prune as prune
from .optim.sparsify import SparsifyState as SparsifyState
from .optim.sparsify import sparsify as sparsify
from .optim.sparsify import sparsify_params as sparsify_params
from .optim.summary import summary as summary
from .results.frame import read_results as read_results
from .runs.nets import load as load

# Methods.
from .updaters.deep_r import deep_r as deep_r
from .updaters.dense import dense as dense
from .updaters.dsr import dsr as dsr
from .updaters.force import force as force
from .updaters.gmp import gmp as gmp
from .updaters.granet import granet as granet
from .updaters.grasp import grasp as grasp
from .updaters.iterative_snip import iterative_snip as iterative_snip
from .updaters.magnitude import magnitude as magnitude
from .updaters.magnitude_at_init import magnitude_at_init as magnitude_at_init
from .updaters.obd import obd as obd
from .updaters.random import random as random
from .updaters.rigl import rigl as rigl
from .updaters.rigl_sg import rigl_sg as rigl_sg
from .updaters.rigl_sm import rigl_sm as rigl_sm
from .updaters.set import set as set
from .updaters.snfs import snfs as snfs
from .updaters.snip import snip as snip
from .updaters.srigl import srigl as srigl
from .updaters.static import static as static
from .updaters.ste import ste as ste
from .updaters.synflow import synflow as synflow
from .updaters.topkast import topkast as topkast

__version__: str
