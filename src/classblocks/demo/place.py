"""Where the demo keeps its own files, known without PyTorch."""

from pathlib import Path

FOLDER = "demo"
CONFIG = "train.toml"
RUN = "cnn"
WEIGHTS = f"{RUN}/network.safetensors"


def is_complete(directory: Path) -> bool:
    """Whether the training in a study ran to its end: the weights are written last."""
    return (directory / FOLDER / WEIGHTS).exists()
