import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from torch import nn  # noqa: E402

from classblocks.core.hierarchy import Hierarchy  # noqa: E402
from classblocks.core.separability import separability  # noqa: E402
from classblocks.nn import feature_file, features, probe_work  # noqa: E402
from classblocks.nn.arrays import ArrayImages  # noqa: E402
from classblocks.nn.preprocess import Preprocess  # noqa: E402
from classblocks.nn.probes import probe  # noqa: E402
from classblocks.nn.recording import record  # noqa: E402
from classblocks.study.check import check  # noqa: E402
from classblocks.study.format import StudyError  # noqa: E402
from classblocks.study.study import create  # noqa: E402

pytestmark = pytest.mark.torch
PREPARE = Preprocess(None, 0.5, 0.25)
NAMES = ["a", "b", "c", "d"]
TREE = Hierarchy.from_nested(
    {
        "name": "all",
        "children": [
            {"name": "ab", "children": [{"name": "a"}, {"name": "b"}]},
            {"name": "cd", "children": [{"name": "c"}, {"name": "d"}]},
        ],
    },
    NAMES,
)


class Channels(nn.Module):
    """Keeps the first channels of an image."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x[:, : self.n]


class Planted(nn.Module):
    """Its first layer tells the group of a class, its second layer the class."""

    def __init__(self):
        super().__init__()
        self.second = Channels(2)
        self.first = Channels(1)
        self.head = nn.Linear(2, len(NAMES))

    def forward(self, x):
        self.first(x)
        return self.head(self.second(x).mean((2, 3)))


def images(n=48, seed=0, noise=25, classes=4, **more):
    """Red tells {a, b} from {c, d}; green tells a from b and c from d; blue is noise."""
    rng = np.random.default_rng(seed)
    true = np.arange(n) % classes
    pixels = rng.integers(0, 2 * noise, (n, 6, 6, 3))
    pixels[..., 0] += 160 * (true // 2)[:, None, None]
    pixels[..., 1] += 160 * (true % 2)[:, None, None]
    return ArrayImages(pixels.astype(np.uint8), true, **more)


def network():
    torch.manual_seed(0)
    return Planted()


def probed(study, model=None, train=None, evaluation=None, **more):
    more = {"name": "net", "preprocess": PREPARE, "progress": False, "batch_size": 7} | more
    more = {"device": "cpu", "layers": ["second", "first"]} | more
    train = images(seed=1) if train is None else train
    if "holdout" not in more and evaluation is None:
        evaluation = images(seed=2, n=40)
    return probe(model or network(), train, evaluation, study, **more)


@pytest.fixture
def study(tmp_path):
    study = create(tmp_path / "study", NAMES)
    study.add_hierarchy("tree", TREE)
    return study


def left(study):
    return sorted(p.name for p in (study.path / "results").iterdir() if p.name.startswith("."))


def test_planted_layers_tell_what_was_planted(study):
    results = probed(study)
    assert list(results) == ["first", "second"]  # as they run
    found = separability(
        {layer: result.cells() for layer, result in results.items()},
        results["second"].cells(),
        TREE,
    )
    np.testing.assert_array_equal(found.cut_accuracy[:, 1], [1, 1, 1])
    assert found.cut_accuracy[0, 2] == pytest.approx(0.5, abs=0.25)
    assert found.cut_accuracy[1, 2] == 1
    assert found.separation[TREE.node_of_class].tolist() == [1, 1, 1, 1]
    groups = [node for node in range(TREE.n_nodes) if TREE.name[node] in ("ab", "cd")]
    assert found.separation[groups].tolist() == [0, 0]


def test_a_probe_is_what_scikit_learn_finds_on_the_same_features(study):
    train, evaluation = images(seed=1, noise=120, n=80), images(seed=2, noise=120, n=60)
    result = probed(
        study, train=train, evaluation=evaluation, layers=["second"], c=0.05, side=2, k=4,
        tolerance=1e-3,
    )["second"]  # fmt: skip
    x, y = (
        PREPARE.scale(part.images)[:, :2].unfold(2, 3, 3).unfold(3, 3, 3).mean((4, 5)).flatten(1)
        for part in (train, evaluation)
    )
    scaler = StandardScaler().fit(x)
    oracle = LogisticRegression(C=0.05, tol=1e-8, max_iter=5000)
    chances = oracle.fit(scaler.transform(x), train.labels).predict_proba(scaler.transform(y))
    np.testing.assert_array_equal(result.pred, chances.argmax(1))
    np.testing.assert_allclose(result.p_true, chances[np.arange(60), evaluation.labels], atol=5e-3)
    np.testing.assert_allclose(result.topk_prob[:, 0], chances.max(1), atol=5e-3)
    assert result.topk_class.shape == (60, 4)
    assert result.provenance["n_features"] == 8
    assert result.provenance["c"] == 0.05
    assert result.provenance["tried"] == []


def test_coordinates_provenance_and_samples(study):
    results = probed(study, epoch=3, split="test", model_name="net")
    for layer, result in results.items():
        assert result.name == f"net-probe-{layer}"
        assert result.coordinates.to_json() == {
            "model": "net", "epoch": 3, "layer": layer, "transform": "none", "split": "test",
        }  # fmt: skip
        facts = result.provenance
        assert facts["converged"]
        assert facts["gradient"] <= 1e-2
        assert facts["layers"] == ["first", "second"]
        assert facts["n_train"] == 48
        assert facts["absent_classes"] == []
        assert facts["iterations"] >= 1
        assert all(one["passes"] >= 1 for one in facts["tried"])
        best = max(one["accuracy"] for one in facts["tried"])
        assert facts["c"] == next(o["c"] for o in facts["tried"] if o["accuracy"] == best)
    assert study.samples.n == 40
    assert list(study.results) == ["net-probe-first", "net-probe-second"]
    assert left(study) == []
    assert [p for p in check(study.path) if p.is_damage] == []


def test_probes_stand_beside_the_recorded_network(study):
    evaluation = images(seed=2, n=40)
    more = {"preprocess": PREPARE, "progress": False, "device": "cpu"}
    record(network(), evaluation, study, "net", layers=["first"], model_name="net", **more)
    results = probed(study, evaluation=evaluation, model_name="net")
    assert study.samples.n == 40
    for result in results.values():
        np.testing.assert_array_equal(result.sample_id, study.results["net"].sample_id)
        np.testing.assert_array_equal(result.true, evaluation.labels)


def test_a_share_of_one_source_is_held_out(study):
    whole = images(n=80)
    result = probed(study, train=whole, holdout=0.25)["second"]
    assert result.n_samples == 20
    np.testing.assert_array_equal(np.bincount(result.true), [5, 5, 5, 5])
    assert result.provenance["n_train"] == 60
    np.testing.assert_array_equal(whole.labels[result.sample_id], result.true)
    again = probed(study, train=whole, holdout=0.25, name="again", seed=1)["second"]
    assert set(again.sample_id) != set(result.sample_id)
    fewer = probed(study, train=whole, holdout=0.25, name="fewer", per_class=6)["second"]
    assert fewer.provenance["n_train"] == 24
    np.testing.assert_array_equal(fewer.sample_id, result.sample_id)


def test_the_same_seed_gives_the_same_bytes(study, tmp_path):
    other = create(tmp_path / "other", NAMES)
    first, second = (probed(place)["second"] for place in (study, other))
    for name in ("pred", "p_pred", "topk_prob"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_a_class_without_training_images_is_flagged_and_never_predicted(study):
    train = images(seed=1)
    keep = train.labels != 2
    some = ArrayImages(train.images[keep], train.labels[keep])
    result = probed(study, train=some)["second"]
    assert result.provenance["absent_classes"] == [2]
    assert not (result.pred == 2).any()
    assert (result.p_true[result.true == 2] == 0).all()
    assert (result.pred == result.true)[result.true != 2].all()


def test_constant_features_are_dropped_and_counted(study):
    train = images(seed=1)
    train.images[:, :3, :, 0] = 9
    result = probed(study, train=train, side=2)["second"]
    assert (result.provenance["dropped_features"], result.provenance["n_features"]) == (2, 8)


def test_mini_batches_find_the_planted_classes(study):
    result = probed(study, solver="minibatch", layers=["second"], c=[1.0])["second"]
    assert result.provenance["solver"] == "minibatch"
    assert (result.pred == result.true).all()


def test_too_few_steps_are_reported(study):
    result = probed(study, layers=["second"], most=1, c=1e5, tolerance=1e-5)["second"]
    assert result.provenance["converged"] is False
    assert result.provenance["gradient"] > 1e-5


def test_probes_that_are_there_are_kept(study, monkeypatch):
    first = probed(study, layers=["first"])["first"]
    stamp = (first.directory / "result.json").stat().st_mtime_ns
    passes = []
    pass_ = probe_work.record_features

    def seen(run, model, samples, layers, *rest, **more):
        passes.append(list(layers))
        return pass_(run, model, samples, layers, *rest, **more)

    monkeypatch.setattr(probe_work, "record_features", seen)
    results = probed(study)
    assert (results["first"].directory / "result.json").stat().st_mtime_ns == stamp
    probed(study)
    assert passes == [["second"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 5}, "with another seed"),
        ({"side": 2}, "side"),
        ({"train": images(seed=1, n=44)}, "train"),
        ({"evaluation": images(seed=2, n=36)}, "evaluation"),
        ({"c": 1.0}, "another c:"),
    ],
)
def test_probes_of_other_settings_are_not_kept_silently(study, change, said):
    probed(study, layers=["first"])
    with pytest.raises(StudyError, match=said):
        probed(study, layers=["first"], **change)


def test_other_weights_are_not_kept_silently(study):
    probed(study, layers=["first"])
    other = network()
    nn.init.zeros_(other.head.bias)
    with pytest.raises(StudyError, match="with another weights"):
        probed(study, model=other, layers=["first"])


def test_an_evaluation_image_that_was_hidden_in_the_training_data_is_left_out(study):
    evaluation = images(seed=2, n=40)
    train = images(seed=1, uris=[f"t{i}" for i in range(48)])
    train.images[5] = evaluation.images[5]
    result = probed(study, train=train, evaluation=evaluation)["second"]
    assert result.provenance["repeated"] == 1
    assert result.provenance["n_train"] == 47


class Unreadable(ArrayImages):
    def read(self, i):
        from classblocks.study.images import UnreadableImage

        if i in (3, 8):
            raise UnreadableImage(f"{self.uri(i)}: broken")
        return super().read(i)


def test_images_that_cannot_be_read_are_left_out(study):
    evaluation = images(seed=2, n=40)
    broken = Unreadable(evaluation.images, evaluation.labels)

    def prepare(image):
        return PREPARE(image)

    with pytest.warns(UserWarning, match="2 images could not be read"):
        result = probed(study, evaluation=broken, preprocess=prepare)["second"]
    assert result.n_samples == 38
    np.testing.assert_array_equal(result.sample_id, np.delete(np.arange(40), [3, 8]))
    assert (result.pred == result.true).all()


class Spoilt(Planted):
    """Gives NaN for bright images at its second layer."""

    def forward(self, x):
        self.first(x)
        x = self.second(torch.where(x.amax((1, 2, 3), keepdim=True) > 1.2, torch.nan, x))
        return self.head(x.mean((2, 3)))


def only(classes, n=24, seed=1):
    return ArrayImages(images(seed=seed, n=n).images, np.resize(classes, n))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"layers": ["nothing"]}, "no layer 'nothing'"),
        ({"layers": []}, "at least one layer"),
        ({"model": Spoilt()}, "layer 'second' gives a feature that is not finite for #"),
        ({"train": only([0, 7])}, "has label 7, expected 0 to 3"),
        ({"evaluation": only([0, -1])}, "has label -1, expected 0 to 3"),
        ({"train": only([2])}, "two classes to learn from, got 1"),
        ({"train": images(n=4)}, "one image to learn from"),
        ({"train": images(n=4), "holdout": 0.5}, "can be held out"),
        ({"train": images(seed=2, n=40)}, "#0 is an image of both"),
        ({"evaluation": only([], n=0)}, "images to be judged on, got none"),
        ({"holdout": 1.0}, "holdout: expected a share"),
        ({"per_class": 0}, "per_class: expected at least 1"),
        ({"c": [1.0, -1]}, "c: expected positive numbers"),
        ({"c": []}, "c: expected positive numbers"),
        ({"solver": "newton"}, "solver: expected one of"),
        ({"tolerance": 0}, "tolerance: expected"),
        ({"name": "a/b"}, "result name"),
        ({"device": "toaster"}, "device 'toaster'"),
    ],
)
def test_bad_input_is_one_error_and_leaves_nothing(study, more, said):
    with pytest.raises(ValueError, match=said):
        probed(study, **more)
    assert study.results == {}
    assert left(study) == []
    assert study.activity() is None


@pytest.mark.parametrize("value", [0, 200])
def test_constant_features_only_name_the_layer(study, value):
    train = images(seed=1)
    train.images[..., 0] = value
    probed(study, layers=["second"], train=train)
    with pytest.raises(ValueError, match="layer 'first': all 16 features are the same"):
        probed(study, layers=["first", "second"], train=train)
    assert list(study.results) == ["net-probe-second"]
    assert left(study) == []


def test_one_image_per_class_is_enough_for_one_strength(study):
    result = probed(study, train=images(n=4), layers=["second"], c=1.0)["second"]
    assert (result.pred == result.true).all()


def test_too_little_room_is_said_before_the_pass(study, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(features.shutil, "disk_usage", lambda path: SimpleNamespace(free=100))
    with pytest.raises(StudyError, match=r"the features need .* GiB are free"):
        probed(study)
    assert left(study) == []


def test_a_full_disk_is_one_error_and_keeps_what_was_done(study, monkeypatch):
    probed(study, layers=["first"])
    kept = study.results["net-probe-first"]

    def full(self, values):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(feature_file.FeatureFile, "_take_in", full)
        with pytest.raises(OSError, match="No space left"):
            probed(study)
    with monkeypatch.context() as patch:
        patch.setattr(probe_work.ResultWriter, "append", full)
        with pytest.raises((OSError, TypeError)):
            probed(study)
    assert list(study.results) == ["net-probe-first"]
    assert left(study) == []
    assert probed(study)["first"] is kept


SCRIPT = """
import os, signal, sys
sys.path.insert(0, {here!r})
import test_probes as t
from classblocks.nn import probe_work
from classblocks.study.study import open as open_study

write = probe_work.ProbeWork._write
def killed(self, layer, *rest):
    if layer == "second":
        print("here", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, layer, *rest)
probe_work.ProbeWork._write = killed
t.probed(open_study(sys.argv[1]))
"""


def test_a_killed_command_leaves_a_readable_study_and_goes_on(study):
    script = textwrap.dedent(SCRIPT.format(here=str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", script, str(study.path)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == "here\n"
    study.refresh()
    assert list(study.results) == ["net-probe-first"]
    assert left(study) == [".net-probe.partial", ".net-probe.partial.lock"]
    assert [p for p in check(study.path) if p.is_damage] == []
    before = json.loads((study.path / "results/net-probe-first/result.json").read_text())
    results = probed(study)
    assert (results["second"].pred == results["second"].true).all()
    assert left(study) == []
    after = json.loads((study.path / "results/net-probe-first/result.json").read_text())
    assert before == after


def test_two_commands_do_not_disturb_each_other(study):
    from classblocks.study.atomic import locked

    with locked(study.path / "results" / ".net-probe.partial.lock"):
        with pytest.raises(StudyError, match="trained by another process"):
            probed(study)
    assert study.results == {}


def test_the_network_is_given_back_as_it_was(study):
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    probed(study, model=model)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
