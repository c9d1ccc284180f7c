"""The network whose epochs record_tiny_imagenet.sh records."""

from nets import tiny_imagenet as network

__all__ = ["network"]
