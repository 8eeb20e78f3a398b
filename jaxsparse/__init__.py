"""jaxsparse: research on sparse neural networks, in JAX.

    import jaxsparse as js

    counts = js.erk(params, 0.98)
    updater = js.rigl(counts, stop_step=750)
    tx = js.sparsify(optax.adamw(1e-3), updater, key=jax.random.key(0))

The public names are those of `__init__.pyi`, imported when first used. What
they build on has deep paths: each package's docstring says what it has.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = '0.1.0'
