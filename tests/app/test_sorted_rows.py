import numpy as np
import pytest

from classblocks import study as studies
from classblocks.app import sorted_rows
from classblocks.app.sorted_rows import sort_rows
from classblocks.core.confusion import confusion

N, C = 5_000, 37


def make(tmp_path, sample_id):
    rng = np.random.default_rng(1)
    true = rng.integers(0, C, N)
    pred = np.where(rng.random(N) < 0.4, rng.integers(0, C, N), true)
    study = studies.create(tmp_path / "study", [str(c) for c in range(C)])
    order = np.argsort(rng.random(N))
    study.add_samples(np.sort(sample_id), true[np.argsort(sample_id, kind="stable")])
    rank = np.where(pred == true, 0, 1 + rng.integers(0, C - 1, N))
    top = np.stack([pred, (pred + 1) % C], axis=1)
    study.add_result(
        "model",
        sample_id=sample_id[order],
        true=true[order],
        pred=pred[order],
        p_true=rng.random(N).astype(np.float32),
        true_rank=rank[order],
        topk_class=top[order],
    )
    return study


@pytest.fixture(params=["counted", "own ids"])
def study(request, tmp_path):
    ids = np.arange(N)
    return make(tmp_path, ids if request.param == "counted" else ids * 7 + 3)


def test_rows_are_sorted_by_cell_then_sample(study):
    result = study.result("model")
    rows = sort_rows(result)
    true, pred = result.true[rows.row], result.pred[rows.row]
    key = (true.astype(np.int64) * C + pred) * N + rows.sample
    assert (np.diff(key) > 0).all()
    np.testing.assert_array_equal(rows.sample, result.sample[rows.row])
    np.testing.assert_array_equal(rows.p_true, result.p_true[rows.row])
    np.testing.assert_array_equal(rows.true_rank, result.true_rank[rows.row])
    assert np.isnan(rows.p_pred).all()
    np.testing.assert_array_equal(rows.pred(np.arange(N)), pred)
    np.testing.assert_array_equal(rows.wrong, true != pred)
    np.testing.assert_array_equal(rows.cells.dense(), confusion(true, pred, C))
    np.testing.assert_array_equal(np.diff(rows.start), rows.cells.count)


def test_nothing_of_the_result_stays_in_memory_twice(study):
    result = study.result("model")
    rows = sort_rows(result)
    assert not {"sample_id", "sample", "true", "pred", "p_true", "true_rank"} & set(vars(result))
    assert rows.cells.row_order.size == 0
    assert result.pred.size == N


@pytest.mark.parametrize("chunk", [1 << 18, 64, 640])
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
def test_counting_kept_rows(study, monkeypatch, chunk, share):
    monkeypatch.setattr(sorted_rows, "_CHUNK", chunk)
    rows = sort_rows(study.result("model"))
    keep = np.random.default_rng(2).random(N) < share
    counts = rows.counts(lambda part: keep[part])
    np.testing.assert_array_equal(counts, np.add.reduceat(keep.astype(np.int32), rows.start[:-1]))


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 128])
def test_counting_where_words_end(tmp_path, n):
    study = studies.create(tmp_path / "study", ["a", "b"])
    rng = np.random.default_rng(n)
    true, pred = rng.integers(0, 2, (2, n))
    study.add_result("model", true=true, pred=pred)
    rows = sort_rows(study.result("model"))
    counts = rows.counts(lambda part: np.ones(part.stop - part.start, bool))
    np.testing.assert_array_equal(counts, rows.cells.count)


def test_the_best_classes_of_some_rows_of_a_large_result(study, monkeypatch):
    result = study.result("model")
    some = np.array([4_999, 0, 17, 17, 3_000])
    whole = result.top(some)
    monkeypatch.setattr("classblocks.study.result.MOST_KEPT_ROWS", 10)
    parts = studies.open(study.path).result("model").top(some)
    for one, other in zip(whole, parts, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(whole[0], result.topk_class[some])
    assert np.isnan(parts[1]).all()
