"""Small character language models on tiny_shakespeare."""
