"""Record a result set batch by batch; an interrupted recording resumes at its last checkpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks import __version__
from classblocks.core import validate
from classblocks.core.logits import LogitSums
from classblocks.core.outcome import Outcomes
from classblocks.study.atomic import (
    TEMPORARY_SUFFIX,
    json_bytes,
    locked,
    read_object,
    sync_directory,
    write_json,
)
from classblocks.study.format import (
    LOGITS,
    PREDICTIONS_FILE,
    RECORDING_FILE,
    RESPONSES,
    RESULT_FILE,
    Coordinates,
    StudyError,
    check_name,
    partial_directory,
)
from classblocks.study.growing import GrowingArray
from classblocks.study.layer_sums import LayerSums
from classblocks.study.logits import load_sums, save_sums
from classblocks.study.predictions import Predictions, checked_ids, write_predictions
from classblocks.study.publish import publish, refuse_existing
from classblocks.study.responses import LayerShape

if TYPE_CHECKING:
    from classblocks.study.result import Result
    from classblocks.study.study import Study

__all__ = ["LayerShape", "ResultWriter"]

_CHECKPOINT_FILE = "checkpoint.json"
_OUT = "out"
# No layer can have a name with a leading dot.
_LOGIT_STATE = ".logits"
_OUTCOME_COLUMNS = (
    ("pred", np.int32),
    ("p_pred", np.float32),
    ("p_true", np.float32),
    ("true_rank", np.int32),
)


class ResultWriter:
    """Memory does not grow with the samples: rows go to disk, sums and tops stay in memory.

    Opening it again under the same name goes on after the last checkpoint; `rows_done` says with
    which row. The model, coordinates, layers and `inputs` (facts such as the checksum of the
    weights) must then be the same; provenance is kept from the first time.
    """

    def __init__(
        self,
        study: Study,
        name: str,
        coordinates: Coordinates,
        *,
        k: int = 5,
        layers: Mapping[str, LayerShape] | None = None,
        n_top: int = 16,
        logits: bool = False,
        provenance: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        self._study = study
        self._name = check_name(name, "result")
        self._n_classes = len(study.classes)
        self._partial = partial_directory(study.path, name)
        self._exit = ExitStack()
        self._faulty = False
        if k < 1 or n_top < 1:
            raise StudyError(f"k and n_top must be at least 1, got {k} and {n_top}")
        if (study.path / "results" / name).exists():
            # What a recording killed after its last step left behind.
            shutil.rmtree(self._partial, ignore_errors=True)
        refuse_existing(study.path, name)
        shapes = {check_name(layer, "layer"): shape for layer, shape in (layers or {}).items()}
        recording = {
            "coordinates": coordinates.to_json(),
            "classes": self._n_classes,
            "k": min(k, self._n_classes),
            "n_top": n_top,
            "logits": logits,
            "layers": {n: {"n_neurons": s.n_neurons, "side": s.side} for n, s in shapes.items()},
            "inputs": dict(inputs or {}),
            "provenance": {"classblocks": __version__, **(provenance or {})},
        }
        # As JSON reads it back: a tuple among the inputs becomes a list.
        recording = json.loads(json_bytes(recording, self._partial / RECORDING_FILE))
        self._partial.mkdir(parents=True, exist_ok=True)
        try:
            self._exit.enter_context(
                locked(
                    self._partial / "lock",
                    f"result {name!r} is being recorded by another process",
                )
            )
            self._recording = self._begin(recording)
            self._resume()
        except BaseException:
            self._exit.close()
            raise

    def _begin(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Read what the recording is of, or write it down if it is new."""
        file = self._partial / RECORDING_FILE
        if not file.exists():
            for path in self._partial.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != "lock":
                    path.unlink()
            write_json(file, wanted)
            return wanted
        found = {"logits": False, **read_object(file)}
        for key in wanted:
            if key != "provenance" and found.get(key) != wanted[key]:
                what, before, now = _difference(key, found.get(key), wanted[key])
                raise StudyError(
                    f"the interrupted recording of {self._name!r} has {what} {before}, this one "
                    f"{now}: resume it with the same settings, choose another name, or delete "
                    f"{self._partial}"
                )
        return found

    def _resume(self) -> None:
        checkpoint: dict[str, Any] = {"rows": 0, "state": None, "generation": 0}
        if (self._partial / _CHECKPOINT_FILE).exists():
            checkpoint = read_object(self._partial / _CHECKPOINT_FILE)
        self._rows = self._rows_safe = int(checkpoint["rows"])
        self._generation = int(checkpoint["generation"])
        state = None if checkpoint["state"] is None else self._partial / checkpoint["state"]
        for stale in self._partial.glob("state-*"):
            if stale != state:
                shutil.rmtree(stale)
        for stale in self._partial.rglob(f".*{TEMPORARY_SUFFIX}"):
            stale.unlink()
        k = self._recording["k"]
        self._columns: dict[str, GrowingArray] = {}
        for name, dtype in (("sample_id", np.int64), ("true", np.int32), *_OUTCOME_COLUMNS):
            self._columns[name] = self._growing(f"rows/{name}.npy", dtype, None)
        self._columns["topk_class"] = self._growing("rows/topk_class.npy", np.int32, k)
        self._columns["topk_prob"] = self._growing("rows/topk_prob.npy", np.float32, k)
        self._logits: LogitSums | None = None
        if self._recording["logits"]:
            self._logits = (
                load_sums(state / _LOGIT_STATE, self._n_classes)
                if state is not None
                else LogitSums(self._n_classes)
            )
        self._layers: dict[str, LayerSums] = {}
        self._collective: dict[str, GrowingArray] = {}
        for name, entry in self._recording["layers"].items():
            shape = LayerShape(**entry)
            sums = LayerSums(name, shape, self._n_classes, self._recording["n_top"])
            if state is not None:
                sums.load(state / name)
            self._layers[name] = sums
            self._collective[name] = self._growing(
                f"{_OUT}/{RESPONSES}/{name}/collective.npy", np.float32, shape.n_neurons
            )

    def _growing(self, path: str, dtype: type[np.generic], width: int | None) -> GrowingArray:
        array = GrowingArray(self._partial / path, dtype, width, self._rows)
        self._exit.callback(array.close)
        return array

    @property
    def rows_done(self) -> int:
        """Rows appended so far; right after opening, those of the last checkpoint."""
        return self._rows

    @property
    def k(self) -> int:
        """How many best classes of a sample are kept."""
        return int(self._recording["k"])

    @property
    def keeps_logits(self) -> bool:
        """Whether `append` takes logits."""
        return self._logits is not None

    def append(
        self,
        sample_id: ArrayLike,
        true: ArrayLike,
        outcomes: Outcomes,
        responses: Mapping[str, tuple[NDArray[Any], NDArray[Any]]] | None = None,
        logits: NDArray[Any] | None = None,
    ) -> None:
        """Add a batch; `responses` gives each layer's pooled (B, N, S) and collective (B, N).

        `logits` (B, n_classes) are expected if and only if the recording was opened with them.
        """
        self._refuse_faulty()
        ids = checked_ids(sample_id)
        classes = validate.class_ids(true, self._n_classes, "true")
        n = validate.same_length(sample_id=ids, true=classes, pred=outcomes.pred)
        if outcomes.topk_class.shape != (n, self.k) or outcomes.topk_prob.shape != (n, self.k):
            raise StudyError(
                f"expected the {self.k} best classes of {n} samples, got shape "
                f"{outcomes.topk_class.shape}"
            )
        given = responses or {}
        if set(given) != set(self._layers):
            raise StudyError(f"expected layers {list(self._layers)}, got {list(given)}")
        if (logits is None) != (self._logits is None):
            raise StudyError(f"expected {'no ' if self._logits is None else ''}logits of the batch")
        self._agree_with_study(ids, classes)
        self._faulty = True
        if self._logits is not None and logits is not None:
            self._logits.add(logits, ids)
        for name, (pooled, collective) in given.items():
            self._layers[name].add(pooled, collective, classes, ids, self._rows)
            self._collective[name].append(collective)
        self._columns["sample_id"].append(ids)
        self._columns["true"].append(classes)
        for column, _ in _OUTCOME_COLUMNS:
            self._columns[column].append(getattr(outcomes, column))
        self._columns["topk_class"].append(outcomes.topk_class)
        self._columns["topk_prob"].append(outcomes.topk_prob)
        self._rows += n
        self._faulty = False

    def _agree_with_study(self, ids: NDArray[np.int64], true: NDArray[np.int32]) -> None:
        position = self._study.samples.find(ids)
        known = position >= 0
        differs = np.zeros(len(ids), bool)
        differs[known] = self._study.samples.true[position[known]] != true[known]
        if differs.any():
            row = int(differs.argmax())
            raise StudyError(
                f"sample id {ids[row]} (row {self._rows + row}) has true class {true[row]} here "
                f"but {self._study.samples.true[position[row]]} in the study"
            )

    def _refuse_faulty(self) -> None:
        if self._faulty:
            raise StudyError(
                f"recording of {self._name!r} failed inside a batch: open it again to resume after "
                f"row {self._rows_safe}"
            )

    def checkpoint(self) -> None:
        """Make all rows so far safe: a recording killed after this resumes here."""
        self._refuse_faulty()
        if self._rows == self._rows_safe:
            return
        for array in (*self._columns.values(), *self._collective.values()):
            array.sync()
        generation = self._generation + 1
        state = self._partial / f"state-{generation}"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        for name, sums in self._layers.items():
            sums.save(state / name)
        if self._logits is not None:
            save_sums(state / _LOGIT_STATE, self._logits)
        sync_directory(state)
        sync_directory(self._partial)
        write_json(
            self._partial / _CHECKPOINT_FILE,
            {"rows": self._rows, "state": state.name, "generation": generation},
        )
        shutil.rmtree(self._partial / f"state-{self._generation}", ignore_errors=True)
        self._generation, self._rows_safe = generation, self._rows

    def recorded_ids(self) -> NDArray[np.int64]:
        """Sample ids of all rows so far, in order."""
        return self._columns["sample_id"].read(self._rows)

    def finish(self, provenance: Mapping[str, Any] | None = None) -> Result:
        """Complete the result; its samples are added to the study where they are missing.

        `provenance` adds what is known only at the end, such as the images that were left out.
        """
        # No checkpoint here: its sums can be larger than the result itself.
        self._refuse_faulty()
        n = self._rows
        out = self._partial / _OUT
        out.mkdir(exist_ok=True)
        columns = {name: column.seal(n) for name, column in self._columns.items()}
        ids = checked_ids(columns.pop("sample_id"))
        coordinates = Coordinates.from_json(self._recording["coordinates"])
        self._study.add_samples(ids, columns.pop("true"), split=coordinates.split or "")
        rows = Predictions(**columns)
        write_predictions(out / PREDICTIONS_FILE, ids, rows)
        for name, sums in self._layers.items():
            self._collective[name].seal(n)
            sums.write(out / RESPONSES / name)
        if self._logits is not None:
            self._logits.flush()
            save_sums(out / LOGITS, self._logits)
        provenance = {**self._recording["provenance"], **(provenance or {})}
        if self._recording["inputs"]:
            provenance["inputs"] = self._recording["inputs"]
        (out / RESULT_FILE).unlink(missing_ok=True)
        publish(
            out,
            self._study.path,
            self._name,
            coordinates=coordinates,
            n_samples=n,
            has_probabilities=rows.has_probabilities,
            has_rank=rows.has_rank,
            has_logits=self._logits is not None,
            layers={
                name: sums.description(out / RESPONSES / name, n)
                for name, sums in self._layers.items()
            },
            provenance=provenance,
        )
        self.abandon()
        self._study.refresh()
        return self._study.result(self._name)

    def abandon(self) -> None:
        """Throw away what was recorded; after `finish` only working files are left to remove."""
        shutil.rmtree(self._partial, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Close the files; the recording can be resumed from its last checkpoint."""
        self._exit.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def directory(self) -> Path:
        """Where the recording is kept until it is complete."""
        return self._partial


def _difference(name: str, before: Any, now: Any) -> tuple[str, Any, Any]:  # noqa: ANN401
    """Go down to the first entry that differs."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return name, before, now
    key = next(key for key in {**now, **before} if before.get(key) != now.get(key))
    return _difference(f"{name}: {key}", before.get(key), now.get(key))
