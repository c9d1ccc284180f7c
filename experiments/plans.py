"""Write the branches that the grid's arms name: groups from WordNet's tree and from networks.

python experiments/plans.py wordnet --classes DATA/classes.tsv
python experiments/plans.py derived --run runs/grid/alexnet-p10-baseline-s0 --out runs/grid/plans
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import classblocks as cb
from classblocks.core.branching import even_cuts
from classblocks.core.logits import LogitSums, logit_similarity
from classblocks.nn.augment import normalise
from classblocks.nn.branches import OUTPUT
from classblocks.nn.hooks import evaluating
from classblocks.nn.spec import load_model
from classblocks.nn.training.config import Config
from classblocks.nn.training.config_file import config_of
from classblocks.nn.weights import load_weights

HERE = Path(__file__).resolve().parent
LAYERS = {
    "alexnet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "vanilla": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "resnet": ("stage1", "stage2", "stage3"),
    "cnn": ("block1", "block2", "block3", "block4"),
}
LATE = {
    "alexnet": ("conv4", "conv5"),
    "vanilla": ("conv4", "conv5"),
    "resnet": ("stage3", "stage4"),
    "cnn": ("block3", "block4"),
}


def wordnet(classes: Path) -> None:
    """Cut WordNet's tree evenly, for each network."""
    from classblocks.study.branches_file import write_branches
    from classblocks.study.classes_file import read_classes

    known = read_classes(classes)
    tree = cb.Hierarchy.from_wordnet(known.keys, known.names)
    (HERE / "plans").mkdir(exist_ok=True)
    for net in ("alexnet", "resnet"):
        plan = even_cuts(tree, LAYERS[net], classes=known.names, hierarchy_name="wordnet")
        write_branches(HERE / "plans" / f"{net}-wordnet.json", plan)
        print(net, [branch.n_groups for branch in plan.branches])


def derived(run: Path, out: Path) -> None:
    """Cut a tree made from a baseline's logits on its own training images.

    No label and no validation image has a part in it.
    """
    import json

    from classblocks.nn.training.pixels import decoded, stratified
    from classblocks.study.branches_file import write_branches
    from classblocks.study.class_names import classes_called
    from classblocks.study.classes_file import read_classes
    from classblocks.study.images import open_images

    saved = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config: Config = config_of(_flat(saved))
    images = open_images(config.data.train)
    if config.data.classes is None:
        known = classes_called(images.class_names or ())
    else:
        known = read_classes(Path(config.data.classes))
    true = images.true(known)
    rows = stratified(true, config.data.share, config.data.share_seed, known)
    pixels = decoded(images, true, config.data.side, Path(str(config.data.cache)), rows=rows)
    network = load_model(config.network.model, len(known))
    load_weights(network, run / "network.safetensors")
    sums = LogitSums(len(known))
    with evaluating(network, torch.device("cpu")), torch.inference_mode():
        for first in range(0, len(pixels.true), 500):
            rows = np.array(pixels.images[first : first + 500])
            batch = torch.from_numpy(rows).permute(0, 3, 1, 2)
            scores = network(normalise(batch)).float().numpy()
            sums.add(scores, np.arange(first, first + len(scores)))
    tree = cb.order_classes(
        np.zeros((len(known), len(known)), np.int64),
        "recursive_ncut",
        names=known.names,
        similarity=logit_similarity(sums),
    )
    net = run.name.partition("-")[0]
    out.mkdir(parents=True, exist_ok=True)
    for kind, layers, first in (
        ("derived", LAYERS[net], 3),
        ("late", LATE[net], round(len(known) / 15)),
        ("output", (OUTPUT,), round(len(known) / 15)),
    ):
        plan = even_cuts(
            tree,
            layers,
            first=first,
            factor=4 if kind == "late" else 2.5,
            classes=known.names,
            hierarchy_name=f"logits of {run.name}",
        )
        write_branches(out / f"{run.name.partition('-baseline')[0]}-{kind}.json", plan)
        print(kind, [(branch.layer, branch.n_groups) for branch in plan.branches])


def _flat(settings: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": entry for name, entry in value.items()}
        else:
            flat[key] = value
    return flat


def main() -> None:
    """Write files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    tree = kinds.add_parser("wordnet")
    tree.add_argument("--classes", type=Path, required=True)
    network = kinds.add_parser("derived")
    network.add_argument("--run", type=Path, required=True)
    network.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.kind == "wordnet":
        wordnet(args.classes)
    else:
        derived(args.run, args.out)


if __name__ == "__main__":
    main()
