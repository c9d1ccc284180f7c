"""See, diagnose and improve large image classifiers through their class hierarchy."""

__version__ = "0.1.0"
