import asyncio
import threading
import time

import httpx
import numpy as np
import pyarrow as pa
import pytest

from classblocks import study as studies
from classblocks.app import bundle, server
from classblocks.app.session import VIEWS, Session
from classblocks.app.wire import Reply
from classblocks.core.stopping import Stopped, checkpoint


def test_a_request_is_answered_with_arrow(browser):
    reply = browser.post("/api/request", json={"view": "cells", "result": "net"})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == server.ARROW
    table = pa.ipc.open_stream(reply.content).read_all()
    assert sum(table.column("count").to_pylist()) == 10


@pytest.mark.parametrize(
    ("content", "status", "text"),
    [
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 422, "JSON object, got list"),
        (b"{}", 422, "unknown view None"),
        (b'{"view": ["cells"]}', 422, "unknown view"),
        (
            b'{"view": "nothing"}',
            422,
            "unknown view 'nothing' (known: activations, branches, cells",
        ),
        (b'{"view": "cells"}', 422, "parameter 'result' is missing"),
        (b'{"view": "cells", "result": "../net"}', 422, "unknown result '../net' (known: net"),
        (b'{"view": "cells", "result": 3}', 422, "'result' must be text, got 3"),
        (b'{"view": "cells", "result": "net", "sql": 1}', 422, "unknown parameter 'sql'"),
        (b" " * (2**24 + 1), 413, "larger than 16 MB"),
    ],
)
def test_bad_requests_are_one_json_error(browser, content, status, text):
    reply = browser.post("/api/request", content=content)
    assert reply.status_code == status
    assert text in reply.json()["error"]
    assert list(reply.json()) == ["error"]


def test_a_failing_view_is_a_json_error(browser, monkeypatch, caplog):
    def broken(self, message):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(Session, "request", broken)
    reply = browser.post("/api/request", json={})
    assert reply.status_code == 500
    assert reply.json() == {"error": "RuntimeError: disk on fire"}
    assert "disk on fire" in caplog.text


def test_the_manifest_is_sent_again_only_when_it_changed(client, own_study):
    browser = client(own_study)
    first = browser.get("/api/manifest")
    assert first.json()["study"] == {
        "name": "small study",
        "n_classes": 5,
        "n_samples": 10,
        "has_thumbnails": True,
    }
    etag = {"if-none-match": first.headers["etag"]}
    assert browser.get("/api/manifest", headers=etag).status_code == 304


def test_a_result_that_another_process_adds_appears(client, make, own_study, monkeypatch):
    from classblocks import study as studies

    monkeypatch.setattr("classblocks.app.session._RESCAN_SECONDS", 0)
    browser = client(own_study)
    first = browser.get("/api/manifest")
    before = [result["name"] for result in first.json()["results"]]
    assert before == ["net", "net-probe-relu", "net-probe-linear", "table"]
    studies.open(own_study.path).add_result(
        "later", sample_id=make.SAMPLE_ID, true=make.TRUE, pred=make.TRUE, model="net", epoch=9
    )
    etag = {"if-none-match": first.headers["etag"]}
    second = browser.get("/api/manifest", headers=etag)
    assert second.status_code == 200
    names = [result["name"] for result in second.json()["results"]]
    assert names == [*before[:3], "later", "table"]
    reply = browser.post("/api/request", json={"view": "cells", "result": "later"})
    assert reply.status_code == 200


def test_the_study_is_not_rescanned_at_every_poll(client, own_study, monkeypatch):
    scans = []
    monkeypatch.setattr(type(own_study), "refresh", lambda self: scans.append(1))
    monkeypatch.setattr(
        "classblocks.app.session.monotonic", iter([1.0, 1.0, 1.2, 1.6, 1.6]).__next__
    )
    browser = client(own_study)
    for _ in range(3):
        browser.get("/api/manifest")
    assert len(scans) == 2


def test_other_hosts_are_refused_by_name(client, shared_study):
    for host in ("evil.example", "evil.example:8265", "127.0.0.1.evil.example", "0.0.0.0", "["):
        browser = client(shared_study)
        reply = browser.get("/api/manifest", headers={"host": host})
        assert reply.status_code == 403, host
        assert "not this machine" in reply.json()["error"]
    for host in ("localhost:8265", "127.0.0.1", "[::1]:8265", "LOCALHOST"):
        browser = client(shared_study)
        assert browser.get("/api/manifest", headers={"host": host}).status_code == 200, host


def test_other_origins_are_refused(browser):
    message = {"view": "classes"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999"):
        reply = browser.post("/api/request", json=message, headers={"origin": origin})
        assert reply.status_code == 403, origin
    own = {"origin": "http://127.0.0.1:8265"}
    reply = browser.post("/api/request", json=message, headers=own)
    assert reply.status_code == 200
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_a_token_is_needed_where_one_is_set(client, shared_study):
    browser = client(shared_study, host="gpu.example:8265", token="secret")
    for path in ("/", "/api/manifest", "/thumb/0.jpg", "/?token=wrong", "/?token=é"):
        assert browser.get(path, follow_redirects=False).status_code == 401, path
    reply = browser.post("/api/request", json={"view": "classes"})
    assert reply.status_code == 401
    assert "token" in reply.json()["error"]
    bearer = {"authorization": "Bearer secret"}
    assert browser.get("/api/manifest", headers=bearer).status_code == 200
    assert browser.get("/api/manifest?token=secret").status_code == 200


def test_the_printed_address_sets_a_cookie_and_hides_the_token(client, shared_study):
    browser = client(shared_study, host="gpu.example:8265", token="secret")
    reply = browser.get("/?token=secret&a=b", follow_redirects=False)
    assert reply.status_code == 303
    assert reply.headers["location"] == "/?a=b"
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/api/manifest").status_code == 200


def test_thumbnails_are_found_by_content(browser):
    reply = browser.post(
        "/api/request", json={"view": "samples", "result": "net", "samples": [1, 3]}
    )
    thumb = pa.ipc.open_stream(reply.content).read_all().column("thumb").to_pylist()
    assert thumb[1] == ""
    image = browser.get(f"/thumb/{thumb[0]}.jpg")
    assert image.headers["content-type"] == "image/jpeg"
    assert "immutable" in image.headers["cache-control"]
    assert image.content.startswith(b"\xff\xd8")
    for path in ("/thumb/0000000000000000.jpg", "/thumb/..%2Fstudy.json.jpg", "/thumb/x.jpg"):
        assert browser.get(path).status_code == 404, path


def test_the_bundle_is_served_with_caching(browser, tmp_path, monkeypatch):
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>page</title>")
    (static / "assets" / "index-abc.js").write_text("1;" * 1000)
    (tmp_path / "secret.txt").write_text("no")
    monkeypatch.setattr(bundle.bundle_reply, "__defaults__", (static,))
    page = browser.get("/")
    assert page.text.startswith("<!doctype html>")
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    script = browser.get("/assets/index-abc.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.text == "1;" * 1000
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets", "/missing.js"):
        assert browser.get(path).status_code == 404, path


def test_a_missing_bundle_says_how_to_build_it(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle.bundle_reply, "__defaults__", (tmp_path,))
    reply = browser.get("/")
    assert reply.status_code == 503
    assert "make web" in reply.text


def test_a_sheet_is_one_jpeg(browser):
    message = {"samples": [0, 1, 2], "side": 16, "columns": 2}
    reply = browser.post("/api/sheet", json=message)
    assert reply.headers["content-type"] == "image/jpeg"
    bad = browser.post("/api/sheet", json={**message, "samples": [10]})
    assert bad.status_code == 422
    assert "samples of this study are 0..9" in bad.json()["error"]


def test_requests_of_several_threads_agree(browser, make):
    from concurrent.futures import ThreadPoolExecutor

    messages = list(make.REQUESTS.values()) * 4
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda m: browser.post("/api/request", json=m).content, messages))
    n = len(make.REQUESTS)
    assert all(replies[i] == replies[i % n] for i in range(len(replies)))


def test_what_is_damaged_is_named_and_the_rest_works(client, own_study):
    (own_study.path / "results" / "table" / "result.json").write_text("{")
    (own_study.path / "hierarchies" / "flat.json").write_text("{}")
    from classblocks import study as studies

    browser = client(studies.open(own_study.path))
    manifest = browser.get("/api/manifest").json()
    names = [result["name"] for result in manifest["results"]]
    assert names == ["net", "net-probe-relu", "net-probe-linear"]
    assert [tree["name"] for tree in manifest["hierarchies"]] == ["given"]
    problems = "\n".join(manifest["problems"])
    assert "result 'table'" in problems
    assert "flat.json" in problems


def test_damaged_thumbnails_and_default_hierarchy_leave_a_manifest(client, own_study):
    (own_study.path / "thumbnails/index.parquet").write_bytes(b"PAR1")
    damaged = own_study.default_hierarchy
    (own_study.path / f"hierarchies/{damaged}.json").write_text("{}")
    from classblocks import study as studies

    manifest = client(studies.open(own_study.path)).get("/api/manifest").json()
    assert not manifest["study"]["has_thumbnails"]
    problems = "\n".join(manifest["problems"])
    assert "index.parquet" in problems
    assert f"{damaged}.json" in problems
    assert manifest["default_hierarchy"] in [tree["name"] for tree in manifest["hierarchies"]]
    assert manifest["default_hierarchy"] != damaged


def test_a_long_request_does_not_hold_up_others(shared_study, monkeypatch):
    started, go_on = threading.Event(), threading.Event()

    def wait(context, parameters):
        started.set()
        assert go_on.wait(30)
        return Reply("long", {})

    monkeypatch.setattr("classblocks.app.session.VIEWS", {**VIEWS, "long": wait})
    app = server.application(Session(shared_study), port=8265)

    async def ask():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            long = asyncio.create_task(client.post("/api/request", json={"view": "long"}))
            await asyncio.to_thread(started.wait, 30)
            quick = await client.post("/api/request", json={"view": "classes"})
            manifest = await client.get("/api/manifest")
            assert not long.done()
            go_on.set()
            return quick, manifest, await long

    assert [reply.status_code for reply in asyncio.run(ask())] == [200, 200, 200]


def test_trees_of_many_classes_pass(client, tmp_path):
    n = 21_841
    study = studies.create(tmp_path / "study", [f"class {c}" for c in range(n)])
    study.add_result("model", true=np.arange(n), pred=np.roll(np.arange(n), 1))
    flat = {"parent": [-1] + [0] * n, "class": [-1, *range(n - 1, -1, -1)]}
    message = {"view": "compare", "result": "model", "tree": flat, "where": {}}
    reply = client(study).post("/api/request", json={**message, "with": {"hierarchy": "flat"}})
    assert reply.status_code == 200
    table = pa.ipc.open_stream(reply.content).read_all()
    assert table.column("best").to_pylist() == [0, *range(n, 0, -1)]


def test_large_replies_are_sent_in_chunks(client, tmp_path):
    n = 300_000
    study = studies.create(tmp_path / "study", ["a", "b"])
    pred = np.random.default_rng(0).integers(0, 2, n)
    study.add_result("model", true=np.zeros(n, int), pred=pred, p_pred=np.linspace(0, 1, n))
    reply = client(study).post("/api/request", json={"view": "rows", "result": "model"})
    assert int(reply.headers["content-length"]) == len(reply.content) > 4 * 2**20
    table = pa.ipc.open_stream(reply.content).read_all()
    sample = table.column("sample").to_numpy()
    np.testing.assert_array_equal(sample, np.argsort(pred, kind="stable"))
    expected = np.linspace(0, 1, n).astype(np.float32)[sample]
    np.testing.assert_array_equal(table.column("p_pred").to_numpy(), expected)


def test_a_request_that_nobody_waits_for_stops(shared_study, monkeypatch):
    began, stopped = threading.Event(), threading.Event()

    def endless(context, parameters):
        limit = time.monotonic() + 30
        began.set()
        try:
            while time.monotonic() < limit:
                checkpoint()
        except Stopped:
            stopped.set()
            raise
        raise AssertionError("the request was not stopped")

    monkeypatch.setitem(VIEWS, "classes", endless)
    answers = []

    async def leave():
        inbox = asyncio.Queue()
        await inbox.put({"type": "http.request", "body": b'{"view": "classes"}'})

        async def send(message):
            answers.append(message)

        headers = [(b"host", b"127.0.0.1:8265")]
        scope = {"type": "http", "method": "POST", "path": "/api/request", "headers": headers}
        app = server.application(Session(shared_study), port=8265)
        asking = asyncio.create_task(
            app({**scope, "query_string": b"", "http_version": "1.1"}, inbox.get, send)
        )
        await asyncio.to_thread(began.wait, 30)
        await inbox.put({"type": "http.disconnect"})
        await asking

    asyncio.run(leave())
    assert stopped.is_set()
    assert answers[0]["status"] == 503
