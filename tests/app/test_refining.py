import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from classblocks import study as studies
from classblocks.app.parameters import RequestError
from classblocks.app.session import Session
from classblocks.app.views import refining
from classblocks.core.confusion import confusion
from classblocks.core.criteria import order_criteria
from classblocks.core.outcome import outcomes
from classblocks.core.stopping import Stopped, stopping
from classblocks.study.format import Coordinates
from classblocks.study.writer import ResultWriter

PROPOSAL = {"method": "auto", "source": "confusions", "seed": 0}
FLAT = {"parent": [-1] + [0] * 24, "class": [-1, *range(23, -1, -1)]}


def group_of(reply):
    """The classes below each inner node of a proposal, as sets."""
    parent, class_id = reply.columns["parent"], reply.columns["class"]
    below = [set() for _ in parent]
    for v in reversed(range(len(parent))):
        if class_id[v] >= 0:
            below[v].add(int(class_id[v]))
        if v:
            below[parent[v]] |= below[v]
    return below


@pytest.mark.parametrize("method", refining.REFINE_METHODS)
def test_every_method_proposes_a_tree_of_the_classes(ask, method):
    reply = ask("refine", tree=FLAT, node=0, **{**PROPOSAL, "method": method})
    parent, class_id = reply.columns["parent"], reply.columns["class"]
    assert parent[0] == -1
    assert (parent[1:] < np.arange(1, len(parent))).all()
    assert sorted(class_id[class_id >= 0]) == list(range(24))
    assert [reply.columns["name"][v] for v in np.flatnonzero(class_id == 7)] == ["7"]
    for before, after in json.loads(reply.metadata["criteria"]).values():
        assert np.isfinite([before, after]).all()


def test_planted_groups_are_proposed(ask):
    groups = group_of(ask("refine", tree=FLAT, node=0, **PROPOSAL))
    for first in (0, 6, 12, 18):
        assert set(range(first, first + 6)) in groups


def test_only_the_classes_of_the_group_are_ordered(ask, planted):
    tree = planted.hierarchies["crossed"]
    node = 10
    inside = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
    assert len(inside) == 8
    reply = ask("refine", tree="crossed", node=node, **PROPOSAL)
    class_id = reply.columns["class"]
    order = class_id[class_id >= 0]
    assert sorted(order) == sorted(inside)
    assert reply.columns["name"][0] == tree.name[node]
    result = planted.result("model")
    counts = confusion(result.true, result.pred, 24)
    criteria = json.loads(reply.metadata["criteria"])
    for which, classes in ((0, inside), (1, order)):
        block = counts[np.ix_(classes, classes)]
        expected = order_criteria(block, np.arange(8), n_blocks=2)
        assert criteria["linear seriation"][which] == pytest.approx(expected.linear_seriation)
        assert criteria["2-SUM"][which] == pytest.approx(expected.two_sum)
        assert criteria["anti-Robinson events"][which] == expected.anti_robinson
        assert criteria["in-block mass"][which] == pytest.approx(expected.block_mass)


def test_a_group_of_two_stays_as_it_is(ask):
    tree = {
        "parent": [-1, 0, 1, 1, *[0] * 22],
        "class": [-1, -1, 5, 3, *[c for c in range(24) if c not in (3, 5)]],
    }
    reply = ask("refine", tree=tree, node=1, **PROPOSAL)
    assert reply.columns["parent"].tolist() == [-1, 0, 0]
    assert reply.columns["class"].tolist() == [-1, 5, 3]
    assert reply.columns["name"][1:] == ["5", "3"]
    assert json.loads(reply.metadata["criteria"]) == {}
    assert reply.metadata["note"] == "a group of 2 has one order only: nothing changes"


def test_classes_without_confusions_are_last_and_counted(tmp_path):
    study = studies.create(tmp_path / "study", list("abcde"))
    true = [0, 0, 1, 2, 3, 4]
    study.add_result("model", true=true, pred=[0, 3, 1, 2, 0, 4])
    message = {"view": "refine", "result": "model", "tree": {"hierarchy": "flat"}, "node": 0}
    reply = Session(study).request({**message, **PROPOSAL})
    class_id = reply.columns["class"]
    assert class_id[class_id >= 0].tolist() == [0, 3, 1, 2, 4]
    assert reply.metadata["note"] == "3 of 5 classes have no confusions: they are last"


def test_without_errors_criteria_are_null(tmp_path):
    study = studies.create(tmp_path / "study", list("abc"))
    study.add_result("model", true=[0, 1, 2], pred=[0, 1, 2])
    message = {"view": "refine", "result": "model", "tree": {"hierarchy": "flat"}, "node": 0}
    criteria = json.loads(Session(study).request({**message, **PROPOSAL}).metadata["criteria"])
    assert criteria["band mass"] == [None, None]
    assert criteria["linear seriation"] == [0, 0]


def test_equal_proposals_of_two_threads_are_computed_once(planted, monkeypatch):
    calls = []
    known = refining.order_classes

    def counted(*given, **named):
        calls.append(1)
        return known(*given, **named)

    monkeypatch.setattr(refining, "order_classes", counted)
    session, start = Session(planted), Barrier(2)
    message = {"view": "refine", "result": "model", "tree": FLAT, "node": 0, **PROPOSAL}

    def ask(_):
        start.wait()
        return session.request(message)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(ask, range(2))
    assert len(calls) == 1
    np.testing.assert_array_equal(one.columns["class"], other.columns["class"])


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"node": 28}, r"nodes of this tree are 0\.\.27"),
        ({"node": -1}, "'node' is -1"),
        ({"node": 3}, "node 3 is a class, expected a group"),
        ({"method": "ward"}, "unknown method 'ward'"),
        ({"source": "logits"}, "was recorded without logits"),
        ({"source": "names"}, "unknown source 'names'"),
        ({"seed": 0.5}, "'seed' must be an integer"),
        ({"where": {}}, "unknown parameter 'where'"),
    ],
)
def test_bad_requests_are_named(ask, changed, text):
    with pytest.raises(RequestError, match=text):
        ask("refine", **{"tree": "crossed", "node": 1, **PROPOSAL, **changed})


def test_slow_methods_are_refused_for_large_groups(ask, monkeypatch):
    monkeypatch.setitem(refining._MOST_CLASSES, "olo", 10)
    with pytest.raises(RequestError, match="olo would take too long for 24 classes, at most 10"):
        ask("refine", node=0, **{**PROPOSAL, "method": "olo"})


def test_logits_order_classes_that_are_never_confused(tmp_path):
    rng = np.random.default_rng(2)
    n, groups = 600, np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    study = studies.create(tmp_path / "study", list("abcdefghi"))
    true = rng.integers(0, 9, n)
    study.add_samples(np.arange(n), true)
    logits = rng.normal(size=(n, 9)) + 2 * rng.normal(size=(n, 3))[:, groups]
    right = np.full((n, 9), 0.05)
    right[np.arange(n), true] = 0.6
    writer = ResultWriter(study, "model", Coordinates(model="model"), logits=True)
    writer.append(np.arange(n), true, outcomes(right, true), logits=logits)
    writer.finish()
    study.refresh()
    session = Session(study)
    assert session.manifest()["results"][0]["has_logits"] is True
    message = {"view": "refine", "result": "model", "tree": {"hierarchy": "flat"}, "node": 0}
    reply = session.request({**message, **PROPOSAL, "source": "logits"})
    assert reply.metadata["note"] == ""
    found = group_of(reply)
    for group in ({0, 3, 6}, {1, 4, 7}, {2, 5, 8}):
        assert group in found
    confused = session.request({**message, **PROPOSAL})
    assert confused.metadata["note"] == "9 of 9 classes have no confusions: they are last"


def test_a_stopped_proposal_is_made_anew(ask):
    asked = {"tree": FLAT, "node": 0, **PROPOSAL, "method": "polish", "seed": 77}
    with stopping(lambda: True), pytest.raises(Stopped):
        ask("refine", **asked)
    assert ask("refine", **asked).columns["parent"][0] == -1
