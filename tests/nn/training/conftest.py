import signal
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

CLASSES = ("red dog", "red cat", "green dog", "green cat")
NETWORK = """
import torch
from torch import nn
from classblocks.nn.networks import SmallResNet

def network(n_classes=4):
    return SmallResNet(n_classes, (4, 6, 8, 8), stem_stride=1)

def explodes(n_classes=4):
    model = network(n_classes)
    model.head.weight.data.fill_(float("nan"))
    return model

def drops(n_classes=4):
    model = network(n_classes)
    model.head = nn.Sequential(nn.Dropout(0.3), model.head)
    return model
"""


def picture(label, rng, side=20):
    pixels = rng.integers(0, 90, (side, side, 3))
    pixels[..., 0 if label < 2 else 1] += 90
    half = pixels[:, : side // 2] if label % 2 else pixels[: side // 2]
    half += 60
    file = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "png")
    return file.getvalue()


def write_split(file, per_class, seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(4), per_class))
    images = [picture(label, rng) for label in labels]
    pq.write_table(
        pa.table({"image": pa.array(images, pa.binary()), "label": pa.array(labels.tolist())}), file
    )


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with two splits of four classes, colour above shape, and networks."""
    folder = tmp_path_factory.mktemp("pictures")
    write_split(folder / "train.parquet", 16, 0)
    write_split(folder / "val.parquet", 8, 1)
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    (folder / "net.py").write_text(NETWORK)
    (folder / "tree.json").write_text(
        '{"name": "all", "children": ['
        '{"name": "red", "children": ["red dog", "red cat"]},'
        '{"name": "green", "children": ["green dog", "green cat"]}]}'
    )
    (folder / "branches.json").write_text(
        '{"format": "classblocks-branches", "version": 1,'
        ' "classes": ["red dog", "red cat", "green dog", "green cat"],'
        ' "branches": [{"layer": "stage1", "weight": 0.3, "groups": [[0, 1], [2, 3]],'
        ' "names": ["red", "green"]}], "how": {}}'
    )
    return folder


@pytest.fixture
def settings(pictures, tmp_path):
    """Settings of a run that takes a second."""
    return {
        "name": "net",
        "out": str(tmp_path / "run"),
        "data.train": str(pictures / "train.parquet"),
        "data.val": str(pictures / "val.parquet"),
        "data.classes": str(pictures / "classes.txt"),
        "data.cache": str(pictures / "pixels"),
        "data.side": 20,
        "network.model": f"{pictures / 'net.py'}:network",
        "recipe.epochs": 3,
        "recipe.batch_size": 16,
        "recipe.lr": 0.1,
        "recipe.size": 16,
        "recipe.crop_scale": 0.7,
        "recipe.flip": False,
        "recipe.precision": "32-true",
    }


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """Background jobs of a shell ignore Ctrl-C, and so would every process that a test starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
