"""Size of the core installation and time of ``import classblocks``, from this checkout.

Run ``python benchmarks/install.py``: makes a fresh environment in a temporary folder.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST_MODULES = "import classblocks, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"


def main() -> None:
    """Print megabytes and milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        python = environment / "bin/python"
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        site = next((environment / "lib").glob("python*/site-packages"))
        before, before_plain = size(site), size(site, bytecode=False)
        start = time.perf_counter()
        subprocess.run([python, "-m", "pip", "install", "-q", ROOT], check=True)
        print(f"pip install .        {time.perf_counter() - start:8.1f} s, the bundle built in it")
        plain = (size(site, bytecode=False) - before_plain) / 1e6
        print(f"files of packages    {plain:8.0f} MB on disk")
        print(f"with bytecode        {(size(site) - before) / 1e6:8.0f} MB on disk")
        modules = subprocess.run(
            [python, "-c", LIST_MODULES], check=True, capture_output=True, text=True
        ).stdout.split()
        heavy = sorted({"torch", "numpy", "scipy", "pyarrow", "starlette", "PIL"} & set(modules))
        print(
            f"import classblocks   {import_time(python) * 1e3:8.0f} ms; imports {heavy or 'none'}"
        )


def size(folder: Path, bytecode: bool = True) -> int:
    """Bytes of all files below a folder, with or without the bytecode that pip compiles."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files if bytecode or file.suffix != ".pyc")


def import_time(python: Path, runs: int = 9) -> float:
    """Median seconds of the import alone, each in a new process."""
    code = (
        "import time; t = time.perf_counter(); import classblocks; print(time.perf_counter() - t)"
    )
    runs_output = [
        subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout
        for _ in range(runs)
    ]
    return statistics.median(map(float, runs_output))


if __name__ == "__main__":
    main()
