"""Run a grid of networks × regimes × arms × seeds, and go on where it was interrupted.

python experiments/grid.py experiments/branches.toml --data DATA --jobs 2
python experiments/grid.py experiments/branches.toml --data DATA --list

A run in the results file is not run again; an interrupted one resumes at its last epoch. Runs
that need a file which is not there yet are left out and named.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("grid", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--out", type=Path, default=Path("runs/grid"), help="folder of the runs")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, on a CPU")
    parser.add_argument("--only", default="", help="runs whose name contains this text")
    parser.add_argument("--list", action="store_true", help="name the runs and what they wait for")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    grid = tomllib.loads(args.grid.read_text(encoding="utf-8"))
    results = HERE / "results" / f"{args.grid.stem}.jsonl"
    places = {"data": str(args.data.resolve()), "out": str(args.out.resolve()), "here": str(HERE)}
    settings = {name: config for name, config in runs(grid, places) if args.only in name}
    if args.one:
        _one(args.one, settings[args.one], results)
        return
    done = finished(results)
    waiting = [name for name in settings if name not in done]
    if args.list:
        for name in settings:
            state = "done" if name in done else _missing(settings[name]) or "to do"
            print(f"{name}: {state}")
        return
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda name: _start(name, settings[name], args), waiting))


def runs(grid: dict[str, Any], places: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and settings of every run, in the order of the grid's blocks."""
    seen = set()
    for block in grid["runs"]:
        for seed in block.get("seeds", grid["seeds"]):
            for regime in block["regimes"]:
                for arm in block["arms"]:
                    for net in block["nets"]:
                        name = f"{net}-{regime}-{arm}-s{seed}"
                        if name in seen:
                            continue
                        seen.add(name)
                        parts = {**places, "net": net, "regime": regime, "arm": arm, "seed": seed}
                        flat: dict[str, Any] = {}
                        for table in (
                            grid["base"],
                            grid["nets"][net],
                            grid["regimes"][regime],
                            grid["arms"][arm],
                        ):
                            flat |= {
                                key: value.format(**parts) if isinstance(value, str) else value
                                for key, value in table.items()
                            }
                        flat |= {"name": name, "out": f"{places['out']}/{name}", "seed": seed}
                        yield name, flat


def finished(results: Path) -> dict[str, dict[str, Any]]:
    """Lines of the results file by run."""
    if not results.exists():
        return {}
    lines = [json.loads(text) for text in results.read_text(encoding="utf-8").splitlines() if text]
    return {line["run"]: line for line in lines}


def _missing(settings: dict[str, Any]) -> str | None:
    file = settings.get("method.branches")
    return f"needs {file}" if file and not Path(file).exists() else None


def _start(name: str, settings: dict[str, Any], args: argparse.Namespace) -> None:
    if missing := _missing(settings):
        print(f"{name}: left out, {missing}", flush=True)
        return
    threads = str(max(1, (os.cpu_count() or 1) // args.jobs))
    began = time.perf_counter()
    command = [sys.executable, __file__, str(args.grid), "--data", str(args.data)]
    command += ["--out", str(args.out), "--one", name]
    ended = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
    )
    last = (ended.stdout if ended.returncode == 0 else ended.stderr).strip().splitlines()[-1:]
    text = last[0] if last else f"exit code {ended.returncode}"
    print(f"{name}: {time.perf_counter() - began:.0f} s, {text}", flush=True)


def _one(name: str, settings: dict[str, Any], results: Path) -> None:
    import torch

    from classblocks.core.malloc import keep_freed_memory
    from classblocks.nn.training.config_file import config_of
    from classblocks.nn.training.run import train

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    keep_freed_memory()
    began = time.strftime("%Y-%m-%d %H:%M:%S")
    trained = train(config_of(settings), progress=False)
    on_gpu = torch.cuda.is_available()
    line = {
        "run": name,
        "settings": {key: _plain(value, settings) for key, value in settings.items()},
        "command": shlex.join([Path(sys.argv[0]).name, Path(sys.argv[1]).name, "--only", name]),
        "device": torch.cuda.get_device_name() if on_gpu else f"{_processor()}, CPU",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "commit": _commit(),
        "began": began,
        "log": trained.log,
    }
    results.parent.mkdir(exist_ok=True)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(f"top-1 {100 * trained.log[-1]['top1']:.2f} %")


def _plain(value: object, settings: dict[str, Any]) -> object:
    """Leave out where things lie on this machine."""
    is_path = isinstance(value, str) and value.startswith("/")
    return Path(value).name if is_path else value


def _processor() -> str:
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.split(":")[1].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=HERE
    )
    return found.stdout.strip()


if __name__ == "__main__":
    main()
