import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import classblocks as cb
from classblocks.nn.networks import SmallResNet
from classblocks.nn.spec import load_model
from classblocks.nn.training import keeping, run
from classblocks.nn.training.config_file import config_of
from classblocks.nn.training.pixels import decoded
from classblocks.nn.training.run import train
from classblocks.nn.weights import load_weights
from classblocks.study.images import open_images

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def one_thread():
    """As the commands below: sums over other threads differ in their last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def trained(settings, **changes):
    given = {**settings, **{key.replace("__", "."): value for key, value in changes.items()}}
    return train(config_of(given), progress=False)


def same(a, b):
    first, second = a.network.state_dict(), b.network.state_dict()
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_network_learns_colour_and_shape(settings, pictures):
    found = trained(settings, recipe__epochs=12, hierarchy=str(pictures / "tree.json"))
    assert [line["epoch"] for line in found.log] == list(range(1, 13))
    last = found.log[-1]
    assert last["top1"] > 0.8
    assert last["level_1"] >= last["top1"]
    assert last["train_top1"] > 0.8
    assert 0 < last["objective"] < found.log[0]["objective"]
    assert not found.network.training


def test_logged_numbers_are_those_of_the_saved_weights(settings, pictures):
    found = trained(settings)
    again = load_model(settings["network.model"], 4)
    load_weights(again, found.weights)
    study = cb.create(pictures.parent / f"check-{os.getpid()}", ("a", "b", "c", "d"))
    from classblocks.nn import Preprocess, record

    result = record(
        again,
        settings["data.val"],
        study,
        "r",
        layers=[],
        preprocess=Preprocess(20, 0.5, 0.25),
        progress=False,
    )
    assert found.log[-1]["top1"] == pytest.approx(float(np.mean(result.pred == result.true)))
    p = np.asarray(result.p_true, np.float64)
    assert found.log[-1]["loss"] == pytest.approx(-np.log(p).mean(), rel=1e-5)


def test_branches_of_weight_zero_train_the_baseline_bit_for_bit(settings, pictures, tmp_path):
    model = f"{pictures / 'net.py'}:drops"
    plain = trained(settings, network__model=model)
    branched = trained(
        settings,
        out=str(tmp_path / "other"),
        network__model=model,
        method__kind="branches",
        method__branches=str(pictures / "branches.json"),
        method__weight=0.0,
    )
    assert same(plain, branched)
    keys = ("top1", "loss", "objective", "train_loss")
    assert [[line[key] for key in keys] for line in plain.log] == [
        [line[key] for key in keys] for line in branched.log
    ]


@pytest.mark.parametrize(
    "method",
    [
        {"method.kind": "branches"},
        {"method.kind": "branches", "method.groups": "random", "method.head": "mlp"},
        {"method.kind": "branches", "method.groups": "classes", "method.schedule": "cosine"},
        {"method.kind": "branches", "method.schedule": "bcnn", "method.head": "conv"},
        {"method.kind": "soft_labels", "method.beta": 4.0},
        {"method.kind": "soft_labels", "method.beta": 4.0, "method.beta_end": 30.0},
        {"method.kind": "hierarchical_ce", "method.alpha": 0.2},
    ],
    ids=lambda method: "-".join(str(value) for value in method.values()),
)
def test_every_method_trains_another_network_of_the_same_structure(settings, pictures, method):
    if method["method.kind"] == "branches":
        method = {**method, "method.branches": str(pictures / "branches.json")}
    else:
        method = {**method, "method.hierarchy": str(pictures / "tree.json")}
    found = train(config_of({**settings, **method, "recipe.epochs": 2}), progress=False)
    plain = load_model(settings["network.model"], 4)
    assert type(found.network).__name__ == type(plain).__name__ == SmallResNet.__name__
    shapes = {name: value.shape for name, value in found.network.state_dict().items()}
    assert shapes == {name: value.shape for name, value in plain.state_dict().items()}
    assert not any(module._forward_hooks for module in found.network.modules())
    assert all(bool(value.isfinite().all()) for value in found.network.state_dict().values())
    assert np.isfinite(found.log[-1]["objective"])


def test_a_run_that_failed_between_epochs_resumes_to_the_same_weights(
    settings, tmp_path, monkeypatch
):
    whole = trained(settings, out=str(tmp_path / "whole"))
    measured = run.Epochs.measured

    def fails(self, network, epoch, device):
        if len(seen) == 1:
            raise OSError(28, "No space left on device")
        seen.append(1)
        return measured(self, network, epoch, device)

    seen = []
    with monkeypatch.context() as patched:
        patched.setattr(run.Epochs, "measured", fails)
        with pytest.raises(OSError, match="No space left"):
            trained(settings)
    assert not (tmp_path / "run" / "network.safetensors").exists()
    resumed = trained(settings)
    assert same(whole, resumed)
    assert [line["epoch"] for line in resumed.log] == [1, 2, 3]
    assert [line["loss"] for line in resumed.log] == [line["loss"] for line in whole.log]


def test_a_finished_run_is_not_trained_again(settings):
    first = trained(settings)
    before = first.weights.stat().st_mtime_ns
    again = trained(settings)
    assert same(first, again)
    assert again.log == first.log
    assert again.weights.stat().st_mtime_ns == before


def test_two_seeds_differ_and_one_seed_does_not(settings, tmp_path):
    first = trained(settings)
    again = trained(settings, out=str(tmp_path / "again"))
    other = trained(settings, out=str(tmp_path / "other"), seed=1)
    assert same(first, again)
    assert not same(first, other)


def test_epochs_are_recorded_into_a_study(settings, tmp_path, pictures):
    study = tmp_path / "study"
    settings["hierarchy"] = str(pictures / "tree.json")
    found = trained(settings, study=str(study), recording__every=2, recording__untrained=True)
    opened = cb.open(study)
    assert list(opened.results) == ["net-epoch-00", "net-epoch-02", "net-epoch-03"]
    for line in found.log:
        result = opened.results[f"net-epoch-{line['epoch']:02d}"]
        assert float(np.mean(result.pred == result.true)) == pytest.approx(line["top1"])
        assert result.coordinates.model == "net"
        assert result.coordinates.epoch == line["epoch"]
        assert set(result.layers) == {"stem", "stage1", "stage2", "stage3", "stage4"}
    assert opened.default_hierarchy == "tree"
    assert opened.activity() is None
    uris = opened.samples.uri.to_pylist()
    assert uris[0] == "val.parquet#0"
    trained(
        settings,
        study=str(study),
        name="second",
        out=str(tmp_path / "second"),
        recording__every=0,
        recording__layers=["stage2"],
    )
    result = cb.open(study).results["second-epoch-03"]
    assert list(result.layers) == ["stage2"]
    assert cb.open(study).samples.n == 32


def test_results_of_another_run_are_not_taken_for_this_ones(settings, tmp_path):
    study = str(tmp_path / "study")
    first = trained(settings, study=study)
    with pytest.raises(ValueError, match=r"result 'net-epoch-01' of another run already"):
        trained(settings, study=study, out=str(tmp_path / "again"), seed=1)
    opened = cb.open(study)
    assert float(np.mean(opened.results["net-epoch-03"].pred == opened.samples.true)) == (
        pytest.approx(first.log[-1]["top1"])
    )
    keeper = keeping.Keeper(config_of(settings), opened, open_val(settings, opened), progress=False)
    with pytest.raises(ValueError, match=r"'net-epoch-02' of other weights"):
        keeper.record(first.network, 2)


def open_val(settings, study):
    images = open_images(settings["data.val"])
    true = images.true(study.classes)
    cache = Path(settings["data.cache"])
    return decoded(images, true, 20, cache, progress=False).source(images)


def test_an_interrupted_recording_of_other_weights_starts_anew(settings, tmp_path, monkeypatch):
    study = str(tmp_path / "study")
    real = keeping.record

    def stops(network, images, study, name, **more):
        if more["epoch"] == 2:
            raise OSError(28, "No space left on device")
        return real(network, images, study, name, **more)

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "record", stops)
        with pytest.raises(OSError, match="No space left"):
            trained(settings, study=study)
    partial = tmp_path / "study" / "results" / ".net-epoch-02.partial"
    partial.mkdir()
    other = {"inputs": {"weights": "0" * 64}, "classes": 4}
    (partial / "recording.json").write_text(json.dumps(other))
    resumed = trained(settings, study=study)
    assert [line["epoch"] for line in resumed.log] == [1, 2, 3]
    assert not partial.exists()


def test_a_share_of_the_images_is_the_same_in_every_class(settings):
    seen = []

    class Watched(run.EpochBatches):
        def __init__(self, n, *args):
            seen.append(n)
            super().__init__(n, *args)

    original, run.EpochBatches = run.EpochBatches, Watched
    try:
        trained(settings, data__share=0.25, recipe__epochs=1)
    finally:
        run.EpochBatches = original
    assert seen == [16]


@pytest.mark.parametrize("batch_size", [64, 32, 22, 16, 13])
def test_runs_of_one_to_five_steps_train(settings, batch_size):
    found = trained(settings, recipe__epochs=1, recipe__batch_size=batch_size)
    assert np.isfinite(found.log[-1]["objective"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"data__classes": None}, "images have numbers for labels"),
        ({"data__train": "nowhere.parquet"}, "nowhere.parquet: no such"),
        ({"method__kind": "branches", "method__branches": "nothing"}, "nothing"),
        ({"hierarchy": "nothing"}, "nothing"),
        ({"network__model": "timm"}, "expected package.module:callable"),
        ({"network__weights": "nothing.safetensors"}, "nothing.safetensors"),
    ],
)
def test_what_does_not_fit_is_named(settings, changes, text):
    with pytest.raises((ValueError, OSError), match=text):
        trained(settings, **changes)


def test_a_loss_that_is_not_a_number_says_where(settings, pictures):
    with pytest.raises(ValueError, match=r"the loss is nan in epoch 1, step 1: a lower rate"):
        trained(settings, network__model=f"{pictures / 'net.py'}:explodes")


def test_the_folder_of_another_run_is_refused(settings, tmp_path):
    trained(settings, recipe__epochs=1)
    weights = (tmp_path / "run" / "network.safetensors").read_bytes()
    with pytest.raises(ValueError, match=r"holds a run with other settings \(recipe"):
        trained(settings, recipe__epochs=2)
    assert (tmp_path / "run" / "network.safetensors").read_bytes() == weights


def test_a_study_of_other_classes_is_refused(settings, tmp_path):
    cb.create(tmp_path / "study", ("a", "b"))
    with pytest.raises(ValueError, match="classes are not those of the study"):
        trained(settings, study=str(tmp_path / "study"))


def command(tmp_path, settings, **changes):
    tables = {"data": {}, "network": {}, "method": {}, "recipe": {}, "recording": {}}
    flat = {**settings, **{key.replace("__", "."): value for key, value in changes.items()}}
    for key in list(flat):
        table, dot, name = key.partition(".")
        if dot:
            tables[table][name] = flat.pop(key)
    file = tmp_path / "train.json"
    file.write_text(json.dumps({**flat, **tables}))
    return [sys.executable, "-m", "classblocks", "train", str(file)]


def quiet(**more):
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error", **more}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_command_goes_on_to_the_same_weights(settings, tmp_path, how):
    whole = trained(settings, out=str(tmp_path / "whole"), recipe__epochs=40)
    arguments = command(tmp_path, settings, recipe__epochs=40)
    process = subprocess.Popen(arguments, env=quiet(), stderr=subprocess.PIPE, text=True)
    log = tmp_path / "run" / "log.jsonl"
    until = time.monotonic() + 120
    while not (log.exists() and len(log.read_text().splitlines()) >= 2):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), said
    if how == signal.SIGINT:
        assert "goes on after the last whole epoch" in said
        assert "Traceback" not in said
    assert not (tmp_path / "run" / "network.safetensors").exists()
    resumed = trained(settings, recipe__epochs=40)
    assert same(whole, resumed)
    assert [line["epoch"] for line in resumed.log] == list(range(1, 41))


def test_two_processes_train_one_network(settings, tmp_path, pictures):
    arguments = command(
        tmp_path,
        settings,
        devices=2,
        study=str(tmp_path / "study"),
        method__kind="branches",
        method__branches=str(pictures / "branches.json"),
        method__until=0.5,
    )
    ended = subprocess.run(arguments, env=quiet(), capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("of the validation images right") == 1
    alone = trained(
        settings,
        out=str(tmp_path / "alone"),
        method__kind="branches",
        method__branches=str(pictures / "branches.json"),
        method__until=0.5,
    )
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in log] == [1, 2, 3]
    assert list(cb.open(tmp_path / "study").results) == [f"net-epoch-0{i}" for i in (1, 2, 3)]
    # Other crops and batch norms over half batches: near, not the same.
    assert log[-1]["objective"] == pytest.approx(alone.log[-1]["objective"], rel=0.5)
