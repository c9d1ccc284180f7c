import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from classblocks.nn.weights import checksum, load_weights  # noqa: E402

pytestmark = pytest.mark.torch


def network(seed, width=4):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width))


def same(a, b):
    return all(torch.equal(a.state_dict()[name], value) for name, value in b.state_dict().items())


def test_every_form_gives_the_same_weights(tmp_path):
    source = network(1)
    state = source.state_dict()
    save_file(
        {name: value.contiguous() for name, value in state.items()}, tmp_path / "a.safetensors"
    )
    torch.save(state, tmp_path / "b.pt")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "c.pt")
    torch.save(
        {"model": {f"module.{n}": v for n, v in state.items()}, "args": {}}, tmp_path / "d.pt"
    )
    torch.save({"network": state, "optimizer": {"lr": 1.0}}, tmp_path / "e.pt")
    for name in ("a.safetensors", "b.pt", "c.pt", "d.pt", "e.pt"):
        target = network(2)
        assert not same(target, source)
        load_weights(target, tmp_path / name)
        assert same(target, source), name


def test_a_file_that_does_not_fit_says_how(tmp_path):
    state = network(1).state_dict()
    state["extra.weight"] = state.pop("0.weight")
    torch.save(state, tmp_path / "names.pt")
    with pytest.raises(ValueError, match=r"lacks 0\.weight \(1\); it has unknown extra\.weight"):
        load_weights(network(2), tmp_path / "names.pt")
    torch.save(network(1, width=5).state_dict(), tmp_path / "shape.pt")
    before = network(2)
    with pytest.raises(ValueError, match=r"another shape of 0\.weight, 0\.bias.*…"):
        load_weights(before, tmp_path / "shape.pt")
    assert same(before, network(2))


class Evil:
    def __reduce__(self):
        return (print, ("code ran",))


def test_files_that_could_run_code_or_hold_no_weights_are_refused(tmp_path, capsys):
    torch.save({"state_dict": Evil()}, tmp_path / "evil.pt")
    (tmp_path / "text.pt").write_text("hello")
    (tmp_path / "text.safetensors").write_text("hello")
    torch.save([1, 2], tmp_path / "list.pt")
    torch.save({"epoch": 3}, tmp_path / "none.pt")
    for name, what in (
        ("evil.pt", "not a file of plain tensors"),
        ("text.pt", "not a file of plain tensors"),
        ("text.safetensors", "not a safetensors file"),
        ("list.pt", "holds list"),
        ("none.pt", "holds no tensors"),
        ("missing.pt", "no such weights file"),
    ):
        with pytest.raises(ValueError, match=what) as error:
            load_weights(network(1), tmp_path / name)
        assert "weights_only" not in str(error.value)
    assert "code ran" not in capsys.readouterr().out


def test_checksum_changes_with_any_value():
    a, b = network(1), network(1)
    assert checksum(a) == checksum(b)
    with torch.no_grad():
        b[0].bias[0] += 1e-6
    assert checksum(a) != checksum(b)
    assert len(checksum(a)) == 64
