import errno

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from sklearn.preprocessing import StandardScaler  # noqa: E402

from classblocks.nn import feature_file  # noqa: E402
from classblocks.nn.feature_file import FeatureFile  # noqa: E402

pytestmark = pytest.mark.torch
PARTS = ("fit", "held", "evaluation")


def written(folder, rows, width, batch=5):
    file = FeatureFile(folder, width, PARTS, ("fit", "held"))
    for part, values in rows.items():
        for start in range(0, len(values), batch):
            file.append(part, values[start : start + batch])
    return file


def rows(width=4, shift=1000.0):
    rng = np.random.default_rng(0)
    sizes = {"fit": 23, "held": 8, "evaluation": 11}
    return {p: (shift + rng.normal(size=(n, width))).astype(np.float32) for p, n in sizes.items()}


def test_every_part_is_standardised_on_the_fitted_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_file, "BLOCK_BYTES", 3 * 4 * 4)  # three rows
    given = rows()
    file = written(tmp_path, given, 4)
    file.standardise()
    scaler = StandardScaler().fit(np.concatenate([given["fit"], given["held"]]).astype(float))
    for part, values in given.items():
        blocks = list(file.blocks((part,)))
        assert max(map(len, blocks)) == 3
        np.testing.assert_allclose(torch.cat(blocks), scaler.transform(values), atol=2e-3)


def test_rows_are_taken_through_the_parts(tmp_path):
    file = written(tmp_path, rows(), 4)
    file.standardise()
    whole = torch.cat(list(file.blocks(("fit", "held"))))
    wanted = np.array([30, 0, 22, 23, 7])
    assert torch.equal(file.take(("fit", "held"), wanted), whole[wanted])


def test_constant_features_become_zero_everywhere(tmp_path):
    given = rows()
    for values in given.values():
        values[:, 2] = 0.1
    given["evaluation"][:, 2] = 7
    file = written(tmp_path, given, 4)
    assert file.n_constant == 1
    file.standardise()
    assert file.width == 4
    for part in PARTS:
        assert (torch.cat(list(file.blocks((part,))))[:, 2] == 0).all()


def test_a_part_without_rows_is_empty(tmp_path):
    file = written(tmp_path, {"fit": np.ones((3, 2), np.float32)}, 2)
    file.standardise()
    assert list(file.blocks(("held", "evaluation"))) == []


def test_a_full_disk_names_the_file(tmp_path):
    file = FeatureFile(tmp_path, 2, PARTS, ("fit",))

    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    file._open["fit"].close()
    file._open["fit"] = Full()
    with pytest.raises(OSError, match=r"fit\.f32 cannot be written: No space left on device"):
        file.append("fit", np.ones((1, 2), np.float32))
    file.close()


def test_removed_files_are_gone(tmp_path):
    file = written(tmp_path / "a", rows(), 4)
    file.standardise()
    file.remove()
    assert list((tmp_path / "a").iterdir()) == []
