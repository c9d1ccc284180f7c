import sys

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from classblocks.nn.networks import SmallResNet  # noqa: E402
from classblocks.nn.spec import load_model  # noqa: E402

pytestmark = pytest.mark.torch

SOURCE = """
from torch import nn

made = nn.Linear(2, 3)
number = 3

def network(n_classes=4):
    return nn.Linear(2, n_classes)

def needs(width):
    return nn.Linear(2, width)

def text():
    return "no network"

class Outer:
    Inner = nn.Identity
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mynets.py"
    path.write_text(SOURCE)
    return path


def test_a_callable_in_a_file_or_a_module(file, monkeypatch):
    assert load_model(f"{file}:network").out_features == 4
    assert load_model(f"{file}:network", 9).out_features == 9
    assert load_model(f"{file}:made", 9).out_features == 3
    assert isinstance(load_model(f"{file}:Outer.Inner"), torch.nn.Identity)
    monkeypatch.chdir(file.parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert load_model("mynets:network").out_features == 4
    sys.modules.pop("mynets")
    found = load_model("classblocks.nn.networks:SmallResNet", 6)
    assert isinstance(found, SmallResNet)
    assert found.head.out_features == 6


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("model.onnx", "ONNX files are not supported yet"),
        ("nothing", "expected package.module:callable"),
        ("no_such_package.x:y", "No module named 'no_such_package'"),
        ("classblocks.nn.networks:Nothing", "has no 'Nothing'"),
        ("missing.py:network", "no such file"),
    ],
)
def test_wrong_specs_are_one_clear_error(spec, what):
    with pytest.raises(ValueError, match=what):
        load_model(spec)


def test_wrong_callables_are_one_clear_error(file):
    for name, what in (
        ("needs", "needs width"),
        ("text", "gives str, expected a torch"),
        ("number", "is int, expected a callable"),
    ):
        with pytest.raises(ValueError, match=what):
            load_model(f"{file}:{name}")
