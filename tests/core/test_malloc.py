import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from classblocks.core.malloc import keep_freed_memory, return_freed_memory

{how}()
for turn in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(48 << 20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = (48 << 20) // 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems are left alone")
@pytest.mark.parametrize("how", ["keep_freed_memory", "return_freed_memory"])
def test_pages_of_a_large_array_are_kept_or_given_back(how):
    # Huge pages would make few faults of many.
    script = SCRIPT.format(how=how)
    faults = int(
        subprocess.run(
            [sys.executable, "-c", script],
            env={"NUMPY_MADVISE_HUGEPAGE": "0"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    )
    if how == "keep_freed_memory":
        assert faults < PAGES / 100
    else:
        assert faults >= 1
