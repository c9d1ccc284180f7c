import subprocess
import sys

import pytest

import classblocks

HEAVY = ("numpy", "scipy", "pyarrow", "PIL", "torch", "starlette", "click")


def modules_after(code):
    out = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(out.stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import classblocks").intersection(HEAVY)


def test_the_arrays_of_core_need_only_numpy():
    loaded = modules_after(
        "import classblocks as cb\n"
        "tree = cb.Hierarchy.from_nested({'a': [0, 1], 'b': [2]}, list('xyz'))\n"
        "cb.group_metrics(cb.confusion([0, 1, 2], [0, 2, 2], 3), tree)\n"
        "cb.Where(top_k=1), cb.relevance\n"
    )
    assert "numpy" in loaded
    assert not loaded.intersection(("scipy", "pyarrow", "torch", "PIL"))


def test_every_public_name_is_there():
    for name in classblocks.__all__:
        assert getattr(classblocks, name) is not None
    assert set(dir(classblocks)) == set(classblocks.__all__)
    assert callable(classblocks.confusion)
    assert callable(classblocks.relevance)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'classblocks' has no attribute 'nope'"):
        classblocks.nope  # noqa: B018
