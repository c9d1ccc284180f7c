"""Networks of the experiments."""

from classblocks.nn.networks import SmallResNet


def resnet(n_classes: int = 200) -> SmallResNet:
    """Build the residual network that CPU runs can afford: 1.2 M parameters."""
    return SmallResNet(n_classes, (32, 64, 128, 256), stem_stride=2)
