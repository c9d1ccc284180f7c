import errno
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from classblocks import study as studies
from classblocks.app.parameters import RequestError
from classblocks.app.session import Session

TREE = {
    "parent": [-1, 0, 1, 1, 1, 0, 0],
    "class": [-1, -1, 2, 0, 1, 3, 4],
    "names": ["everything", "things › that fly", "jay", "robin", "cup", "dog", "Ärmel › sleeve"],
    "aliases": ["", "outer › inner", "", "", "", "", ""],
}
HIERARCHY = {
    "kind": "hierarchy",
    "name": "mine",
    **TREE,
    "how": {"source": "page", "edits": [{"kind": "move", "node": 3}], "seed": 1},
    "replace": False,
    "default": False,
}
FINDING = {"kind": "finding", "name": "birds", "note": "Look!", "state": {"hash": "#r=net"}}


@pytest.fixture
def own(client, own_study):
    return client(own_study)


def save(browser, message, **headers):
    return browser.post("/api/save", json=message, headers=headers)


def test_a_saved_hierarchy_is_on_disk_as_it_was_edited(own, own_study):
    reply = save(own, HIERARCHY)
    assert (reply.status_code, reply.json()) == (200, {"name": "mine"})
    tree = studies.open(own_study.path).hierarchies["mine"]
    assert tree.parent.tolist() == TREE["parent"]
    assert tree.class_of_node.tolist() == TREE["class"]
    assert list(tree.name) == TREE["names"]
    assert tree.aliases[1] == ("outer", "inner")
    assert tree.aliases[0] == ()
    assert tree.how == HIERARCHY["how"]
    columns = Session(own_study).request({"view": "hierarchy", "hierarchy": "mine"}).columns
    assert columns["aliases"] == TREE["aliases"]


def test_the_page_opens_with_it_when_asked(own, own_study):
    before = studies.open(own_study.path).default_hierarchy
    save(own, HIERARCHY)
    assert studies.open(own_study.path).default_hierarchy == before
    assert save(own, {**HIERARCHY, "replace": True, "default": True}).status_code == 200
    assert studies.open(own_study.path).default_hierarchy == "mine"
    assert own.get("/api/manifest").json()["default_hierarchy"] == "mine"


def test_the_manifest_tells_of_it_at_once(own, monkeypatch):
    monkeypatch.setattr("classblocks.app.session._RESCAN_SECONDS", 1e9)
    before = own.get("/api/manifest").json()
    assert before["can_save"] is True
    assert before["findings"] == []
    save(own, HIERARCHY)
    finding = save(own, FINDING).json()
    after = own.get("/api/manifest").json()
    assert [h["name"] for h in after["hierarchies"]] == ["flat", "given", "mine"]
    assert after["hierarchies"][2]["how"] == {"source": "page", "seed": 1}
    assert after["hierarchies"][2]["n_nodes"] == 7
    assert len(after["findings"]) == 1
    kept = after["findings"][0]
    assert kept.pop("created").endswith("+00:00")
    assert kept == {
        "id": finding["id"],
        "name": "birds",
        "note": "Look!",
        "state": FINDING["state"],
    }
    assert save(own, {"kind": "forget", "id": finding["id"]}).json() == {}
    assert own.get("/api/manifest").json()["findings"] == []


def test_nothing_is_replaced_unasked(own, own_study):
    file = own_study.path / "hierarchies" / "given.json"
    before = file.read_bytes()
    reply = save(own, {**HIERARCHY, "name": "given"})
    assert reply.status_code == 409
    assert "'given' exists already" in reply.json()["error"]
    assert file.read_bytes() == before
    assert save(own, {**HIERARCHY, "name": "given", "replace": True}).status_code == 200
    assert file.read_bytes() != before
    tree = {"hierarchy": "given"}
    asked = {"view": "criteria", "result": "net", "tree": tree, "where": {}}
    assert own.post("/api/request", json=asked).status_code == 200


def test_a_replaced_hierarchy_is_not_answered_from_memory(own_study):
    session = Session(own_study)
    asked = {"view": "repair", "result": "net", "where": {}, "limit": 3}
    by_name = {**asked, "tree": {"hierarchy": "given"}}
    session.request(by_name)
    session.save({**HIERARCHY, "name": "given", "replace": True})
    by_array = {**asked, "tree": {"parent": TREE["parent"], "class": TREE["class"]}}
    one, other = session.request(by_name).columns, session.request(by_array).columns
    assert one["node"].tolist() == other["node"].tolist()


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ([], "JSON object, got list"),
        ({}, "'kind' is missing"),
        (
            {"kind": "result"},
            r"unknown kind to save 'result' \(known: branches, finding, forget, hierarchy",
        ),
        ({**HIERARCHY, "name": "../mine"}, "is not allowed"),
        ({**HIERARCHY, "name": ".mine"}, "is not allowed"),
        ({**HIERARCHY, "name": "a/b"}, "is not allowed"),
        ({**HIERARCHY, "name": "x" * 129}, "is not allowed"),
        ({**HIERARCHY, "name": ""}, "is not allowed"),
        ({**HIERARCHY, "name": 3}, "'name' must be text"),
        ({**HIERARCHY, "class": [-1, -1, 2, 0, 2, 3, 4]}, "class 2 is on two leaves"),
        ({**HIERARCHY, "parent": TREE["parent"][:-1]}, "'parent' has 6 entries and 'class' 7"),
        ({**HIERARCHY, "names": ["a"]}, "'names' must be a list of 7 texts"),
        ({**HIERARCHY, "names": [*"abcdef", 7]}, r"'names'\[6\] must be text, got 7"),
        ({**HIERARCHY, "aliases": None}, "'aliases' must be a list of 7 texts"),
        ({**HIERARCHY, "how": []}, "'how' must be an object"),
        ({**HIERARCHY, "how": {"x": float("nan")}}, "cannot be written as JSON"),
        ({**HIERARCHY, "names": [*"abcdef", "\ud800"]}, "cannot be written as JSON"),
        ({**HIERARCHY, "replace": 1}, "'replace' must be true or false"),
        ({**HIERARCHY, "default": None}, "'default' must be true or false"),
        ({**HIERARCHY, "path": "x"}, "unknown parameter 'path'"),
        ({**FINDING, "name": " "}, "finding name"),
        ({**FINDING, "state": "#"}, "'state' must be an object"),
        ({**FINDING, "note": None}, "'note' must be text"),
        ({"kind": "forget", "id": "x"}, "no finding with id 'x'"),
    ],
)
def test_what_cannot_be_saved_is_named_and_changes_nothing(own, own_study, message, text):
    def files():
        return {
            file: file.stat().st_mtime_ns for file in own_study.path.rglob("*") if file.is_file()
        }

    before = files()
    headers = {"content-type": "application/json"}
    reply = own.post("/api/save", content=json.dumps(message), headers=headers)
    assert reply.status_code == 422
    assert re.search(text, reply.json()["error"]), reply.json()
    left = {file: time for file, time in files().items() if file.name != ".lock"}
    assert left == {file: time for file, time in before.items() if file.name != ".lock"}


def test_only_json_of_this_site_is_saved(own, own_study):
    content = json.dumps(HIERARCHY)
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        reply = own.post("/api/save", content=content, headers={"content-type": kind})
        assert reply.status_code == 415, kind
        assert "application/json" in reply.json()["error"]
    with_charset = {"content-type": "application/json; charset=utf-8"}
    assert own.post("/api/save", content=content, headers=with_charset).status_code == 200
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999"):
        assert save(own, FINDING, origin=origin).status_code == 403, origin
    assert save(own, FINDING, host="evil.example").status_code == 403
    assert save(own, FINDING, origin="http://127.0.0.1:8265").status_code == 200
    assert own.get("/api/save").status_code == 404
    assert len(studies.open(own_study.path).findings) == 1


def test_too_large_a_body_is_refused_before_it_is_read_whole(own):
    headers = {"content-type": "application/json"}
    reply = own.post("/api/save", content=b" " * (2**24 + 1), headers=headers)
    assert reply.status_code == 413
    note = "x" * (2**24 - 1000)
    assert save(own, {**FINDING, "note": note}).status_code == 200


def test_a_read_only_study_says_so(own, own_study, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert own.get("/api/manifest").json()["can_save"] is False

    def refuse(*given):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("classblocks.study.study.Study._lock", refuse)
    for message in (HIERARCHY, FINDING, {"kind": "forget", "id": "x"}):
        reply = save(own, message)
        assert reply.status_code == 403
        assert "cannot be written" in reply.json()["error"]
        assert "Read-only file system" in reply.json()["error"]


def test_a_full_disk_says_so_and_keeps_what_was(own, own_study, monkeypatch):
    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    save(own, FINDING)
    monkeypatch.setattr("classblocks.study.atomic.os.replace", full)
    reply = save(own, {**HIERARCHY, "name": "given", "replace": True})
    assert reply.status_code == 507
    assert "No space left" in reply.json()["error"]
    assert save(own, FINDING).status_code == 507
    study = studies.open(own_study.path)
    assert len(study.findings) == 1
    assert study.hierarchies["given"].n_nodes == 9
    assert not list(own_study.path.rglob("*.tmp"))


KILLED = """
import os, signal, sys
from classblocks import study as studies
from classblocks.app.session import Session
import classblocks.study.atomic as atomic

def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)

session = Session(studies.open(sys.argv[1]))
setattr(atomic if sys.argv[2] == "sync_file" else atomic.os, sys.argv[2], die)
session.save(eval(sys.argv[3]))
"""


@pytest.mark.parametrize("moment", ["sync_file", "replace"])
def test_killed_while_saving_nothing_is_lost(own, own_study, moment):
    save(own, FINDING)
    for message in ({**HIERARCHY, "name": "given", "replace": True}, FINDING):
        command = [sys.executable, "-c", KILLED, str(own_study.path), moment, repr(message)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    study = studies.open(own_study.path)
    assert len(study.findings) == 1
    assert study.hierarchies["given"].n_nodes == 9
    own_study.refresh()
    assert save(own, {**HIERARCHY, "name": "given", "replace": True}).status_code == 200
    assert save(own, FINDING).status_code == 200
    study = studies.open(own_study.path)
    assert len(study.findings) == 2
    assert list(study.hierarchies["given"].name) == TREE["names"]
    assert not list(own_study.path.rglob("*.tmp"))


def test_damaged_findings_are_a_problem_of_the_manifest(own, own_study):
    (own_study.path / "findings.json").write_text("{")
    manifest = own.get("/api/manifest").json()
    assert manifest["findings"] == []
    assert any("findings.json" in problem for problem in manifest["problems"])
    assert save(own, FINDING).status_code == 422
    assert (own_study.path / "findings.json").read_text() == "{"


def test_what_is_nested_too_deeply_is_refused(own_study):
    deep = {}
    for _ in range(2_000):
        deep = {"x": deep}
    with pytest.raises(RequestError, match="too deeply nested"):
        Session(own_study).save({**FINDING, "state": deep})
