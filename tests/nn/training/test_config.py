import json
from pathlib import Path

import pytest

from classblocks.nn.training.config import Config
from classblocks.nn.training.config_file import config_of, read_config

MINIMAL = 'name = "a"\nout = "o"\n[data]\ntrain = "t"\nval = "v"\n[network]\nmodel = "timm:x"\n'


def written(tmp_path, text, name="train.toml"):
    file = tmp_path / name
    file.write_text(text)
    return file


def test_paths_are_relative_to_the_file_and_defaults_are_filled_in(tmp_path):
    (tmp_path / "b.json").write_text("{}")
    config = read_config(
        written(
            tmp_path,
            'study = "s"\nhierarchy = "wordnet"\n'
            + MINIMAL.replace("timm:x", "net.py:build")
            + '[method]\nkind = "branches"\nbranches = "b.json"\n',
        )
    )
    assert isinstance(config, Config)
    assert config.out == str(tmp_path / "o")
    assert config.study == str(tmp_path / "s")
    assert config.data.train == str(tmp_path / "t")
    assert config.network.model == f"{tmp_path / 'net.py'}:build"
    assert config.method.branches == str(tmp_path / "b.json")
    assert config.hierarchy == "wordnet"
    assert (config.recipe.epochs, config.recipe.precision) == (8, "bf16-mixed")
    assert config.recording.layers is None


def test_json_is_read_too(tmp_path):
    text = {"name": "a", "out": "/o", "data": {"train": "/t", "val": "/v"}}
    text |= {"network": {"model": "timm:x"}, "recording": {"layers": ["conv1"]}, "seed": 3}
    config = read_config(written(tmp_path, json.dumps(text), "c.json"))
    assert config.out == "/o"
    assert config.recording.layers == ("conv1",)
    assert config == config_of(
        {
            "name": "a",
            "out": "/o",
            "data.train": "/t",
            "data.val": "/v",
            "network.model": "timm:x",
            "recording.layers": ["conv1"],
            "seed": 3,
        }
    )


def test_changes_are_read_as_toml_or_as_they_are(tmp_path):
    file = written(tmp_path, MINIMAL)
    config = read_config(
        file, {"recipe.epochs": "3", "recipe.flip": "false", "name": "b", "recipe.clip": "1.5"}
    )
    assert (config.recipe.epochs, config.recipe.flip, config.name) == (3, False, "b")
    assert config.recipe.clip == 1.5


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("epochs = 3", "network.epochs: there is no such entry; there is model, weights"),
        ("[recipe]\nepochs = 0", "recipe.epochs: expected at least 1, got 0"),
        ('[recipe]\nepochs = "x"', "recipe.epochs: expected a whole number, got 'x'"),
        ("[recipe]\nepochs = true", "recipe.epochs: expected a whole number, got True"),
        ("[recipe]\nlr = nan", "recipe.lr: expected above 0"),
        ("[recipe]\nlr = inf", "recipe.lr: expected above 0"),
        ("[recipe]\nlr = -1", "recipe.lr: expected above 0 and at most inf, got -1"),
        ("[recipe]\nflip = 1", "recipe.flip: expected true or false, got 1"),
        ('[recipe]\nprecision = "8"', "recipe.precision: expected one of 32-true"),
        ('[method]\nkind = "magic"', "method.kind: expected one of baseline"),
        ('[method]\nkind = "branches"', "method.branches is missing"),
        ('[method]\nkind = "soft_labels"', "method.hierarchy is missing"),
        ("[method]\nuntil = 0.0", "method.until: expected above 0"),
        ("[recording]\nlayers = [1]", "recording.layers: expected a list of texts"),
        ("recording = 1", "network.recording: there is no such entry"),
        ("[nothing]", "nothing: there is no such entry"),
        ("x", "cannot be read"),
    ],
)
def test_bad_entries_are_named_with_the_file(tmp_path, more, text):
    file = written(tmp_path, MINIMAL + more)
    with pytest.raises(ValueError, match=r"train\.toml") as caught:
        read_config(file)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name is missing"),
        ('name = "a"', "out is missing"),
        (MINIMAL.replace('"a"', '"a/b"'), "name: expected a name without slashes"),
        (MINIMAL.replace('[data]\ntrain = "t"', "[data]"), "data.train is missing"),
        (
            "data = 3\n" + 'name = "a"\nout = "o"\n[network]\nmodel = "m"\n',
            "data: expected a table, got 3",
        ),
        ("\x00", "cannot be read"),
    ],
)
def test_incomplete_files_are_named(tmp_path, text, said):
    with pytest.raises(ValueError, match=r"train\.toml") as caught:
        read_config(written(tmp_path, text))
    assert said in str(caught.value)


def test_files_that_are_none_are_named(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        read_config(tmp_path / "nothing.toml")
    with pytest.raises(ValueError, match="too many"):
        read_config(written(tmp_path, "#" * 2_000_000))
    with pytest.raises(ValueError, match="cannot be read"):
        read_config(written(tmp_path, "[" * 100_000, "deep.json"))
    with pytest.raises(ValueError, match="expected a table"):
        read_config(written(tmp_path, "[1]", "list.json"))
    with pytest.raises(ValueError, match="name is not a table"):
        read_config(written(tmp_path, MINIMAL), {"name.data.x": 1})


def test_the_example_of_the_command_is_a_configuration(tmp_path):
    from click.testing import CliRunner

    from classblocks.cli import main

    shown = CliRunner().invoke(main, ["train", "--example"]).output
    config = read_config(written(tmp_path, shown))
    assert config.method.kind == "branches"
    assert Path(config.data.train) == tmp_path / "images" / "train"
