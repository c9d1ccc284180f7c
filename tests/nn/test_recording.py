import copy
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from PIL import Image  # noqa: E402
from sklearn.metrics import confusion_matrix  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import classblocks.nn as cbnn  # noqa: E402
from classblocks.core.responses import pool  # noqa: E402
from classblocks.nn import sink as sink_module  # noqa: E402
from classblocks.nn.arrays import ArrayImages  # noqa: E402
from classblocks.nn.preprocess import Preprocess  # noqa: E402
from classblocks.nn.recording import record  # noqa: E402
from classblocks.study.format import StudyError  # noqa: E402
from classblocks.study.images import UnreadableImage, open_images  # noqa: E402
from classblocks.study.study import create  # noqa: E402
from classblocks.study.study import open as open_study  # noqa: E402

pytestmark = pytest.mark.torch
N, C, SIDE = 53, 4, 16
PREPARE = Preprocess(None, 0.5, 0.25)


class Net(nn.Module):
    def __init__(self, n_classes=C):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(6, 5, 3, stride=2)
        self.units = nn.Sequential(nn.Linear(5, 7), nn.Dropout(0.5), nn.ReLU())
        self.head = nn.Linear(7, n_classes)

    def forward(self, x):
        x = self.conv2(self.relu(self.conv1(x)))
        return self.head(self.units(x.mean((2, 3)))) * 5


def network(n_classes=C):
    torch.manual_seed(3)
    return Net(n_classes)


def source(n=N, kind=ArrayImages):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (n, SIDE, SIDE, 3), dtype=np.uint8)
    return kind(images, rng.integers(0, C - 1, n))  # the last class stays empty


def recorded(study, name="r", model=None, images=None, **more):
    more = {"preprocess": PREPARE, "batch_size": 8, "progress": False, "model_name": "net"} | more
    return record(model or network(), source() if images is None else images, study, name, **more)


@pytest.fixture
def study(tmp_path):
    return create(tmp_path / "study", ["a", "b", "c", "d"])


def files_of(result_path):
    return {
        path.relative_to(result_path).as_posix(): path.read_bytes()
        for path in sorted(result_path.rglob("*"))
        if path.is_file()
    }


def test_record_agrees_with_everything_at_once(study):
    images = source()
    result = recorded(study, layers=["conv1", "relu", "conv2", "units"], n_top=6, k=3)
    model = network().eval()
    with torch.inference_mode():
        x = PREPARE.scale(images.images)
        conv1 = model.conv1(x)
        relu = F.relu(conv1)
        conv2 = model.conv2(relu)
        units = model.units(conv2.mean((2, 3)))
        p = torch.softmax(model(x), 1).numpy()
    true = images.labels
    np.testing.assert_array_equal(result.true, true)
    np.testing.assert_array_equal(result.pred, p.argmax(1))
    np.testing.assert_allclose(result.p_true, p[np.arange(N), true], rtol=1e-5)
    np.testing.assert_array_equal(result.topk_class, np.argsort(-p, 1, kind="stable")[:, :3])
    np.testing.assert_array_equal(
        study.confusion("r"), confusion_matrix(true, p.argmax(1), labels=range(C))
    )
    assert list(result.layers) == ["conv1", "relu", "conv2", "units"]
    for name, maps in {"conv1": conv1, "relu": relu, "conv2": conv2, "units": units}.items():
        maps = maps.numpy() if maps.ndim == 4 else maps.numpy()[:, :, None, None]
        layer = result.layers[name]
        pooled = pool(maps, 4)
        collective = maps.sum((2, 3))
        assert (layer.n_neurons, layer.side) == (maps.shape[1], 4 if name != "units" else 1)
        np.testing.assert_allclose(layer.collective, collective, rtol=1e-4, atol=1e-4)
        for c in range(C):
            if (true == c).any():
                expected = pooled[true == c].mean(0)
                np.testing.assert_allclose(layer.profile[c], expected, rtol=1e-4, atol=1e-5)
            else:
                assert np.isnan(layer.profile[c]).all()
        np.testing.assert_array_equal(layer.count, np.bincount(true, minlength=C))
        np.testing.assert_array_equal(
            layer.top_sample, np.argsort(-layer.collective, 0, kind="stable")[:6].T
        )
        assert layer.nonnegative == (name in ("relu", "units"))


def test_study_gets_samples_thumbnails_coordinates_and_provenance(study):
    result = recorded(study, epoch=3, split="train")
    assert result.coordinates.to_json() == {
        "model": "net", "epoch": 3, "layer": None, "transform": "none", "split": "train",
    }  # fmt: skip
    assert study.samples.n == N
    assert set(study.samples.split.to_pylist()) == {"train"}
    np.testing.assert_array_equal(study.thumbnails.ids(), np.arange(N))
    assert study.activity() is None
    assert result.provenance["inputs"]["batch_size"] == 8
    assert result.provenance["unreadable"]["count"] == 0
    assert list(result.layers) == ["relu", "conv2", "units.2"]


def test_nothing_but_the_samples_with_no_layers_and_no_thumbnails(study):
    result = recorded(study, layers=[], thumbnails=False)
    assert not result.layers
    assert len(study.thumbnails) == 0


class Stops(ArrayImages):
    """Breaks once, when a late image is read."""

    at = 30
    armed = True

    def read(self, i):
        if i == self.at and Stops.armed:
            Stops.armed = False
            raise KeyboardInterrupt
        return super().read(i)


def plain(image):
    return PREPARE(image)


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_resumed_recording_has_the_same_bytes(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr(sink_module, "CHECKPOINT_SECONDS", seconds)
    monkeypatch.setattr(Stops, "armed", True)
    whole = create(tmp_path / "whole", ["a", "b", "c", "d"], name="s")
    broken = create(tmp_path / "broken", ["a", "b", "c", "d"], name="s")
    recorded(whole, preprocess=plain)
    with pytest.raises(KeyboardInterrupt):
        recorded(broken, preprocess=plain, images=source(kind=Stops))
    assert not broken.results
    assert broken.activity() is None
    assert (broken.path / "results" / ".r.partial").is_dir()
    fresh = open_study(broken.path)
    with pytest.raises(StudyError, match="weights"):
        other = network()
        nn.init.zeros_(other.head.bias)
        recorded(fresh, preprocess=plain, model=other, images=source(kind=Stops))
    recorded(fresh, preprocess=plain, images=source(kind=Stops))
    assert files_of(whole.path / "results") == files_of(broken.path / "results")
    for i in range(N):
        assert fresh.thumbnails.read(i) == whole.thumbnails.read(i) != None  # noqa: E711
    samples = "samples.parquet"
    assert (whole.path / samples).read_bytes() == (broken.path / samples).read_bytes()


class Damaged(ArrayImages):
    bad = (0, 9, 16, 17, 18, 19, 20, 21, 22, 23, 30)

    def read(self, i):
        if i in self.bad:
            raise UnreadableImage(f"picture {i}: broken")
        return super().read(i)


class DamagedStops(Damaged):
    def read(self, i):
        if i == 40 and Stops.armed:
            Stops.armed = False
            raise KeyboardInterrupt
        return super().read(i)


def test_unreadable_images_are_skipped_counted_and_named(study, monkeypatch):
    with pytest.warns(UserWarning, match="11 of 53 images could not be read.*picture 0: broken"):
        result = recorded(study, images=source(kind=Damaged), preprocess=plain)
    kept = np.setdiff1d(np.arange(N), Damaged.bad)
    np.testing.assert_array_equal(result.sample, kept)
    skipped = result.provenance["unreadable"]
    assert skipped["count"] == 11
    assert skipped["first"][1] == {"uri": "#9", "reason": "picture 9: broken"}

    monkeypatch.setattr(Stops, "armed", True)
    with pytest.raises(KeyboardInterrupt):
        recorded(study, "again", images=source(kind=DamagedStops), preprocess=plain)
    with pytest.warns(UserWarning, match="11 of 53"):
        again = recorded(study, "again", images=source(kind=DamagedStops), preprocess=plain)
    assert again.provenance["unreadable"] == skipped
    first, second = (files_of(study.path / "results" / name) for name in ("r", "again"))
    for name in first:
        if name != "result.json":
            assert first[name] == second[name], name


def test_no_readable_image_is_one_error(study):
    class Gone(ArrayImages):
        def read(self, i):
            raise UnreadableImage(f"picture {i}: broken")

    with pytest.raises(ValueError, match="none of the 53 images can be read: picture 52"):
        recorded(study, images=source(kind=Gone), preprocess=plain)
    with pytest.raises(ValueError, match="none of the 0 images can be read: there are none"):
        recorded(study, images=source(0))


def state(model):
    return (
        [module.training for module in model.modules()],
        [len(module._forward_hooks) for module in model.modules()],
        copy.deepcopy(model.state_dict()),
    )


def test_network_is_left_as_it_was(study):
    model = network().train()
    model.units.eval()
    before = state(model)
    recorded(study, model=model)
    after = state(model)
    assert before[:2] == after[:2]
    assert all(torch.equal(before[2][name], after[2][name]) for name in before[2])
    with pytest.raises(KeyboardInterrupt):
        Stops.armed = True
        recorded(study, "s", model=model, images=source(kind=Stops), preprocess=plain)
    assert state(model)[:2] == before[:2]


class Wrapped(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.net = network()
        self.wrap = wrap

    def forward(self, x):
        return self.wrap(self.net(x))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: (s, torch.zeros(len(s), 9)),
        lambda s: {"logits": s, "hidden": torch.zeros(3)},
        lambda s: SimpleNamespace(loss=None, logits=s),
        lambda s: s.double(),
    ],
)
def test_outputs_of_many_forms_give_the_same_result(study, wrap):
    plain_result = recorded(study, "plain")
    wrapped = recorded(study, "wrapped", model=Wrapped(wrap), layers=["net.conv1"])
    np.testing.assert_array_equal(plain_result.pred, wrapped.pred)
    np.testing.assert_allclose(plain_result.p_pred, wrapped.p_pred, rtol=1e-6)


class OverflowsWhenWhite(nn.Module):
    def forward(self, x):
        return torch.where(x.amin((1, 2, 3), keepdim=True) > 1.9, torch.inf, x)


class Probed(Net):
    """Has a layer that overflows where the scores do not."""

    def __init__(self):
        super().__init__()
        self.probe = OverflowsWhenWhite()

    def forward(self, x):
        self.probe(x)
        return super().forward(x)


def test_responses_and_scores_that_are_not_finite_name_layer_and_batch(study):
    images = source()
    images.images[20] = 255
    flat = nn.Flatten()
    bad = nn.Sequential(OverflowsWhenWhite(), nn.Conv2d(3, 2, 1), flat, nn.Linear(512, C))
    with pytest.raises(ValueError, match=r"not finite \(row 4 of the batch from image 16"):
        recorded(study, model=bad, images=images)
    with pytest.raises(ValueError, match=r"layer 'probe', batch from row 16: .* in row 4"):
        recorded(study, "x", model=Probed(), images=images, layers=["probe"])
    assert not study.results


def test_wrong_arguments_are_one_clear_error(study, tmp_path):
    for more, what in (
        ({"transform": "rotate90"}, "transform 'rotate90' does not exist; there is: none"),
        ({"layers": ["nothing"]}, "no layer 'nothing'; it has conv1"),
        ({"model": network(5)}, "tells 5 classes apart, the study has 4"),
        ({"batch_size": 0}, "batch_size"),
        ({"name": "../x"}, "not allowed"),
        ({"classes": ["x", "y"]}, "not those of the study"),
    ):
        with pytest.raises(ValueError, match=what):
            recorded(study, **more)
    silent = network()
    silent.unused = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="'unused' does not run"):
        recorded(study, model=silent, layers=["unused"])
    with pytest.raises(StudyError, match="give the names of the classes"):
        recorded(tmp_path / "new")
    recorded(study)
    with pytest.raises(StudyError, match="exists already"):
        recorded(study)


def test_folders_make_a_study_and_splits_count_on(tmp_path):
    rng = np.random.default_rng(0)
    for split, n in (("val", 3), ("train", 5)):
        for name in "abcd":
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
    (tmp_path / "val" / "c" / "1.png").write_bytes(b"not a picture")
    path = tmp_path / "study"
    with pytest.warns(UserWarning, match=r"1 of 12.*c/1\.png"):
        val = recorded(path, images=tmp_path / "val", preprocess=Preprocess(SIDE))
    train = recorded(path, "t", images=tmp_path / "train", split="train")
    study = open_study(path)
    assert study.classes.names == ("a", "b", "c", "d")
    assert study.samples.sample_id.tolist() == list(range(32))
    assert (val.n_samples, train.n_samples) == (11, 20)
    np.testing.assert_array_equal(train.sample, np.arange(12, 32))
    assert study.samples.uri[13].as_py() == "a/1.png"
    again = recorded(path, "t2", images=tmp_path / "train", split="train")
    np.testing.assert_array_equal(again.sample, train.sample)
    with pytest.raises(StudyError, match="split 'train' of the study has 20 samples"):
        recorded(path, "t3", images=tmp_path / "val", split="train")


def test_a_report_gets_the_share_and_the_study_stays_quiet(study, monkeypatch):
    monkeypatch.setattr(sink_module, "REPORT_SECONDS", 0.0)
    shares = []
    recorded(study, report=shares.append)
    assert shares == [min(8 * (i + 1), N) / N for i in range(7)]
    assert study.activity() is None


def test_mixed_precision_is_close(study):
    exact = recorded(study, "exact")
    mixed = recorded(study, "mixed", bfloat16=True)
    np.testing.assert_allclose(exact.p_true, mixed.p_true, atol=0.05)


def test_public_names_stay_functions_after_their_modules_are_loaded():
    assert callable(cbnn.record)
    assert cbnn.record is record
    assert open_images is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = cbnn.nothing


def test_record_warns_only_when_there_is_something(study):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorded(study)
