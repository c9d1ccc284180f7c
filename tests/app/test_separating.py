import json
import re

import numpy as np
import pytest

import classblocks as cb
from classblocks import study as studies
from classblocks.app.parameters import RequestError
from classblocks.app.session import Session
from classblocks.core.branching import even_cuts
from classblocks.study.branches_file import read_branches

N_CLASSES, N = 12, 2400
LAYERS = ("stem", "body", "head")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Probes that tell 2 groups, 4 groups and all 12 classes, on half of the network's samples."""
    rng = np.random.default_rng(8)
    study = studies.create(tmp_path_factory.mktemp("probes") / "study", list(map(str, range(12))))
    paths = [["ab"[c // 6], "pqrs"[c // 3], str(c)] for c in range(N_CLASSES)]
    study.add_hierarchy("groups", cb.Hierarchy.from_paths(paths))
    study.add_hierarchy("flat", cb.Hierarchy.flat(list(map(str, range(12)))))
    true = rng.integers(0, N_CLASSES, N)
    ids = 7 + rng.permutation(N)
    study.add_samples(ids, true, split="val")
    pred = np.where(rng.random(N) < 0.9, true, rng.integers(0, N_CLASSES, N))
    order = rng.permutation(N)
    study.add_result("net", sample_id=ids[order], true=true[order], pred=pred[order], model="net")
    half = rng.permutation(N)[: N // 2]
    for layer, size in zip(LAYERS, (6, 3, 1), strict=True):
        rows = rng.permutation(half)
        near = true[rows] // size * size + rng.integers(0, size, len(rows))
        study.add_result(
            f"net-probe-{layer}",
            sample_id=ids[rows],
            true=true[rows],
            pred=near,
            model="net",
            layer=layer,
        )
    study.add_result("few", sample_id=ids[:9], true=true[:9], pred=true[:9])
    study.add_result(
        "again", sample_id=ids[half], true=true[half], pred=true[half], model="net", layer="stem"
    )
    study.refresh()
    return study


PROBES = [f"net-probe-{layer}" for layer in LAYERS]
ASKED = {"results": PROBES, "final": "net", "tree": {"hierarchy": "groups"}}


@pytest.fixture
def ask(study):
    session = Session(study)
    return lambda view, **given: session.request({"view": view, **ASKED, **given})


def expected(study):
    samples = set(study.results[PROBES[0]].sample_id.tolist())
    net = study.results["net"]
    kept = np.array([sample_id in samples for sample_id in net.sample_id.tolist()])
    final = cb.confusion(net.true[kept], net.pred[kept], N_CLASSES)
    probes = {
        layer: cb.confusion(study.results[name].true, study.results[name].pred, N_CLASSES)
        for layer, name in zip(LAYERS, PROBES, strict=True)
    }
    return probes, final


def test_the_network_is_measured_on_the_samples_of_its_probes(ask, study):
    reply = ask("separability")
    tree = study.hierarchies["groups"]
    found = cb.separability(*expected(study), tree)
    assert reply.metadata == {
        "shape": f"4,{tree.n_nodes}",
        "layers": '["stem", "body", "head"]',
        "n_samples": str(N // 2),
    }
    for name, values in (
        ("tp", found.tp),
        ("support", found.support),
        ("predicted", found.predicted),
    ):
        np.testing.assert_array_equal(reply.columns[name], values.ravel())
    assert reply.columns["support"].reshape(4, -1)[:, 0].tolist() == [N // 2] * 4


def test_layers_stand_as_asked(ask):
    there = ask("separability").columns["tp"].reshape(4, -1)
    back = ask("separability", results=PROBES[::-1])
    np.testing.assert_array_equal(back.columns["tp"].reshape(4, -1), there[[2, 1, 0, 3]])
    assert json.loads(back.metadata["layers"]) == list(LAYERS[::-1])


def test_the_suggestion_is_that_of_the_core(ask, study):
    tree = study.hierarchies["groups"]
    for most in (None, 5, 12):
        given = {} if most is None else {"most": most}
        reply = ask("suggest", tau=0.8, weight=0.3, **given)
        plan = cb.suggest_branches(tree, *expected(study), tau=0.8, most=most)
        assert reply.metadata["note"] == plan.how["note"]
        assert json.loads(reply.metadata["layers"]) == list(LAYERS)
        for number, branch in enumerate(plan.branches):
            nodes = reply.columns["node"][reply.columns["branch"] == number].tolist()
            group = np.empty(N_CLASSES, int)
            for place, node in enumerate(nodes):
                group[tree.class_of_leaf[tree.start[node] : tree.stop[node]]] = place
            assert group.tolist() == branch.group_of_class.tolist()
            assert [tree.name[node] for node in nodes] == list(branch.names)
    assert [branch.n_groups for branch in plan.branches] == [2, 4, 12]


@pytest.mark.parametrize("name", ["groups", "chained"])
def test_saved_branches_are_found_in_a_tree(study, name):
    if name not in study.hierarchies:
        paths = [["top", "ab"[c // 6], "x", "pqrs"[c // 3], str(c)] for c in range(12)]
        study.add_hierarchy(name, cb.Hierarchy.from_paths(paths))
    study.save_branches(
        "mine", cb.suggest_branches(study.hierarchies["groups"], *expected(study)), True
    )
    study.refresh()
    session = Session(study)
    assert "mine" in session.manifest()["branches"]
    reply = session.request({"view": "branches", "name": "mine", "tree": {"hierarchy": name}})
    tree, plan = study.hierarchies[name], study.branches["mine"]
    assert json.loads(reply.metadata["layers"]) == list(LAYERS)
    assert json.loads(reply.metadata["weights"]) == [0.3] * 3
    for number, branch in enumerate(plan.branches):
        nodes = reply.columns["node"][reply.columns["branch"] == number].tolist()
        assert nodes == sorted(nodes)
        groups = [tree.class_of_leaf[tree.start[node] : tree.stop[node]].tolist() for node in nodes]
        assert sorted(map(sorted, groups)) == sorted(
            branch.classes(group).tolist() for group in range(branch.n_groups)
        )
        assert all(len(tree.children(node)) != 1 for node in nodes)


def test_branches_of_another_hierarchy_are_not_opened(study):
    other = cb.Hierarchy.from_paths([["uv"[c % 2], str(c)] for c in range(12)])
    plan = even_cuts(other, ["stem"], first=2, hierarchy_name="parity")
    study.save_branches("odd", plan, True)
    study.refresh()
    session = Session(study)
    with pytest.raises(RequestError, match=r"'odd' has the group 'u' at 'stem'.*with 'parity'"):
        session.request({"view": "branches", "name": "odd", "tree": {"hierarchy": "groups"}})
    with pytest.raises(RequestError, match="unknown branches 'none'"):
        session.request({"view": "branches", "name": "none", "tree": {"hierarchy": "groups"}})


def test_an_edited_tree_is_judged(ask):
    # The groups of three straight below the root.
    tree = {"parent": [-1], "class": [-1]}
    for group in range(4):
        top = len(tree["parent"])
        tree["parent"] += [0, top, top, top]
        tree["class"] += [-1, *range(3 * group, 3 * group + 3)]
    reply = ask("suggest", tree=tree, tau=0.8, weight=0.3)
    assert reply.columns["node"].tolist() == [1, 5, 9, 13] * 3
    assert reply.columns["branch"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert "stem does not tell the top groups apart" in reply.metadata["note"]


@pytest.mark.parametrize(
    ("view", "given", "words"),
    [
        ("separability", {"results": []}, "'results' must be a list of 1 to 64 names, got []"),
        ("separability", {"results": "net"}, "must be a list of 1 to 64 names"),
        ("separability", {"results": PROBES * 22}, "must be a list of 1 to 64 names"),
        ("separability", {"results": ["nobody"]}, "unknown result 'nobody'"),
        ("separability", {"results": [3]}, "'result' must be text, got 3"),
        ("separability", {"final": "nobody"}, "unknown result 'nobody'"),
        ("separability", {"final": "few"}, "result 'few' lacks 11"),
        ("separability", {"results": [PROBES[0], "few"]}, "are of other samples"),
        (
            "separability",
            {"results": [PROBES[0], "again"]},
            "results 'net-probe-stem' and 'again' are both of layer 'stem'",
        ),
        ("separability", {"tau": 0.8}, "unknown parameter 'tau'"),
        ("suggest", {"tau": 2, "weight": 0.3}, "suggest: tau: expected a number above 0"),
        ("suggest", {"tau": "x", "weight": 0.3}, "'tau' must be a number, got 'x'"),
        ("suggest", {"tau": 0.8}, "'weight' is missing"),
        ("suggest", {"tau": 0.8, "weight": -1}, "'weight' must be a number of at least 0"),
        ("suggest", {"tau": 0.8, "weight": 0.3, "most": 1}, "most: expected at least 2"),
        ("suggest", {"tau": 0.8, "weight": 0.3, "most": 2.5}, "most: expected a whole number"),
        (
            "suggest",
            {"tau": 0.8, "weight": 0.3, "tree": {"hierarchy": "flat"}},
            "its root has the 12 classes as children and no groups",
        ),
    ],
)
def test_bad_requests_are_named(ask, view, given, words):
    with pytest.raises(RequestError, match=re.escape(words)):
        ask(view, **given)


def test_a_plan_is_saved_for_the_trainer(client, own_study):
    browser = client(own_study)
    plan = {
        "format": "classblocks-branches",
        "version": 1,
        "branches": [{"layer": "relu", "groups": [[0, 2], [1, 3, 4]], "names": ["a", "b"]}],
        "how": {"source": "page"},
    }
    message = {"kind": "branches", "name": "my plan", "plan": plan, "replace": False}
    reply = browser.post("/api/save", json=message)
    assert (reply.status_code, reply.json()) == (
        200,
        {"name": "my plan", "path": "branches/my plan.json"},
    )
    file = own_study.path / reply.json()["path"]
    kept = read_branches(file, own_study.classes)
    assert kept.classes == own_study.classes.names
    assert kept.branches[0].group_of_class.tolist() == [0, 1, 0, 1, 1]
    assert kept.how == {"source": "page"}

    before = file.read_bytes()
    again = browser.post("/api/save", json=message)
    assert again.status_code == 409
    assert "branches 'my plan' exist already" in again.json()["error"]
    for bad, words in (
        ({**plan, "version": 2}, "save branches: branches: expected format version 1, got 2"),
        ({**plan, "classes": list("abcde")}, "class 0 is 'a', expected 'robin'"),
        ({**plan, "branches": [{"layer": "x", "groups": [[0], [1, 2, 3]]}]}, "class 4 is in no gr"),
        ([], "'plan' must be an object"),
    ):
        reply = browser.post("/api/save", json={**message, "plan": bad, "replace": True})
        assert reply.status_code == 422
        assert words in reply.json()["error"]
    wrong = browser.post("/api/save", json={**message, "replace": None})
    assert (wrong.status_code, "'replace' must be true or false" in wrong.text) == (422, True)
    assert file.read_bytes() == before
    assert browser.post("/api/save", json={**message, "replace": True}).status_code == 200


def test_a_plan_is_not_saved_into_a_read_only_study(client, own_study, monkeypatch):
    def refuse(*given):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("classblocks.study.study.Study._lock", refuse)
    plan = {
        "format": "classblocks-branches",
        "version": 1,
        "branches": [{"layer": "relu", "groups": [[0, 2], [1, 3, 4]]}],
    }
    message = {"kind": "branches", "name": "mine", "plan": plan, "replace": False}
    assert client(own_study).post("/api/save", json=message).status_code == 403
    assert not (own_study.path / "branches" / "mine.json").exists()
