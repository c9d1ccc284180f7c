import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

pytestmark = pytest.mark.torch

# What torchvision does when its compiled part cannot be loaded: one module, then the failure.
UNFIT = """
import torch
from torchvision import before

torch.library.register_fake("torchvision::nms")(lambda dets, scores, iou_threshold: dets)
"""


def run(tmp_path, source, code):
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    (package / "before.py").write_text("")
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )


def test_a_torchvision_for_another_pytorch_can_be_imported(tmp_path):
    found = run(
        tmp_path,
        UNFIT,
        "import torch\n"
        "try:\n"
        "    import torchvision\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
        "from classblocks.nn.torchvision_import import make_torchvision_importable\n"
        "make_torchvision_importable()\n"
        "make_torchvision_importable()\n"
        "import torchvision\n"
        "print(torchvision.before.__name__)\n",
    )
    assert found.stderr == ""
    assert found.stdout.split("\n")[:2] == [
        "operator torchvision::nms does not exist",
        "torchvision.before",
    ]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("raise RuntimeError('built for Mars\\nsecond line')", "RuntimeError: built for Mars"),
        ("import no_such_part", "ModuleNotFoundError: No module named 'no_such_part'"),
    ],
)
def test_another_failure_is_one_clear_error(tmp_path, source, what):
    found = run(
        tmp_path,
        source,
        "from classblocks.nn.spec import load_model\n"
        "try:\n"
        "    load_model('torchvision:resnet18')\n"
        "except ValueError as error:\n"
        "    print(error)\n",
    )
    assert found.stderr == ""
    assert found.stdout == f"torchvision:resnet18 needs a working torchvision: {what}\n"
