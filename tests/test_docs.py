"""Runs every command and snippet of the documentation in a prepared folder."""

import csv
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from classblocks.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVING = {"view", "demo"}
ANIMALS = [
    ("n02084071", "dog"),
    ("n02121620", "cat"),
    ("n01503061", "bird"),
    ("n02512053", "fish"),
]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line[2:] for line in lines if line.startswith("$ ")]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with the photos, the network, the weights and the tables that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("apple", "brick", "cloud"):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for i in range(4):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    (tmp_path / "networks.py").write_text(
        "from classblocks.nn.networks import SmallResNet\n\n\n"
        "def network():\n    return SmallResNet(3, widths=(4, 8, 8, 8), stem_stride=1)\n"
    )
    write_table("animals.csv", rng, [key for key, _ in ANIMALS])
    write_table("predictions.csv", rng, ["red", "green", "blue"])
    Path("classes.tsv").write_text("name\tkey\nred\tr\ngreen\tg\nblue\tb\n")
    rows = "".join(f"{name}\t{key}\n" for key, name in ANIMALS)
    Path("animals.tsv").write_text(f"name\tkey\n{rows}")
    return tmp_path


def write_table(file: str, rng: np.random.Generator, names: list[str]) -> None:
    true = rng.integers(0, len(names), 200)
    pred = np.where(rng.random(200) < 0.6, true, rng.integers(0, len(names), 200))
    with Path(file).open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["true", "pred"])
        writer.writerows((names[t], names[p]) for t, p in zip(true, pred, strict=True))


def small_demo(path: str) -> None:
    """Build the demo with few characters, so that all commands after it find what they name."""
    from classblocks.demo import Plan, build

    build(path, progress=False, plan=Plan(n_train=8, n_val=3, max_classes=60))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_run(page, workspace):
    found = commands(page)
    if any("record" in command for command in found):
        torch = pytest.importorskip("torch", reason="recording needs PyTorch")
        from safetensors.torch import save_file

        from classblocks.nn.networks import SmallResNet

        torch.manual_seed(0)
        save_file(SmallResNet(3, (4, 8, 8, 8), 1).state_dict(), "weights.safetensors")
    for command in found:
        words = shlex.split(command, comments=True)
        if words[0] != "classblocks":
            assert words[0] in {"make", "pip", "git", "cd", "python", "npx"}, command
            continue
        if words[1] == "demo" and "--build-only" in words:
            small_demo(words[2])
            continue
        # --help stops a server from starting, but unknown options are still refused
        words += ["--help"] if words[1] in SERVING else []
        result = CliRunner().invoke(main, words[1:])
        assert result.exit_code == 0, f"{command}\n{result.output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_snippets_of_a_page_run(page, workspace):
    for snippet in blocks(page, "python"):
        exec(compile(snippet, page.name, "exec"), {})


def test_the_pages_have_commands_and_snippets():
    assert sum(len(commands(page)) for page in PAGES) >= 8
    assert sum(len(blocks(page, "python")) for page in PAGES) >= 1


def test_links_and_pictures_of_the_pages_exist():
    for page in [*PAGES, *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_targets_named_in_the_pages_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for name in re.findall(r"\bmake ([a-z]+)\b(?=`|\s{2,}#|$)", page.read_text(), re.MULTILINE):
            assert name in targets, f"{page.name}: make {name}"


def test_reference_names_every_command_option_and_public_name():
    import classblocks
    from classblocks import cli

    text = (ROOT / "docs" / "reference.md").read_text()
    for name in cli.main.list_commands(None):
        assert f"`classblocks {name}" in text, name
        row = next(line for line in text.splitlines() if line.startswith(f"| `classblocks {name}"))
        for option in cli.main.get_command(None, name).params:
            for flag in option.opts if option.param_type_name == "option" else []:
                assert not flag.startswith("--") or f"`{flag}`" in row, f"{name} {flag}"
    for name in classblocks.__all__:
        assert name == "__version__" or re.search(rf"\bcb\.{name}\b|`{name}`", text), name
