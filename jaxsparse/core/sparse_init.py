"""The sparse initialisation, by its public name."""

from jaxsparse.core.initialisation import sparse as sparse_init

__all__ = ['sparse_init']
