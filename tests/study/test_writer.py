import filecmp
import os
import shutil
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import classblocks.study as study_format
from classblocks.core.outcome import outcomes
from classblocks.study import Coordinates, StudyError
from classblocks.study.writer import LayerShape, ResultWriter

N_CLASSES = 7
LAYERS = {"conv1": LayerShape(5, 2), "block.2-fc": LayerShape(3, 1)}


def recorded(n, seed=0, layers=LAYERS):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(N_CLASSES), n).astype(np.float32)
    true = rng.integers(0, N_CLASSES - 1, n)  # the last class stays empty
    responses = {
        name: (
            rng.normal(size=(n, shape.n_neurons, shape.n_positions)).astype(np.float32),
            rng.normal(size=(n, shape.n_neurons)).astype(np.float32),
        )
        for name, shape in layers.items()
    }
    ids = rng.permutation(n) + 100
    return ids, true, probabilities, responses


def feed(writer, data, batch, logits=True):
    ids, true, probabilities, responses = data
    for first in range(writer.rows_done, len(ids), batch):
        rows = slice(first, first + batch)
        writer.append(
            ids[rows],
            true[rows],
            outcomes(probabilities[rows], true[rows], writer.k),
            {name: (p[rows], c[rows]) for name, (p, c) in responses.items()},
            np.log(probabilities[rows]) if logits else None,
        )
        yield first


def empty_study(path):
    return study_format.create(path, [f"c{i}" for i in range(N_CLASSES)], name="s")


def writer_of(study, **changes):
    options = {"layers": LAYERS, "n_top": 4, "logits": True, "provenance": {"seed": 1}, **changes}
    return ResultWriter(study, "r", Coordinates("net", 3, split="val"), **options)


def record_all(path, data, batch=8, every=3):
    study = empty_study(path)
    with writer_of(study) as writer:
        for number, _ in enumerate(feed(writer, data, batch)):
            if number % every == every - 1:
                writer.checkpoint()
        return study, writer.finish()


def tree(path):
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def assert_same_files(a, b):
    names = tree(a)
    assert names == tree(b)
    _, different, errors = filecmp.cmpfiles(a, b, names, shallow=False)
    assert not different
    assert not errors


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "study"
    record_all(path, recorded(61))
    return path


def test_the_result_is_what_was_recorded(whole):
    ids, true, probabilities, responses = recorded(61)
    study = study_format.open(whole)
    result = study.results["r"]
    expected = outcomes(probabilities, true, 5)
    assert result.n_samples == 61
    assert result.coordinates == Coordinates("net", 3, None, None, "val")
    assert result.has_probabilities
    assert result.has_rank
    np.testing.assert_array_equal(study.samples.sample_id[result.sample], ids)
    np.testing.assert_array_equal(result.true, true)
    for name in ("pred", "p_pred", "p_true", "true_rank", "topk_class", "topk_prob"):
        np.testing.assert_array_equal(getattr(result, name), getattr(expected, name))
    assert list(result.layers) == list(LAYERS)
    for name, (pooled, collective) in responses.items():
        layer = result.layers[name]
        assert not layer.nonnegative
        np.testing.assert_array_equal(layer.collective, collective)
        for class_id in range(N_CLASSES):
            of_class = pooled[true == class_id].astype(np.float64)
            assert layer.count[class_id] == len(of_class)
            if len(of_class):
                np.testing.assert_allclose(layer.profile[class_id], of_class.mean(axis=0), 1e-5)
            else:
                assert np.isnan(layer.profile[class_id]).all()
        order = np.lexsort((ids[:, None] + 0 * collective, -collective), axis=0)[:4]
        np.testing.assert_array_equal(layer.top_sample, ids[order].T)
        np.testing.assert_array_equal(
            layer.top_value, np.take_along_axis(collective, order, axis=0).T
        )


def test_working_files_are_gone(whole):
    assert not list((whole / "results").glob(".*"))
    assert not list(whole.rglob("*.tmp"))


@pytest.mark.parametrize("batches", range(8))
def test_a_killed_recording_resumes_to_the_same_bytes(tmp_path, whole, batches):
    data = recorded(61)
    study = empty_study(tmp_path / "study")
    writer = writer_of(study)
    for number, _ in enumerate(feed(writer, data, 8)):
        if number % 3 == 2:
            writer.checkpoint()
        if number == batches:
            break
    writer.close()

    reopened = study_format.open(tmp_path / "study")
    assert not reopened.results
    with writer_of(reopened) as again:
        assert again.rows_done == (batches + 1) // 3 * 24
        for number, _ in enumerate(feed(again, data, 8)):
            if number % 2 == 0:
                again.checkpoint()
        again.finish()
    assert_same_files(whole, tmp_path / "study")


def test_a_kill_between_any_two_file_operations_loses_nothing(tmp_path, monkeypatch):
    """Copy the study before every fsync, rename and removal, and resume from each copy."""
    layers = {"fc": LayerShape(2, 1)}
    data = recorded(24, layers=layers)
    functions = [(os, "fsync"), (os, "replace"), (os, "rename"), (os, "unlink"), (os, "rmdir")]
    originals = {(module, name): getattr(module, name) for module, name in functions}
    origin = tmp_path / "origin"
    copies = []

    def watched(original):
        def call(*args, **kwargs):
            with monkeypatch.context() as inside:
                for (module, name), function in originals.items():
                    inside.setattr(module, name, function)
                copies.append(shutil.copytree(origin, tmp_path / f"copy-{len(copies)}"))
            return original(*args, **kwargs)

        return call

    def record_in(study, checkpoints):
        with writer_of(study, layers=layers) as writer:
            started = writer.rows_done
            for number, _ in enumerate(feed(writer, data, 8)):
                if number in checkpoints:
                    writer.checkpoint()
            writer.finish()
        return started

    study = empty_study(origin)
    with monkeypatch.context() as patched:
        for (module, name), function in originals.items():
            patched.setattr(module, name, watched(function))
        record_in(study, checkpoints=(1,))
    assert len(copies) > 50
    starts = set()
    for copy in copies:
        again = study_format.open(copy)
        if "r" in again.results:
            with pytest.raises(StudyError, match="exists already"):
                writer_of(again, layers=layers)
        else:
            starts.add(record_in(again, checkpoints=()))
        names = [name for name in tree(copy) if not name.endswith(".tmp")]
        assert names == tree(origin)
        assert filecmp.cmpfiles(origin, copy, names, shallow=False)[1:] == ([], [])
        shutil.rmtree(copy)
    assert starts == {0, 16}


@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batch=st.integers(1, 61), every=st.integers(1, 9))
def test_batch_boundaries_do_not_matter(tmp_path_factory, whole, batch, every):
    path = tmp_path_factory.mktemp("batches") / "study"
    _, result = record_all(path, recorded(61), batch, every)
    expected = study_format.open(whole).results["r"]
    assert {k: v for k, v in result.files.items() if "profile" not in k} == {
        k: v for k, v in expected.files.items() if "profile" not in k
    }
    for name in LAYERS:
        np.testing.assert_allclose(
            result.layers[name].profile, expected.layers[name].profile, rtol=1e-6
        )


def test_nothing_recorded_is_a_legal_result(tmp_path):
    study = empty_study(tmp_path / "study")
    with writer_of(study) as writer:
        result = writer.finish()
    assert result.n_samples == 0
    assert result.layers["conv1"].collective.shape == (0, 5)
    assert np.isnan(result.layers["conv1"].profile).all()
    assert (result.layers["conv1"].top_sample == -1).all()
    assert study.confusion("r").sum() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": {"conv1": LayerShape(6, 2)}}, "layers: conv1: n_neurons 5, this one 6"),
        ({"n_top": 9}, "n_top 4.*9"),
        ({"k": 2}, "k 5.*2"),
        ({"inputs": {"weights": "b"}}, "inputs: weights a, this one b"),
    ],
)
def test_other_settings_do_not_resume(tmp_path, changes, words):
    study = empty_study(tmp_path / "study")
    writer_of(study, inputs={"weights": "a"}).close()
    with pytest.raises(StudyError, match=words):
        writer_of(study, **{"inputs": {"weights": "a"}, **changes})
    with pytest.raises(StudyError, match="coordinates: epoch 3, this one 4"):
        ResultWriter(study, "r", Coordinates("net", 4, split="val"), layers=LAYERS, n_top=4)


def test_two_processes_cannot_record_one_result(tmp_path):
    study = empty_study(tmp_path / "study")
    with writer_of(study), pytest.raises(StudyError, match="recorded by another process"):
        writer_of(study)
    writer_of(study).close()


def test_an_existing_result_is_not_overwritten(whole):
    study = study_format.open(whole)
    with pytest.raises(StudyError, match="exists already"):
        writer_of(study)


def test_abandon_removes_everything(tmp_path):
    study = empty_study(tmp_path / "study")
    before = tree(study.path)
    writer = writer_of(study)
    next(feed(writer, recorded(20), 8))
    writer.abandon()
    assert tree(study.path) == before


def test_a_bad_response_is_named_and_the_recording_stays_usable(tmp_path):
    data = recorded(24)
    study = empty_study(tmp_path / "study")
    writer = writer_of(study)
    steps = feed(writer, data, 8)
    next(steps)
    writer.checkpoint()
    data[3]["block.2-fc"][1][11, 2] = np.nan
    with pytest.raises(StudyError, match=r"layer 'block.2-fc', batch from row 8: .* row 3"):
        next(steps)
    with pytest.raises(StudyError, match="open it again to resume after row 8"):
        writer.checkpoint()
    writer.close()
    with writer_of(study) as again:
        assert again.rows_done == 8


def test_bad_batches_are_refused(tmp_path):
    ids, true, probabilities, responses = recorded(4)
    study = empty_study(tmp_path / "study")
    study.add_samples([int(ids[2])], [N_CLASSES - 1])
    with writer_of(study, logits=False) as writer:
        out = outcomes(probabilities, true, 5)
        some = outcomes(probabilities[:2], true[:2], 5)
        few = {name: (p[:2], c[:2]) for name, (p, c) in responses.items()}
        with pytest.raises(StudyError, match=rf"sample id {ids[2]} \(row 2\)"):
            writer.append(ids, true, out, responses)
        with pytest.raises(StudyError, match="occurs twice: rows 0 and 3"):
            writer.append([1, 2, 3, 1], true, out, responses)
        with pytest.raises(StudyError, match=r"expected layers \['conv1', 'block.2-fc'\]"):
            writer.append(ids, true, out, {})
        with pytest.raises(StudyError, match="5 best classes"):
            writer.append(ids, true, outcomes(probabilities, true, 2), responses)
        with pytest.raises(ValueError, match="one length"):
            writer.append(ids[:2], true[:2], out, responses)
        with pytest.raises(StudyError, match="expected no logits of the batch"):
            writer.append(ids[:2], true[:2], some, few, probabilities[:2])
        assert writer.rows_done == 0


def test_bad_logits_are_refused(tmp_path):
    ids, true, probabilities, responses = recorded(4)
    out = outcomes(probabilities, true, 5)
    study = empty_study(tmp_path / "study")
    bad = np.where(np.eye(4, N_CLASSES, 1, dtype=bool), np.inf, 0)
    for logits, words in [
        (None, "expected logits of the batch"),
        (np.zeros((4, 3)), r"logits: expected shape \(4, 7\), got \(4, 3\)"),
        (bad, "got inf in row 0 for class 1"),
    ]:
        with writer_of(study) as writer, pytest.raises(ValueError, match=words):
            writer.append(ids, true, out, responses, logits)


def test_the_logits_are_correlated(whole):
    _, _, probabilities, _ = recorded(61)
    sums = study_format.open(whole).results["r"].logits
    logits = np.log(probabilities.astype(np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    assert sums.n_samples == 61
    np.testing.assert_allclose(sums.mean, logits.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(sums.correlation(), np.corrcoef(logits.T), atol=1e-5)


def test_a_recording_resumes_with_or_without_logits_as_it_began(tmp_path):
    study = empty_study(tmp_path / "study")
    writer_of(study, logits=False).close()
    with pytest.raises(StudyError, match="has logits False, this one True"):
        writer_of(study)
    recording = study.path / "results" / ".r.partial" / "recording.json"
    recording.write_text(recording.read_text().replace('"logits": false,', ""))
    writer_of(study, logits=False).close()


@pytest.mark.parametrize("file", ["mean.npy", "product.npy", "waiting.npy", "waiting_id.npy"])
def test_a_damaged_logit_checkpoint_is_named(tmp_path, file):
    study = empty_study(tmp_path / "study")
    with writer_of(study) as writer:
        for _ in feed(writer, recorded(16), 8):
            pass
        writer.checkpoint()
        state = writer.directory / "state-1" / ".logits" / file
    state.write_bytes(state.read_bytes()[:-9])
    with pytest.raises(StudyError, match=file):
        writer_of(study)


def test_a_sample_recorded_twice_is_an_error_at_the_end(tmp_path):
    data = recorded(8)
    study = empty_study(tmp_path / "study")
    with writer_of(study) as writer:
        for _ in feed(writer, data, 8):
            pass
        writer.append(
            data[0][:1],
            data[1][:1],
            outcomes(data[2][:1], data[1][:1], 5),
            {name: (p[:1], c[:1]) for name, (p, c) in data[3].items()},
            data[2][:1],
        )
        with pytest.raises(StudyError, match="occurs twice: rows 0 and 8"):
            writer.finish()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\n", "x" * 200, "é" * 128])
def test_hostile_names_stay_outside(tmp_path, name):
    study = empty_study(tmp_path / "study")
    with pytest.raises(StudyError, match="name"):
        ResultWriter(study, name, Coordinates())
    with pytest.raises(StudyError, match="layer name"):
        writer_of(study, layers={name: LayerShape(1, 1)})
    assert tree(tmp_path) == ["study/study.json"]


def test_a_cut_recording_is_an_error_not_a_wrong_result(tmp_path):
    study = empty_study(tmp_path / "study")
    writer = writer_of(study)
    for _ in feed(writer, recorded(16), 8):
        writer.checkpoint()
    writer.close()
    path = writer.directory / "rows" / "pred.npy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(StudyError, match="its checkpoint needs"):
        writer_of(study)


def test_memory_does_not_grow_with_the_samples(tmp_path):
    study = empty_study(tmp_path / "study")
    data = recorded(256)

    def peak_of(batches, name):
        tracemalloc.start()
        with ResultWriter(study, name, Coordinates(), layers=LAYERS, n_top=4) as writer:
            for number in range(batches):
                writer.append(
                    np.arange(256) + 256 * number,
                    data[1],
                    outcomes(data[2], data[1], 5),
                    data[3],
                )
            writer.checkpoint()
            peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_of(4, "warm")
    assert peak_of(64, "many") < peak_of(4, "few") + 100_000


def test_inputs_that_json_reads_back_otherwise_resume(tmp_path):
    study = empty_study(tmp_path / "study")
    writer_of(study, inputs={"mean": (0.5, 0.4), "by": {1: "a"}}).close()
    with writer_of(study, inputs={"mean": (0.5, 0.4), "by": {1: "a"}}) as writer:
        assert writer.rows_done == 0
