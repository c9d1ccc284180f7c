"""Networks of the experiments."""

from classblocks.nn.classics import SMALL_WIDTHS, AlexNet
from classblocks.nn.networks import SmallResNet


def resnet(n_classes: int = 200) -> SmallResNet:
    """Build the residual network that CPU runs can afford: 1.2 M parameters."""
    return SmallResNet(n_classes, (32, 64, 128, 256), stem_stride=2)


def vanilla(n_classes: int = 200) -> AlexNet:
    """Build ``small_alexnet`` without batch norm, as AlexNet was published."""
    return AlexNet(n_classes, SMALL_WIDTHS, norm=False)


def tiny_imagenet(n_classes: int = 200) -> SmallResNet:
    """Build the network of tiny_imagenet.toml: 2.8 M parameters, for 64×64."""
    return SmallResNet(n_classes, (48, 96, 192, 384), stem_stride=2)
