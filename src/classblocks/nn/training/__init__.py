"""Training with and without what the class hierarchy offers."""

from classblocks.nn.torchvision_import import make_torchvision_importable

# Lightning imports torchvision where there is one.
make_torchvision_importable()
