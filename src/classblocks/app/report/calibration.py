"""Whether the probabilities of a result can be believed."""

from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.report.number import json_number
from classblocks.core.calibration import N_BINS, expected_calibration_error, reliability

if TYPE_CHECKING:
    from classblocks.study.result import Result


def calibration_facts(result: "Result") -> dict[str, Any] | None:
    """Collect the expected calibration error and its bins; None without probabilities."""
    p_pred, correct = result.p_pred, result.pred == result.true
    known = ~np.isnan(p_pred)
    if not known.any():
        return None
    table = reliability(p_pred, correct)
    return {
        "n_bins": N_BINS,
        "n_samples": int(known.sum()),
        "ece": json_number(expected_calibration_error(p_pred, correct)),
        "mean_probability": json_number(p_pred[known].mean(dtype=np.float64)),
        "accuracy": json_number(correct[known].mean()),
        "bins": [
            {name: json_number(value) for name, value in table.row(i).items()}
            for i in range(table.n_rows)
        ],
    }
