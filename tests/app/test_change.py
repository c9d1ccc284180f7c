import numpy as np
import pytest
from scipy.stats import binomtest

from classblocks import study as studies
from classblocks.app.parameters import RequestError
from classblocks.app.session import Session
from classblocks.core.confusion import confusion
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import group_metrics
from classblocks.core.significance import group_differences, paired_differences

N_CLASSES, N = 12, 900
METRICS = ("recall", "precision", "f1")


@pytest.fixture(scope="module")
def epochs(tmp_path_factory):
    """Three epochs on the same samples, stored in other orders, and one result that lacks some."""
    rng = np.random.default_rng(3)
    study = studies.create(tmp_path_factory.mktemp("epochs") / "study", list(map(str, range(12))))
    study.add_hierarchy(
        "groups",
        Hierarchy.from_paths([["ab"[c // 6], "abcd"[c // 3] * 2, str(c)] for c in range(12)]),
    )
    true = rng.integers(0, N_CLASSES - 1, N)  # The last class has no sample.
    ids = 50 + np.arange(N)
    study.add_samples(ids, true, split="val")
    for epoch, right in enumerate((0.2, 0.5, 0.7), 1):
        pred = np.where(rng.random(N) < right, true, rng.integers(0, N_CLASSES, N))
        order = rng.permutation(N)
        study.add_result(
            f"net-{epoch}",
            sample_id=ids[order],
            true=true[order],
            pred=pred[order],
            p_pred=rng.random(N).astype(np.float32),
            model="net",
            epoch=epoch,
        )
    study.add_result("part", sample_id=ids[:600], true=true[:600], pred=(true[:600] + 1) % 12)
    study.refresh()
    return study


@pytest.fixture
def ask(epochs):
    session = Session(epochs)

    def answer(view, **parameters):
        return session.request({"view": view, "tree": {"hierarchy": "groups"}, **parameters})

    return answer


def by_sample(study, name):
    result = study.results[name]
    order = np.argsort(result.sample)
    return result.true[order], result.pred[order]


def counts(study, name):
    result = study.results[name]
    return confusion(result.true, result.pred, N_CLASSES)


def test_the_change_on_the_same_samples_is_tested_in_pairs(ask, epochs):
    reply = ask("change", result="net-3", baseline="net-2")
    tree = epochs.hierarchies["groups"]
    true, new = by_sample(epochs, "net-3")
    same, old = by_sample(epochs, "net-2")
    assert (true == same).all()
    assert reply.metadata == {"paired": "true"}
    paired = paired_differences(true, new, old, tree)
    for v in range(tree.n_nodes):
        group = tree.class_of_leaf[tree.start[v] : tree.stop[v]]
        ours = np.isin(true, group)
        now, was = (ours & np.isin(pred, group) for pred in (new, old))
        if not ours.any():
            assert np.isnan([reply.columns[name][v] for name in ("recall", "recall_p")]).all()
            continue
        assert reply.columns["recall"][v] == pytest.approx((now.sum() - was.sum()) / ours.sum())
        gained, lost = (now & ~was).sum(), (was & ~now).sum()
        p_value = binomtest(gained, gained + lost).pvalue if gained + lost else 1
        assert reply.columns["recall_p"][v] == pytest.approx(p_value, rel=1e-5)
        assert reply.columns["recall_low"][v] == pytest.approx(paired["recall_low"][v], rel=1e-5)
        assert reply.columns["recall_high"][v] == pytest.approx(paired["recall_high"][v], rel=1e-5)
    apart = group_differences(counts(epochs, "net-3"), counts(epochs, "net-2"), tree)
    for metric in ("precision", "f1"):
        for column in (metric, f"{metric}_low", f"{metric}_high"):
            assert reply.columns[column] == pytest.approx(apart[column], rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("where", [{}, {"p_pred": [0.5, 1]}])
def test_other_samples_are_compared_as_independent(ask, epochs, where):
    baseline = "net-1" if where else "part"
    reply = ask("change", result="net-3", baseline=baseline, where=where)
    least = where.get("p_pred", [0])[0]
    before, after = (
        confusion(one.true[one.p_pred >= least], one.pred[one.p_pred >= least], N_CLASSES)
        if where
        else counts(epochs, one.name)
        for one in (epochs.results[baseline], epochs.results["net-3"])
    )
    found = group_differences(after, before, epochs.hierarchies["groups"])
    assert reply.metadata == {"paired": "false"}
    assert np.isnan(reply.columns["recall_p"]).all()
    for metric in METRICS:
        for column in (metric, f"{metric}_low", f"{metric}_high"):
            assert reply.columns[column].dtype == np.float32
            assert reply.columns[column] == pytest.approx(found[column], rel=1e-5, nan_ok=True)


def test_a_result_does_not_differ_from_itself(ask):
    reply = ask("change", result="net-2", baseline="net-2", where={"p_pred": [0.2, 1]})
    assert reply.metadata == {"paired": "true"}
    known = ~np.isnan(reply.columns["recall"])
    assert known.sum() == known.size - 1
    for metric in METRICS:
        assert (reply.columns[metric][known] == 0).all()
        assert (reply.columns[f"{metric}_low"][known] < 0).all()
    assert (reply.columns["recall_p"][known] == 1).all()


@pytest.mark.parametrize("where", [{}, {"p_pred": [0.5, 1]}, {"min_count": 3}])
def test_a_series_has_the_metrics_of_every_group_and_epoch(ask, epochs, where):
    names, nodes = ["net-1", "net-2", "net-3"], [4, 0, 1]
    reply = ask("series", results=names, nodes=nodes, where=where)
    assert reply.metadata == {"shape": "3,3"}
    for at, name in enumerate(names):
        one = epochs.results[name]
        kept = one.p_pred >= where.get("p_pred", [0])[0]
        cells = confusion(one.true[kept], one.pred[kept], N_CLASSES)
        cells[cells < where.get("min_count", 1)] = 0
        found = group_metrics(cells, epochs.hierarchies["groups"])
        for metric in METRICS:
            for column in (metric, f"{metric}_low", f"{metric}_high"):
                mine = reply.columns[column].reshape(3, 3)[:, at]
                assert mine == pytest.approx(found[column][nodes], rel=1e-5)


def test_a_drawn_tree_is_answered_too(ask):
    tree = {"parent": [-1, *[0] * 12], "class": [-1, *range(11, -1, -1)]}
    flat = ask("series", results=["net-1"], nodes=[1, 3], tree=tree).columns["recall"]
    assert np.isnan(flat[0])
    assert 0 < flat[1] < 1
    assert len(ask("change", result="net-1", baseline="part", tree=tree).columns["f1"]) == 13


@pytest.mark.parametrize(
    ("view", "parameters", "text"),
    [
        ("change", {"result": "net-1"}, "parameter 'baseline' is missing"),
        ("change", {"result": "net-1", "baseline": "no"}, "unknown baseline 'no'"),
        (
            "change",
            {"result": "net-1", "baseline": "net-2", "where": {"top_k": 2}},
            "does not know the rank",
        ),
        ("series", {"results": [], "nodes": [0]}, "must be a list of 1 to 1000 names"),
        ("series", {"results": ["net-1", "no"], "nodes": [0]}, "unknown result 'no'"),
        ("series", {"results": ["net-1", 7], "nodes": [0]}, "'result' must be text, got 7"),
        ("series", {"results": ["net-1"], "nodes": [99]}, "'nodes'[0] is 99, nodes are 0..18"),
        ("series", {"results": ["net-1"], "nodes": [0] * 65}, "has 65 entries, at most 64"),
        ("series", {"results": ["net-1"], "nodes": [0], "most": 1}, "unknown parameter 'most'"),
    ],
)
def test_what_cannot_be_answered_is_said(ask, view, parameters, text):
    with pytest.raises(RequestError) as error:
        ask(view, **parameters)
    assert text in str(error.value)
