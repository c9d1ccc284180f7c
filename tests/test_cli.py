import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import classblocks
from classblocks import study as studies
from classblocks.cli import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make():
    spec = importlib.util.spec_from_file_location("make", ROOT / "tests/wire/make_replies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def study(make, tmp_path):
    return make.small_study(tmp_path / "small")


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def failure(*arguments, code=1):
    """The one line that a failing command prints."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(lines) == 1, result.output
    assert "Traceback" not in result.output
    return lines[0]


def commands():
    context = click.Context(main)
    return {name: main.get_command(context, name) for name in main.list_commands(context)}


def test_help_lists_every_command_with_an_example():
    result = run("--help")
    assert result.exit_code == 0
    for name in commands():
        assert re.search(rf"^  {name} ", result.output, flags=re.MULTILINE)
    assert "classblocks view birds" in result.output


@pytest.mark.parametrize(
    "name", ["demo", "record", "import", "view", "hierarchy", "report", "check"]
)
def test_each_command_explains_itself_with_an_example(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"classblocks {name}" in result.output
    assert "Example" in result.output
    assert "Traceback" not in result.output


def test_every_option_has_help():
    for name, command in commands().items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_version():
    assert classblocks.__version__ in run("--version").output


def test_unknown_commands_and_options_are_usage_errors(study):
    assert "No such command 'open'" in failure("open", code=2)
    assert "--prt" in failure("view", study.path, "--prt", code=2)
    assert "70000" in failure("view", study.path, "--port", 70000, code=2)


def test_nothing_heavy_is_imported_for_help():
    code = (
        "import sys; from classblocks.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'scipy', 'pyarrow', 'starlette', 'matplotlib', 'PIL'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


HEAVY = ["torch", "matplotlib", "pandas"]
COMPUTED = {"outliers", "criteria", "refine", "change"}


@pytest.mark.parametrize("thumbnails", [True, False])
def test_views_import_only_what_they_need(study, make, thumbnails):
    if not thumbnails:
        (study.path / "thumbnails" / "index.parquet").unlink()
    code = (
        "import sys, json; from classblocks import study; from classblocks.app import server\n"
        "from classblocks.app.session import Session; from classblocks.app.wire import encode\n"
        "session = Session(study.open(sys.argv[1])); session.manifest()\n"
        "for message in json.loads(sys.argv[2]): encode(session.request(message))\n"
        "sys.exit(', '.join(set(sys.argv[3:]) & set(sys.modules)) or None)"
    )
    command = [sys.executable, "-c", code, str(study.path)]
    every = list(make.REQUESTS.values())
    plain = [message for message in every if message["view"] not in COMPUTED]
    for messages, unused in ((plain, [*HEAVY, "scipy"]), (every, HEAVY)):
        subprocess.run([*command, json.dumps(messages), *unused], check=True)


@pytest.mark.parametrize("command", ["view", "report", "hierarchy", "check"])
def test_a_study_of_another_version_names_both(study, command):
    file = study.path / "study.json"
    file.write_text(file.read_text().replace('"version": 1', '"version": 7'))
    line = failure(command, study.path, *(["--no-browser"] if command == "view" else []))
    assert "7" in line
    assert "version 1" in line


@pytest.mark.parametrize("command", ["view", "report", "hierarchy", "check"])
def test_a_folder_that_is_no_study_is_one_error(tmp_path, command):
    arguments = [command, tmp_path, *(["--no-browser"] if command == "view" else [])]
    assert "study.json is missing" in failure(*arguments)
    assert "does not exist" in failure(command, tmp_path / "nothing", code=2)


def test_report_counts_what_numpy_counts(study):
    facts = json.loads(run("report", study.path, "--result", "net", "--json").stdout)
    result = study.results["net"]
    right = int((result.true == result.pred).sum())
    assert facts["accuracy"]["top1"]["correct"] == right
    assert facts["accuracy"]["top1"]["rate"] == right / 10
    assert facts["accuracy"]["top5"]["rate"] == 1
    assert facts["n_classes_without_samples"] == 1
    groups = {group["name"]: group for group in facts["groups"]}
    animal = groups["animal"]
    true, pred = (np.isin(values, [0, 2, 3]) for values in (result.true, result.pred))
    assert (animal["tp"], animal["fp"], animal["fn"]) == (
        int((true & pred).sum()),
        int((~true & pred).sum()),
        int((true & ~pred).sum()),
    )
    wrong = result.true != result.pred
    inside = (true & pred) | (~true & ~pred)
    assert facts["levels"][0]["error_share_inside"] == 1
    share = (wrong & inside).sum() / wrong.sum()
    assert facts["levels"][1]["error_share_inside"] == pytest.approx(share)
    assert sum(row["count"] for row in facts["worst_confusions"]) == wrong.sum()


def test_report_as_text_shows_unknown_as_a_dash(study):
    text = run("report", study.path, "--result", "table", "--hierarchy", "given").stdout
    assert "top-1 accuracy  75.0 % (40.9–92.9)  6 of 8" in text
    assert "top-5" not in text
    assert "HD@5" not in text
    assert "jay → robin" in text


def test_report_of_what_is_not_there_lists_what_is(study, tmp_path):
    assert "it has net, net-probe-relu, net-probe-linear, table" in failure(
        "report", study.path, "--result", "x"
    )
    assert "it has flat, given" in failure("report", study.path, "--hierarchy", "x")
    studies.create(tmp_path / "empty", ["a", "b"])
    assert "no results yet" in failure("report", tmp_path / "empty")


def test_a_study_without_hierarchy_is_reported_flat(tmp_path):
    bare = studies.create(tmp_path / "bare", ["a", "b"])
    bare.add_result("r", true=[0, 1, 1], pred=[0, 0, 1])
    facts = json.loads(run("report", bare.path, "--json").stdout)
    assert facts["hierarchy"] == "flat"
    assert facts["groups"] == []
    root = {"error_share_inside": 1.0, "error_share_by_chance": 1.0, "cut_accuracy": 1.0}
    assert facts["levels"][0].items() >= {"depth": 0, "n_groups": 1, **root}.items()
    assert facts["levels"][0]["cut_accuracy_low"] == pytest.approx(0.4385, abs=1e-4)
    assert len(facts["levels"]) == 1


def test_hierarchies_are_listed_imported_and_exported(study, tmp_path):
    assert "* given: 5 classes in 4 groups, 3 levels" in run("hierarchy", study.path).output
    rows = "child,parent\nall,\nbig,all\nsmall,all\n" + "".join(
        f"{name},{'big' if i < 2 else 'small'}\n" for i, name in enumerate(study.classes.names)
    )
    (tmp_path / "mine.csv").write_text(rows, encoding="utf-8")
    imported = run("hierarchy", study.path, "--import", tmp_path / "mine.csv", "--default")
    assert imported.exit_code == 0, imported.output
    again = studies.open(study.path)
    assert again.default_hierarchy == "mine"
    assert list(again.hierarchies["mine"].class_of_leaf) == [0, 1, 2, 3, 4]
    out = tmp_path / "out.json"
    assert run("hierarchy", study.path, "--export", "mine", "-o", out).exit_code == 0
    assert run("hierarchy", study.path, "--import", out, "--save-as", "again").exit_code == 0
    assert studies.open(study.path).hierarchies["again"].name == again.hierarchies["mine"].name


def test_hierarchies_are_derived_from_confusions(study):
    result = run("hierarchy", study.path, "--result", "net", "--save-as", "derived")
    assert result.exit_code == 0, result.output
    tree = studies.open(study.path).hierarchies["derived"]
    assert sorted(tree.class_of_leaf) == [0, 1, 2, 3, 4]


def test_bad_hierarchies_are_one_error_that_names_the_file(study, tmp_path):
    cases = {
        "cycle.csv": "robin,a\njay,a\ncup,a\ndog,a\nÄrmel › sleeve,a\na,b\nb,a\n",
        "twice.json": '{"all": ["robin", "robin", "jay", "cup", "dog", "Ärmel › sleeve"]}',
        "missing.json": '{"all": ["robin"]}',
        "short.txt": "a/robin\n",
        "broken.json": '{"all": [',
        "other.json": '{"version": 9, "how": {}, "tree": {}}',
        "one.csv": "robin\n",
        "tree.yaml": "",
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        line = failure("hierarchy", study.path, "--import", tmp_path / name)
        assert name in line
    assert "no.json" in failure("hierarchy", study.path, "--import", tmp_path / "no.json")
    assert sorted(studies.open(study.path).hierarchies) == ["flat", "given"]


def test_wordnet_needs_keys(tmp_path):
    bare = studies.create(tmp_path / "bare", ["a", "b"])
    assert "class 0 has 'a'" in failure("hierarchy", bare.path, "--import", "wordnet")


def test_hierarchy_takes_one_action(study):
    both = ("--result", "net", "--export", "given")
    assert "one of" in failure("hierarchy", study.path, *both, code=2)
    assert "it has net, net-probe-relu, net-probe-linear, table" in failure(
        "hierarchy", study.path, "--result", "x"
    )
    assert "it has flat, given" in failure("hierarchy", study.path, "--export", "x")
    assert "--save-as needs" in failure("hierarchy", study.path, "--save-as", "x", code=2)


def test_a_port_in_use_is_one_error(study):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = failure("view", study.path, "--no-browser", "--port", port)
    assert f"port {port} is in use" in line
    assert "--port 0" in line


def test_failures_can_be_seen_in_full(study, monkeypatch):
    monkeypatch.setenv("CLASSBLOCKS_TRACEBACK", "1")
    result = run("report", study.path, "--result", "x")
    assert isinstance(result.exception, ValueError)


def test_a_missing_extra_says_what_to_install(monkeypatch):
    from classblocks.cli.group import _one_line

    text = _one_line(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert "pip install 'classblocks[torch]'" in text
    text = _one_line(ModuleNotFoundError("…", name="matplotlib.font_manager"))
    assert "pip install 'classblocks[demo]'" in text


def started(*arguments):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "classblocks", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_view_answers_and_stops_on_interrupt(study):
    process = started("view", study.path, "--no-browser", "--port", 0)
    try:
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+/", line).group()
        with urllib.request.urlopen(f"{url}api/manifest", timeout=30) as reply:
            assert json.load(reply)["study"]["name"] == "small study"
        body = json.dumps({"view": "rows", "result": "net"}).encode()
        with urllib.request.urlopen(f"{url}api/request", body, timeout=30) as reply:
            assert reply.status == 200
        with pytest.raises(urllib.error.HTTPError, match="422") as caught:
            urllib.request.urlopen(f"{url}api/request", b"{}", timeout=30)
        caught.value.close()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert output.strip() == "stopped"
    assert errors == ""


def test_view_with_a_token(study):
    process = started("view", study.path, "--no-browser", "--port", 0, "--host", "0.0.0.0")
    try:
        url = re.search(r"http://\S+", process.stdout.readline()).group()
        base, token = url.split("?token=")
        with pytest.raises(urllib.error.HTTPError, match="401") as caught:
            urllib.request.urlopen(f"{base}api/manifest", timeout=30)
        caught.value.close()
        with urllib.request.urlopen(f"{base}api/manifest?token={token}", timeout=30) as reply:
            assert reply.status == 200
        process.terminate()
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
