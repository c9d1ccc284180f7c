import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch import nn  # noqa: E402

from classblocks.core.hierarchy import Hierarchy  # noqa: E402
from classblocks.nn import sink as sink_module  # noqa: E402
from classblocks.nn.arrays import ArrayImages  # noqa: E402
from classblocks.nn.preprocess import Preprocess  # noqa: E402
from classblocks.nn.recording import record  # noqa: E402
from classblocks.study import StudyError, create  # noqa: E402
from classblocks.study.check import check  # noqa: E402
from classblocks.study.hierarchies import tree_hash  # noqa: E402
from classblocks.study.study import open as open_study  # noqa: E402
from classblocks.study.writer import ResultWriter  # noqa: E402

pytestmark = pytest.mark.torch
N, SIDE = 41, 8
NAMES = ["ant", "bee", "car", "van", "bus"]
NESTED = {
    "root": {"insect": ["ant", "bee"], "vehicle": {"small": ["car", "van"], "large": ["bus"]}}
}
PREPARE = Preprocess(None, 0.5, 0.25)


def plain(image):
    return PREPARE(image)


class Images(ArrayImages):
    """Breaks once, when a late image is read, if armed."""

    armed = False

    def read(self, i):
        if i == 30 and Images.armed:
            Images.armed = False
            raise KeyboardInterrupt
        return super().read(i)


def source(kind=Images):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (N, SIDE, SIDE, 3), dtype=np.uint8)
    return kind(images, rng.integers(0, 5, N))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 5))


def tree():
    def nested(name, inner):
        if isinstance(inner, list):
            leaves = [{"name": leaf, "class": NAMES.index(leaf)} for leaf in inner]
            return {"name": name, "children": leaves}
        return {"name": name, "children": [nested(*item) for item in inner.items()]}

    root = nested("root", NESTED["root"])
    return Hierarchy.from_json({"version": 1, "how": {}, "tree": root}, 5)


def study_at(path):
    study = create(path, NAMES, name="s")
    study.add_hierarchy("things", tree())
    return study


def recorded(study, name="r", **more):
    options = {"preprocess": plain, "batch_size": 8, "progress": False, "model_name": "net"}
    options |= {"layers": [], "crm": "things", **more}
    return record(network(), options.pop("images", source()), study, name, **options)


def files_of(path):
    return {p.relative_to(path): p.read_bytes() for p in path.rglob("*") if p.is_file()}


# Heights of METHODS §22.1 by hand: root 3, insect 1, vehicle 2, small 1, large 1.
DISTANCE = np.array(
    [[0, 1, 3, 3, 3], [1, 0, 3, 3, 3], [3, 3, 0, 1, 2], [3, 3, 1, 0, 2], [3, 3, 2, 2, 0]]
)


def test_the_second_result_is_that_of_the_dense_formula(tmp_path):
    study = study_at(tmp_path / "study")
    result = recorded(study, k=3)
    images = source()
    with torch.inference_mode():
        logits = network()(PREPARE.scale(images.images)).numpy().astype(np.float64)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    order = np.argsort(p @ DISTANCE, axis=1, kind="stable")
    second = study.results["r-crm"]
    assert second.coordinates.to_json() == {**result.coordinates.to_json(), "model": "net + crm"}
    np.testing.assert_array_equal(result.pred, p.argmax(1))
    np.testing.assert_array_equal(second.pred, order[:, 0])
    assert (second.pred != result.pred).any()
    np.testing.assert_array_equal(second.topk_class, order[:, :3])
    np.testing.assert_allclose(
        second.topk_prob, np.take_along_axis(p, order[:, :3], axis=1), rtol=1e-4
    )
    np.testing.assert_array_equal(
        second.true_rank, (order == images.labels[:, None]).argmax(axis=1)
    )
    np.testing.assert_array_equal(second.true, images.labels)
    assert second.provenance["inputs"]["crm"] == {
        "hierarchy": "things", "tree": tree_hash(study.hierarchies["things"]),
    }  # fmt: skip
    assert second.logits is None
    assert result.logits.n_samples == N
    centred = logits - logits.mean(1, keepdims=True)
    np.testing.assert_allclose(result.logits.correlation(), np.corrcoef(centred.T), atol=1e-5)
    assert check(study) == []


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_both_resume_to_the_same_bytes(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr(sink_module, "CHECKPOINT_SECONDS", seconds)
    whole, broken = study_at(tmp_path / "whole"), study_at(tmp_path / "broken")
    recorded(whole)
    monkeypatch.setattr(Images, "armed", True)
    with pytest.raises(KeyboardInterrupt):
        recorded(broken)
    assert not broken.results
    fresh = open_study(broken.path)
    recorded(fresh)
    assert list(fresh.results) == ["r", "r-crm"]
    assert files_of(whole.path / "results") == files_of(broken.path / "results")


def test_one_result_that_is_ahead_waits_for_the_other(tmp_path, monkeypatch):
    """Killed between the two checkpoints, and between the two results that are completed."""
    monkeypatch.setattr(sink_module, "CHECKPOINT_SECONDS", 0.0)
    whole, broken = study_at(tmp_path / "whole"), study_at(tmp_path / "broken")
    recorded(whole)
    checkpoint, finish = ResultWriter.checkpoint, ResultWriter.finish

    def killed_checkpoint(writer):
        if writer.rows_done > 16 and writer.directory.name == ".r-crm.partial":
            raise SystemExit
        checkpoint(writer)

    def killed_finish(writer, provenance=None):
        if writer.directory.name == ".r.partial":
            raise SystemExit
        return finish(writer, provenance)

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(ResultWriter, "checkpoint", killed_checkpoint)
        recorded(broken)
    rows = {}
    for name in (".r.partial", ".r-crm.partial"):
        text = (broken.path / "results" / name / "checkpoint.json").read_text()
        rows[name] = int(text.split('"rows": ')[1].split(",")[0])
    assert rows == {".r.partial": 24, ".r-crm.partial": 16}
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(ResultWriter, "finish", killed_finish)
        recorded(open_study(broken.path))
    assert list(open_study(broken.path).results) == ["r-crm"]
    recorded(open_study(broken.path))
    assert files_of(whole.path / "results") == files_of(broken.path / "results")


def test_a_hierarchy_that_is_not_there_leaves_nothing(tmp_path):
    study = study_at(tmp_path / "study")
    with pytest.raises(StudyError, match=r"no hierarchy 'nope' in .* to rank by .*'things'"):
        recorded(study, crm="nope")
    assert not list((study.path / "results").iterdir())


def test_a_second_result_of_other_making_is_not_taken_for_this_one(tmp_path):
    study = study_at(tmp_path / "study")
    study.add_result("r-crm", true=[0], pred=[1], sample_id=[10_000], split="other")
    with pytest.raises(StudyError, match="result 'r-crm' exists already"):
        recorded(study)
    assert [path.name for path in (study.path / "results").iterdir()] == ["r-crm"]


def test_another_tree_does_not_resume(tmp_path, monkeypatch):
    monkeypatch.setattr(sink_module, "CHECKPOINT_SECONDS", 0.0)
    study = study_at(tmp_path / "study")
    monkeypatch.setattr(Images, "armed", True)
    with pytest.raises(KeyboardInterrupt):
        recorded(study)
    study.add_hierarchy("things", Hierarchy.flat(NAMES))
    with pytest.raises(StudyError, match="inputs: crm: tree"):
        recorded(study)
