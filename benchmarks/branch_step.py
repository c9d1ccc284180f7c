"""What branches add to a training step: the same network with and without, in turns.

Run ``python benchmarks/branch_step.py`` on an idle machine (about three minutes). Three branches or
five, with groups from a planted tree of 200 classes; 64×64 pixels, mixed precision. A step is
forward, loss, backward and optimizer on a batch that is ready.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from synthetic import group_paths
from torch import Tensor, nn

from classblocks.core.branching import even_cuts
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.malloc import keep_freed_memory
from classblocks.nn.branches import Branches
from classblocks.nn.spec import load_model
from classblocks.nn.training.objective import BranchLoss, CrossEntropy, Objective

NETWORKS = {
    "classblocks.nn.classics:AlexNet": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "classblocks.nn.networks:SmallResNet": ("stage1", "stage2", "stage3"),
    "timm:resnet18": ("layer1", "layer2", "layer3"),
}
BUDGET = 1.05


def stepper(objective: Objective, images: Tensor, target: Tensor) -> Callable[[], None]:
    """Give what trains one step."""
    device = images.device
    objective.to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(
        objective.parameters(), 0.01, momentum=0.9, weight_decay=5e-4, nesterov=True
    )

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16):
            loss = objective.loss(images, target, 0.0)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return step


def seconds(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor time of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(spec: str, layers: tuple[str, ...], tree: Hierarchy, args: argparse.Namespace) -> None:
    """Print medians over pairs of steps that follow each other."""
    torch.manual_seed(0)
    images = torch.randn(args.batch, 3, args.side, args.side, device=args.device)
    images = images.contiguous(memory_format=torch.channels_last)
    target = torch.randint(tree.n_classes, (args.batch,), device=args.device)
    plan = even_cuts(tree, layers)
    plain = CrossEntropy(load_model(spec, tree.n_classes), tree.n_classes, 0.1)
    branches = Branches(
        load_model(spec, tree.n_classes), plan, head=args.head, example=images[:1].cpu()
    )
    steps = [stepper(one, images, target) for one in (plain, BranchLoss(branches, 0.1))]
    for step in steps * 2:
        step()
    times: list[list[tuple[float, float]]] = [[], []]
    for i in range(args.pairs):
        for which in (0, 1) if i % 2 == 0 else (1, 0):
            times[which].append(seconds(steps[which]))
    ratios = [
        statistics.median(branch[kind] / base[kind] for base, branch in zip(*times, strict=True))
        for kind in (0, 1)
    ]
    base, branch = (statistics.median(wall for wall, _ in rows) * 1e3 for rows in times)
    added = sum(p.numel() for p in branches.heads.parameters())
    whole = count(plain.network)
    groups = "-".join(str(one.n_groups) for one in plan.branches)
    kept = "kept" if ratios[0] <= BUDGET else "MISSED"
    print(
        f"{spec.rpartition(':')[2]:12} groups {groups:16} {base:8.1f} ms {branch:8.1f} ms   ratio "
        f"{ratios[0]:.3f} wall, {ratios[1]:.3f} processor   weights + {added / whole:.1%}   "
        f"budget {BUDGET} {kept}",
        flush=True,
    )


def count(network: nn.Module) -> int:
    """Weights of a network."""
    return sum(p.numel() for p in network.parameters())


def main() -> None:
    """Print one line for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--head", default="pool")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()  # as `classblocks train` does
    tree = Hierarchy.from_paths(group_paths(args.classes)).contract()
    print(
        f"{args.side}×{args.side}, batches of {args.batch}, {args.classes} classes, head "
        f"{args.head}, {args.device}, {args.threads} threads, median of {args.pairs} pairs"
    )
    print("network, groups of its branches, step without and with them")
    for spec in args.networks:
        measure(spec, NETWORKS[spec], tree, args)


if __name__ == "__main__":
    main()
