import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "classblocks"

# cli → {app, demo → nn} → study → core; app and nn meet on disk.
MAY_IMPORT = {
    "core": {"core"},
    "study": {"study", "core"},
    "nn": {"nn", "study", "core"},
    "app": {"app", "study", "core"},
    "demo": {"demo", "nn", "study", "core"},
    "cli": {"cli", "app", "demo", "nn", "study", "core"},
    "__init__": {"study", "core"},
    "__main__": {"cli"},
}
ONLY_IN = {
    "torch": {"nn"},
    "torchvision": {"nn"},
    "timm": {"nn"},
    "safetensors": {"nn"},
    "onnxruntime": {"nn"},
    "starlette": {"app"},
    "uvicorn": {"app", "cli"},
    "matplotlib": {"demo"},
    "click": {"cli"},
    "PIL": {"study", "app", "nn", "demo"},
}
# The demo trains a network of its own; nothing but the command ``demo`` imports this module.
MAY_ALSO = {"demo/training.py": {"torch", "safetensors"}}
MODULES = sorted(SOURCE.rglob("*.py"))


def layer_of(file):
    return file.relative_to(SOURCE).with_suffix("").parts[0]


def only_for_types(tree):
    """Collect the nodes under ``if TYPE_CHECKING:``, which never run."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
    ]
    return {id(inner) for block in blocks for line in block.body for inner in ast.walk(line)}


def imports(tree, package):
    """Yield (line, module) of every import, those inside functions included."""
    skipped = only_for_types(tree)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # "from classblocks import nn" names the layer in the alias.
            yield node.lineno, base
            if base == "classblocks":
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def violations(source, layer, package, also=()):
    found = []
    for line, module in imports(ast.parse(source), package):
        top, _, rest = module.partition(".")
        if top == "classblocks":
            target = rest.partition(".")[0]
            if target in MAY_IMPORT and target not in MAY_IMPORT[layer]:
                found.append(f"line {line}: {layer} imports {module}")
        elif layer not in ONLY_IN.get(top, {layer}) and top not in also:
            found.append(f"line {line}: {layer} imports {module}")
    return found


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_module_imports_only_what_its_layer_may(file):
    assert layer_of(file) in MAY_IMPORT, f"{file.name}: say what this layer may import"
    package = ["classblocks", *file.relative_to(SOURCE).parts[:-1]]
    also = MAY_ALSO.get(file.relative_to(SOURCE).as_posix(), ())
    assert violations(file.read_text(encoding="utf-8"), layer_of(file), package, also) == []


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        ("import torch", "core"),
        ("def f():\n    import torch.nn", "study"),
        ("from classblocks.nn import record", "app"),
        ("def f():\n    from classblocks import nn", "app"),
        ("from ..app import wire", "nn"),
        ("from .. import app", "nn"),
        ("from classblocks.study import open", "core"),
        ("import importlib\nimportlib.import_module('torch')", "app"),
        ("from starlette.routing import Route", "study"),
    ],
)
def test_the_rule_sees_every_way_to_import(source, layer):
    assert len(violations(source, layer, ["classblocks", layer])) == 1


def test_imports_for_type_checkers_do_not_count():
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
    assert violations(source, "cli", ["classblocks", "cli"]) == []
    assert len(violations(source + "else:\n    import torch", "cli", ["classblocks", "cli"])) == 1
