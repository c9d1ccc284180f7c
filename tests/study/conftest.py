import os

import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk():
    """A test machine that loses power fails anyway; waiting for its disk only costs time."""
    original = os.fsync
    os.fsync = lambda handle: None
    yield
    os.fsync = original


@pytest.fixture
def write(tmp_path):
    """Write a text file: ``write("p.csv", "true,pred\\n0,1\\n")`` gives its path."""

    def written(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def table():
    """Predictions of 50 samples of four classes, by every column an import knows."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 50).astype(np.float32)
    true = rng.integers(0, 4, 50)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rows = np.arange(50)
    return {
        "sample_id": rng.permutation(50) + 7,
        "true": true,
        "pred": order[:, 0],
        "p_pred": probabilities[rows, order[:, 0]],
        "p_true": probabilities[rows, true],
        "true_rank": np.argmax(order == true[:, None], axis=1),
        "topk_class": order[:, :3],
        "topk_prob": np.take_along_axis(probabilities, order[:, :3], axis=1),
        "probabilities": probabilities,
    }


@pytest.fixture
def probabilities_file(tmp_path, table):
    """An NPZ file of true classes and probabilities."""
    path = tmp_path / "probabilities.npz"
    np.savez(path, true=table["true"], probabilities=table["probabilities"])
    return path
