"""Write replies of every view, for the browser to read: *.arrow, manifest.json and replies.json.

Run from the repository: ``python tests/wire/make_replies.py``.

``replies.json`` lists each file with its request, metadata and column values; NaN is null and
infinities are the strings "inf" and "-inf". The study has four results: ``net`` has probabilities
and two layers, ``table`` is an import without probabilities that lacks two samples, and
``net-probe-…`` are the probes of the layers, which lack the same two.
"""

import io
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from classblocks import study as studies
from classblocks.app import wire
from classblocks.app.session import Session
from classblocks.core.branch_plan import Branch, BranchPlan
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import outcomes
from classblocks.study.format import Coordinates
from classblocks.study.responses import LayerShape
from classblocks.study.thumbnail_writer import ThumbnailWriter
from classblocks.study.writer import ResultWriter

HERE = Path(__file__).parent

CLASSES = [
    ("robin", "n01558993"),
    ("cup", "n03147509"),
    ("jay", "n01580077"),
    ("dog", "n02084071"),
    ("Ärmel › sleeve", "n04236377"),
]
#          all
#      ┌────┴─────┐
#   animal    artefact
#   ┌──┴──┐    ┌──┴──┐
#  bird  dog  cup  sleeve
#  ┌┴──┐
# robin jay
TREE = {
    "all": {
        "living thing": {"animal": {"bird": ["robin", "jay"], "mammal": ["dog"]}},
        "artefact": ["cup", "Ärmel › sleeve"],
    }
}
# No sample of class 4. Ids are the user's own: neither sorted nor small.
SAMPLE_ID = np.array([700, 31, 2**53 + 1, 12, 500, 44, 90, 13, 62, 8])
TRUE = np.array([0, 1, 2, 3, 0, 2, 3, 0, 1, 2])

ON_TREE: dict[str, Any] = {"result": "net", "tree": {"hierarchy": "given"}, "where": {}}

REQUESTS: dict[str, dict[str, Any]] = {
    "classes": {"view": "classes"},
    "hierarchy": {"view": "hierarchy", "hierarchy": "given"},
    "cells": {"view": "cells", "result": "net"},
    "rows": {"view": "rows", "result": "net"},
    "samples": {"view": "samples", "result": "net", "samples": [7, 0, 2, 7]},
    "relevance": {"view": "relevance", "result": "net", "layer": "relu", "classes": [0, 2]},
    "profile": {"view": "profile", "result": "net", "layer": "relu", "neurons": [2, 0]},
    "activations": {"view": "activations", "result": "net", "layer": "relu", "neuron": 1},
    "neuron": {"view": "neuron", "result": "net", "layer": "relu", "neuron": 1},
    "top_samples": {"view": "top_samples", "result": "net", "layer": "relu", "neuron": 0},
    "filtered": {"view": "filtered", "result": "net", "where": {"p_pred": [0.5, 1]}},
    "partition": {
        "view": "partition",
        **ON_TREE,
        "n_blocks": 2,
        "objective": "size_weighted",
        "along": "order",
    },
    "outliers": {"view": "outliers", **ON_TREE, "cuts": [0, 2, 3, 5], "limit": 3},
    "criteria": {"view": "criteria", **ON_TREE, "where": {"top_k": 1, "min_count": 1}},
    "refine": {
        "view": "refine",
        "result": "net",
        "tree": {"hierarchy": "given"},
        "node": 0,
        "method": "auto",
        "source": "confusions",
        "seed": 0,
    },
    "compare": {"view": "compare", **ON_TREE, "with": {"hierarchy": "flat"}},
    "repair": {
        "view": "repair",
        **ON_TREE,
        "tree": {"parent": [-1, 0, 1, 1, 0, 4, 4, 0], "class": [-1, -1, 0, 1, -1, 2, 3, 4]},
        "limit": 5,
    },
    "summary": {"view": "summary", **ON_TREE},
    "change": {"view": "change", **ON_TREE, "baseline": "table"},
    "series": {
        "view": "series",
        "results": ["table", "net"],
        "tree": {"hierarchy": "given"},
        "nodes": [1, 0],
        "where": {},
    },
    "separability": {
        "view": "separability",
        "results": ["net-probe-relu", "net-probe-linear"],
        "final": "net",
        "tree": {"hierarchy": "given"},
    },
    "suggest": {
        "view": "suggest",
        "results": ["net-probe-relu", "net-probe-linear"],
        "final": "net",
        "tree": {"hierarchy": "given"},
        "tau": 0.8,
        "weight": 0.3,
        "most": 3,
    },
    "branches": {"view": "branches", "name": "by hand", "tree": {"hierarchy": "given"}},
    "cells_table": {"view": "cells", "result": "table"},
    "rows_table": {"view": "rows", "result": "table"},
    "samples_table": {"view": "samples", "result": "table", "samples": [1, 9]},
    "samples_none": {"view": "samples", "result": "net", "samples": []},
    "relevance_margin": {"view": "relevance", "result": "net", "layer": "linear", "classes": [3]},
    "partition_nothing": {
        "view": "partition",
        "result": "net",
        "tree": {"parent": [-1, 0, 0, 0, 0, 0], "class": [-1, 4, 3, 2, 1, 0]},
        "where": {"p_true": [2, 3]},
        "n_blocks": 2,
        "objective": "modularity",
        "along": "order",
    },
    "outliers_none": {"view": "outliers", **ON_TREE, "cuts": [0, 5], "limit": 3},
    "summary_table": {"view": "summary", **ON_TREE, "result": "table"},
    "relevance_empty": {"view": "relevance", "result": "net", "layer": "relu", "classes": [4]},
}


def small_study(path: Path) -> studies.Study:
    """Ten samples of five classes, two results, two layers, thumbnails of all but one sample."""
    study = studies.create(path, CLASSES, name="small study")
    names = [name for name, _ in CLASSES]
    study.add_hierarchy("given", Hierarchy.from_nested(TREE, names).contract(), default=True)
    study.add_hierarchy("flat", Hierarchy.flat(names))
    study.add_samples(
        SAMPLE_ID,
        TRUE,
        split="val",
        uri=[f"images/{i}.png" if i != 5 else "" for i in range(len(TRUE))],
        columns={
            "camera": ["A", None, "B", "A", "B", "Ä", "A", "B", "A", "B"],
            "width": np.arange(10, 20),
        },
    )
    _add_net(study)
    kept = np.array([9, 0, 1, 2, 4, 5, 6, 8])
    study.add_result(
        "table",
        sample_id=SAMPLE_ID[kept],
        true=TRUE[kept],
        pred=np.array([2, 0, 1, 0, 0, 2, 1, 1]),
        model="other",
    )
    # The first layer tells animals from artefacts, the second also birds from dogs.
    for layer, pred in {
        "relu": [0, 3, 1, 0, 2, 3, 2, 1],
        "linear": [0, 2, 1, 0, 0, 0, 3, 1],
    }.items():
        study.add_result(
            f"net-probe-{layer}",
            sample_id=SAMPLE_ID[kept],
            true=TRUE[kept],
            pred=np.array(pred),
            model="net",
            epoch=3,
            layer=layer,
            transform="none",
            provenance={"layers": ["relu", "linear"]},
        )
    thumbnails = ThumbnailWriter(study, side=16)
    for i, sample_id in enumerate(SAMPLE_ID.tolist()):
        if i != 3:
            thumbnails.add(sample_id, Image.new("RGB", (16, 16), (20 * i, 255 - 20 * i, 128)))
    thumbnails.finish()
    animals = Branch("relu", np.array([0, 1, 0, 0, 1]), ("animals", "things"), 0.3)
    birds = Branch("linear", np.array([0, 1, 0, 2, 1]), ("birds", "things", "dogs"), 0.5)
    study.save_branches("by hand", BranchPlan((animals, birds)))
    study.refresh()
    return study


def _add_net(study: studies.Study) -> None:
    rng = np.random.default_rng(7)
    n = len(TRUE)
    logits = rng.normal(size=(n, len(CLASSES))) + 2 * np.eye(len(CLASSES))[TRUE]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    maps = rng.normal(size=(n, 3, 4)).astype(np.float32).clip(min=0)
    maps[:, 0] *= np.isin(TRUE, [0, 2])[:, None]  # Fires for birds only: relevance is inf.
    linear = rng.normal(size=(n, 2, 1)).astype(np.float32)
    writer = ResultWriter(
        study,
        "net",
        Coordinates(model="net", epoch=3, transform="none", split="val"),
        k=5,
        layers={"relu": LayerShape(3, 2), "linear": LayerShape(2, 1)},
        n_top=4,
        provenance={"command": "make_replies"},
    )
    writer.append(
        SAMPLE_ID,
        TRUE,
        outcomes(probabilities.astype(np.float32), TRUE, k=5),
        {
            "relu": (maps, maps.sum(axis=2, dtype=np.float32)),
            "linear": (linear, linear[:, :, 0]),
        },
    )
    writer.finish()


def replies(session: Session) -> dict[str, bytes]:
    """One Arrow stream by file stem."""
    return {stem: wire.encode(session.request(message)) for stem, message in REQUESTS.items()}


def described(streams: dict[str, bytes]) -> str:
    """Everything the streams say, as JSON."""
    return json.dumps(
        [
            {"file": f"{stem}.arrow", "request": REQUESTS[stem], **_content(stream)}
            for stem, stream in streams.items()
        ],
        indent=1,
        ensure_ascii=False,
    )


def _content(stream: bytes) -> dict[str, Any]:
    table = pa.ipc.open_stream(io.BytesIO(stream)).read_all()
    return {
        "metadata": {k.decode(): v.decode() for k, v in table.schema.metadata.items()},
        "types": {field.name: str(field.type) for field in table.schema},
        "columns": {
            name: [_plain(value) for value in table.column(name).to_pylist()]
            for name in table.column_names
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def write(folder: Path) -> None:
    """Write all files."""
    with tempfile.TemporaryDirectory() as temporary:
        session = Session(small_study(Path(temporary) / "study"))
        streams = replies(session)
        manifest = session.manifest()
    for stem, stream in streams.items():
        (folder / f"{stem}.arrow").write_bytes(stream)
    (folder / "replies.json").write_text(described(streams) + "\n", encoding="utf-8")
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
