"""Character language models on WikiText-103."""
