import importlib.util
from pathlib import Path

HERE = Path(__file__).parent


def test_the_committed_fixtures_are_what_core_answers_now():
    spec = importlib.util.spec_from_file_location("make", HERE / "make_core_fixtures.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert make.FILE.read_text(encoding="utf-8") == make.text()
