"""Everything about a few samples, as one result set sees them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classblocks.app.context import Context
from classblocks.app.parameters import Parameters
from classblocks.app.wire import Column, Reply
from classblocks.study.numbers import numbers
from classblocks.study.result import Result
from classblocks.study.samples import FIXED

MOST_SAMPLES = 2_000


def samples(context: Context, parameters: Parameters) -> Reply:
    """Describe samples in the order asked for; those outside the result have no prediction."""
    result = context.result(parameters)
    # After the result, and once: another thread may rescan the study meanwhile.
    table, thumbnails = context.study.samples, context.study.thumbnails
    asked = parameters.ids("samples", table.n, "samples of this study", MOST_SAMPLES)
    parameters.finish()
    rows = context.rows(result)
    place = _place_of_sample(context, result, table.n)[asked]
    known = place >= 0
    top_class, top_prob = result.top(rows.row[place[known]])
    about = table.some(asked)
    ids = about.column("sample_id").to_pylist()
    columns: dict[str, Column] = {
        "sample": asked,
        "true": numbers(about.column("true")),
        "pred": _spread(rows.pred(place[known]), known, -1, np.int32),
        "true_rank": _spread(rows.true_rank[place[known]], known, -1, np.int32),
        "p_true": _spread(rows.p_true[place[known]], known, np.nan, np.float32),
        "p_pred": _spread(rows.p_pred[place[known]], known, np.nan, np.float32),
        "sample_id": [str(sample_id) for sample_id in ids],
        "uri": _text(about.column("uri")),
        "thumb": [thumbnails.hash(sample_id) or "" for sample_id in ids],
    }
    for k in range(top_class.shape[1]):
        columns[f"top_class_{k}"] = _spread(top_class[:, k], known, -1, np.int32)
    for k in range(top_prob.shape[1]):
        columns[f"top_prob_{k}"] = _spread(top_prob[:, k], known, np.nan, np.float32)
    for name in about.column_names:
        if name not in FIXED:
            columns[f"user:{name}"] = _text(about.column(name))
    return Reply("samples", columns)


def _place_of_sample(context: Context, result: Result, n_samples: int) -> NDArray[np.int32]:
    """Place in the sorted rows by sample position, -1 where the result lacks the sample."""
    # Samples may be appended while a result stays as it is, so their number is part of the key.

    def make() -> NDArray[np.int32]:
        place = np.full(n_samples, -1, dtype=np.int32)
        sample = context.rows(result).sample
        place[sample] = np.arange(sample.size, dtype=np.int32)
        return place

    return context.once((result, "place of sample", n_samples), make)


def _spread(
    values: NDArray[np.generic],
    known: NDArray[np.bool_],
    missing: float,
    dtype: type[np.generic],
) -> NDArray[np.generic]:
    spread = np.full(known.size, missing, dtype=dtype)
    spread[known] = values
    return spread


def _text(column: pa.ChunkedArray) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]
