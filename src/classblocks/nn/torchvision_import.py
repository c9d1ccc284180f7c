"""Import torchvision, and what imports it, beside a PyTorch that it was not built for."""

import importlib
import importlib.util
import sys

import torch

_MISSING = "operator torchvision::nms does not exist"
_OPERATORS = ("nms", "qnms")
_declared: list[torch.library.Library] = []


def make_torchvision_importable() -> None:
    """Declare the operators whose absence stops the import of torchvision.

    Notes
    -----
    A torchvision for CUDA beside a PyTorch for the CPU cannot load its compiled part, and then its
    import fails, and with it that of timm, torchmetrics and Lightning. Networks and transforms need
    nothing of that part; an operator that does says in torchvision's own words what is the matter.
    Does nothing without torchvision, or where it can be imported, or fails for another reason.
    """
    if "torchvision" in sys.modules or importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if _MISSING not in str(error) or _declared:
            return
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for operator in _OPERATORS:
            schema = f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
        # The declarations last as long as the object.
        _declared.append(library)
    except ImportError:
        return
