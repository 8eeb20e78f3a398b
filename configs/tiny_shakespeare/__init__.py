"""Small character language models on tiny_shakespeare, one file a method."""
