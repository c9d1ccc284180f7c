"""The calibration error beside torchmetrics."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")
calibration = pytest.importorskip(
    "torchmetrics.classification", reason="torchmetrics is not installed"
)

from classblocks.core.calibration import expected_calibration_error  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("n_bins", [1, 10, 15])
def test_the_calibration_error_of_torchmetrics(n_bins):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (3000, 20)).astype(np.float32)
    true = rng.integers(20, size=3000)
    logits[np.arange(3000), true] += 3
    probabilities = torch.from_numpy(logits).softmax(1)
    metric = calibration.MulticlassCalibrationError(20, n_bins=n_bins, norm="l1")
    expected = float(metric(probabilities, torch.from_numpy(true)))
    top = probabilities.max(1)
    found = expected_calibration_error(top.values.numpy(), top.indices.numpy() == true, n_bins)
    assert found == pytest.approx(expected, abs=1e-6)
    assert found > 0.01
