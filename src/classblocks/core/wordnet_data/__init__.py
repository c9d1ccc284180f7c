"""The packaged table of WordNet noun synsets and the command that makes it."""
