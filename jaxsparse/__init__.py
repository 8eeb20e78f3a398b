"""jaxsparse: research on sparse neural networks, in JAX.

Import the layer you need; each package's docstring says what lives there:
`jaxsparse.core` (masks, top-k, distributions), `jaxsparse.updaters` (one
method a file), `jaxsparse.optim` (the Optax side), `jaxsparse.models`,
`jaxsparse.data`, `jaxsparse.training`, `jaxsparse.config`, `jaxsparse.runs`,
`jaxsparse.analyses` and `jaxsparse.studies`.
"""

__version__ = '0.1.0'
