"""Training with and without what the class hierarchy offers."""
