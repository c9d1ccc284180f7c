import subprocess
import sys

import pytest
from click.testing import CliRunner

from classblocks import study as studies
from classblocks.app import serve
from classblocks.cli import demo, main

Popen = subprocess.Popen

MAKE_STUDY = """
import threading
from classblocks import study
made = study.create({path!r}, ["a", "b"], name="made")
made.add_result("epoch-0", true=[0, 1], pred=[0, 1])
"""


def trainer(code):
    """A process in place of the training."""
    return lambda arguments, **options: Popen([sys.executable, "-c", code], **options)


@pytest.fixture
def served(monkeypatch):
    """The studies that were served, without listening for requests."""
    found = []
    monkeypatch.setattr(serve, "serve", lambda study, listener: found.append(study))
    return found


def run(path, *arguments):
    arguments = ["demo", str(path), "--no-browser", "--port", "0", *arguments]
    return CliRunner().invoke(main, arguments)


def test_the_page_opens_while_training_goes_on_and_stops_it(tmp_path, monkeypatch, served):
    processes = []
    code = MAKE_STUDY.format(path=str(tmp_path / "d")) + "threading.Event().wait()"

    def popen(arguments, **options):
        assert arguments[1:] == ["-m", "classblocks", "demo", str(tmp_path / "d"), "--build-only"]
        processes.append(trainer(code)(arguments, **options))
        return processes[0]

    monkeypatch.setattr(demo.subprocess, "Popen", popen)
    result = run(tmp_path / "d")
    assert result.exit_code == 0, result.output
    assert "made: http://127.0.0.1:" in result.output
    assert [study.name for study in served] == ["made"]
    assert processes[0].poll() is not None


def test_a_training_that_fails_before_anything_is_one_error(tmp_path, monkeypatch, served):
    monkeypatch.setattr(demo.subprocess, "Popen", trainer("raise SystemExit(3)"))
    result = run(tmp_path / "d")
    assert result.exit_code == 1
    assert "the training ended with exit code 3" in result.stderr
    assert served == []


def test_a_complete_demo_is_only_viewed(tmp_path, monkeypatch, served):
    studies.create(tmp_path / "d", ["a", "b"], name="complete")
    (tmp_path / "d" / "demo" / "cnn").mkdir(parents=True)
    (tmp_path / "d" / "demo" / "cnn" / "network.safetensors").write_bytes(b"")
    monkeypatch.setattr(demo.subprocess, "Popen", None)
    result = run(tmp_path / "d")
    assert result.exit_code == 0, result.output
    assert [study.name for study in served] == ["complete"]


@pytest.mark.parametrize(
    ("code", "text"), [(0, "training finished"), (3, "exit code 3; the page stays open"), (-15, "")]
)
def test_the_end_of_the_training_is_told(capsys, code, text):
    class Training:
        @staticmethod
        def wait():
            return code

    demo._tell_end(Training)
    captured = capsys.readouterr()
    assert text in captured.out + captured.err
    assert bool(captured.out + captured.err) == bool(text)
