"""TFDS builders of our own: one a file, the file named like the data set."""
