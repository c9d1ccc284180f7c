"""Train a small residual network on Tiny ImageNet and keep the weights of every epoch.

python experiments/tiny_imagenet.py --data DIR --out DIR --seed 0
"""

import argparse
import json
import platform
import subprocess
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from safetensors.torch import save_file
from tqdm import tqdm

from classblocks.nn.networks import SmallResNet
from classblocks.nn.train import Recipe, fit, normalise

RECIPE = Recipe(epochs=14, batch_size=256, lr=0.4, size=48, crop_scale=0.35)
WIDTHS = (48, 96, 192, 384)


def network(n_classes: int = 200) -> SmallResNet:
    """Build the network of this experiment; `classblocks record --model` calls it."""
    return SmallResNet(n_classes, WIDTHS, stem_stride=2)


def load(files: list[Path], cache: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Decode Parquet images once: (n, 3, 64, 64) uint8 and (n,) int64 labels."""
    if not cache.exists():
        pixels, labels = [], []
        for file in tqdm(files, desc=f"decoding for {cache.name}", unit="file"):
            table = pq.read_table(file, columns=["image", "label"])
            for image in table["image"]:
                with Image.open(BytesIO(image.as_py())) as picture:
                    pixels.append(np.asarray(picture.convert("RGB")).transpose(2, 0, 1))
            labels.append(table["label"].to_numpy())
        np.savez(cache, images=np.stack(pixels), labels=np.concatenate(labels).astype(np.int64))
    with np.load(cache) as arrays:
        return torch.from_numpy(arrays["images"]), torch.from_numpy(arrays["labels"])


@torch.inference_mode()
def accuracy(
    model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> dict[str, float]:
    """Top-1 and top-5 accuracy in float32."""
    hits1 = hits5 = 0
    for x, y in zip(images.split(500), labels.split(500), strict=True):
        top = model(normalise(x)).topk(5).indices == y[:, None]  # (B, 5)
        hits1 += int(top[:, 0].sum())
        hits5 += int(top.sum())
    return {"top1": hits1 / len(images), "top5": hits5 / len(images)}


def main() -> None:
    """Train one seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="train-*.parquet and val.parquet")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and log")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs)
    args = parser.parse_args()
    out = args.out / f"seed{args.seed}"
    out.mkdir(parents=True, exist_ok=True)

    train = load(sorted(args.data.glob("train-*.parquet")), args.out / "train.npz")
    val = load([args.data / "val.parquet"], args.out / "val.npz")
    recipe = Recipe(**{**asdict(RECIPE), "seed": args.seed, "epochs": args.epochs})
    torch.manual_seed(args.seed)
    model = network().to(memory_format=torch.channels_last)
    log = out / "log.jsonl"
    if not (out / "last.pt").exists():
        save_file(_plain(model), out / "epoch-00.safetensors")
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        )
        log.write_text(
            json.dumps(
                {
                    "recipe": asdict(recipe),
                    "torch": torch.__version__,
                    "threads": torch.get_num_threads(),
                    "device": platform.processor() or platform.machine(),
                    "commit": commit.stdout.strip(),
                }
            )
            + "\n"
        )
    for end in fit(model, *train, recipe, checkpoint=out / "last.pt"):
        save_file(_plain(model), out / f"epoch-{end.epoch:02d}.safetensors")
        line = {**asdict(end), **accuracy(model, *val)}
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)


def _plain(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().contiguous() for name, value in model.state_dict().items()}


if __name__ == "__main__":
    main()
