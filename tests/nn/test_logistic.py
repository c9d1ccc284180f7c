import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from sklearn.linear_model import LogisticRegression  # noqa: E402

from classblocks.nn.logistic import Problem, fit  # noqa: E402
from classblocks.nn.penalty import choose, default_cs, judged  # noqa: E402

pytestmark = pytest.mark.torch


class Memory:
    """Rows in memory that come in blocks of seven."""

    def __init__(self, **parts):
        self.parts = {name: torch.tensor(rows, dtype=torch.float32) for name, rows in parts.items()}
        self.width = next(iter(self.parts.values())).shape[1]

    def blocks(self, parts):
        for part in parts:
            yield from self.parts[part].split(7)

    def take(self, parts, rows):
        return torch.cat([self.parts[part] for part in parts])[rows]


def clusters(n=120, width=5, n_classes=3, seed=0, spread=1.5):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    centres = rng.normal(size=(n_classes, width))
    return (centres[true] + spread * rng.normal(size=(n, width))).astype(np.float32), true


def problem(x, true, n_classes=3):
    return Problem(Memory(fit=x), ("fit",), torch.tensor(true), n_classes)


@pytest.mark.parametrize("c", [0.01, 1.0, 30.0])
def test_lbfgs_finds_what_scikit_learn_finds(c):
    x, true = clusters()
    found = fit(problem(x, true), c, tolerance=1e-4)
    expected = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(x, true)
    assert found.converged
    assert found.gradient <= 1e-4
    np.testing.assert_allclose(found.weight.T, expected.coef_, atol=5e-3)
    chances = torch.softmax(torch.tensor(x) @ found.weight + found.bias, 1)
    np.testing.assert_allclose(chances, expected.predict_proba(x), atol=2e-3)
    assert (chances.argmax(1).numpy() == expected.predict(x)).all()


def test_of_two_classes_too():
    x, true = clusters(n_classes=2)
    found = fit(problem(x, true, 2), 1.0, tolerance=1e-5)
    expected = LogisticRegression(C=1.0, tol=1e-10).fit(x, true)
    # Two columns of half the weight each cost half the penalty of one.
    both = LogisticRegression(C=2.0, tol=1e-10).fit(x, true)
    difference = (found.weight[:, 1] - found.weight[:, 0]).numpy()
    np.testing.assert_allclose(difference, both.coef_[0], atol=2e-3)
    assert np.abs(difference - expected.coef_[0]).max() > 1e-2


@pytest.mark.parametrize("parts", [("fit",), ("fit", "held")])
def test_the_gradient_is_that_of_the_objective(parts):
    x, true = clusters(n=40)
    rows = Memory(fit=x[:25], held=x[25:])
    target = torch.tensor(true[:25] if parts == ("fit",) else true)
    torch.manual_seed(0)
    weight, bias = torch.randn(5, 3), torch.randn(3)
    value, by_weight, by_bias = Problem(rows, parts, target, 3).value(weight, bias, 0.3)
    w, b = (tensor.double().requires_grad_() for tensor in (weight, bias))
    logits = torch.cat([rows.parts[part] for part in parts]).double() @ w + b
    n = len(target)
    expected = torch.nn.functional.cross_entropy(logits, target)
    expected = expected + (w**2).sum() / (2 * 0.3 * n)
    expected.backward()
    assert value == pytest.approx(expected.item(), rel=1e-6)
    np.testing.assert_allclose(by_weight, w.grad, atol=1e-6)
    np.testing.assert_allclose(by_bias, b.grad, atol=1e-6)


def test_too_few_steps_are_reported():
    x, true = clusters(spread=0.1)
    found = fit(problem(x, true), 1e4, tolerance=1e-6, most=2)
    assert not found.converged
    assert found.gradient > 1e-6


def test_a_better_start_needs_fewer_passes():
    x, true = clusters()
    cold = fit(problem(x, true), 3.0, tolerance=1e-4)
    warm = fit(problem(x, true), 3.0, start=(cold.weight, cold.bias), tolerance=1e-4)
    assert warm.passes < cold.passes / 2


def test_minibatches_come_near_to_the_exact_answer():
    x, true = clusters(n=600)
    found = fit(problem(x, true), 0.1, solver="minibatch", seed=1)
    exact = fit(problem(x, true), 0.1, tolerance=1e-5)
    at_end, *_ = problem(x, true).value(found.weight, found.bias, 0.1)
    least, *_ = problem(x, true).value(exact.weight, exact.bias, 0.1)
    assert found.converged
    assert least <= at_end < least + 5e-4
    again = fit(problem(x, true), 0.1, solver="minibatch", seed=1)
    assert torch.equal(found.weight, again.weight)


def test_the_penalty_is_that_with_the_best_accuracy_on_other_samples():
    x, true = clusters(n=460, width=30, spread=4)
    x, held, true, held_true = x[:60], x[60:], true[:60], true[60:]
    rows = Memory(fit=x, held=held)
    whole = Problem(rows, ("fit",), torch.tensor(true), 3)

    def found(problem, c, start):
        return fit(problem, c, start=start, tolerance=1e-4)

    cs = [1e-4, 1e-2, 0.1, 1.0]
    best, tried = choose(whole, ("held",), torch.tensor(held_true), cs, found)
    accuracy = [
        LogisticRegression(C=c, tol=1e-8, max_iter=5000).fit(x, true).score(held, held_true)
        for c in cs
    ]
    assert [one.c for one in tried] == cs[: len(tried)]
    np.testing.assert_allclose([one.accuracy for one in tried], accuracy[: len(tried)], atol=0.01)
    assert accuracy[1] > accuracy[3] + 0.02
    assert best.c == cs[int(np.argmax([one.accuracy for one in tried]))]


def test_weaker_penalties_than_two_that_do_worse_are_not_tried():
    x, true = clusters(n=30, width=20, spread=4)
    rows = Memory(fit=x, held=clusters(n=300, width=20, spread=4, seed=9)[0])
    calls = []
    accuracies = iter([0.5, 0.9, 0.9, 0.8, 0.99])

    def found(problem, c, start):
        calls.append(c)
        return fit(problem, c, start=start, most=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classblocks.nn.penalty.judged", lambda *_: (next(accuracies), 1.0))
        whole = Problem(rows, ("fit",), torch.tensor(true), 3)
        best, tried = choose(whole, ("held",), torch.zeros(300), [5, 1, 2, 3, 4], found)
    assert calls == [1, 2, 3, 4]
    assert best.c == 2  # of equal ones the stronger penalty
    assert len(tried) == 4


def test_the_default_grid_means_the_same_for_any_number_of_samples():
    assert default_cs(10) == sorted(default_cs(10))
    np.testing.assert_allclose(np.array(default_cs(10)) / 10, np.array(default_cs(100)))


def test_accuracy_and_loss_are_means_over_all_blocks():
    x, true = clusters(n=50)
    found = fit(problem(x, true), 1.0)
    accuracy, loss = judged(Memory(held=x), ("held",), torch.tensor(true), found)
    logits = torch.tensor(x) @ found.weight + found.bias
    assert accuracy == pytest.approx(float((logits.argmax(1).numpy() == true).mean()))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(true))
    assert loss == pytest.approx(expected.item(), rel=1e-5)
