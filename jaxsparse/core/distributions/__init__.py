"""How sparsity is spread over layers: one distribution a file."""
