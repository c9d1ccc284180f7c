"""The built-in data set and its training."""
