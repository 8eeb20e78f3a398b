"""Character language models on WikiText-103, one file a method."""
