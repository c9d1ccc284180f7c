import importlib.util
from pathlib import Path

HERE = Path(__file__).parent


def test_the_committed_replies_are_what_the_session_answers_now(tmp_path):
    spec = importlib.util.spec_from_file_location("make_replies", HERE / "make_replies.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.write(tmp_path)
    for name in ("replies.json", "manifest.json"):
        assert (tmp_path / name).read_text("utf-8") == (HERE / name).read_text("utf-8"), name
    committed = {stem: (HERE / f"{stem}.arrow").read_bytes() for stem in make.REQUESTS}
    assert make.described(committed) + "\n" == (HERE / "replies.json").read_text("utf-8")
