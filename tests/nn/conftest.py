import importlib.util

# Before a test module imports Lightning, torchmetrics or timm.
if importlib.util.find_spec("torch") is not None:
    from classblocks.nn.torchvision_import import make_torchvision_importable

    make_torchvision_importable()
