from dataclasses import dataclass

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from scipy.special import softmax  # noqa: E402

from classblocks.nn.outputs import finite, logits_of, probabilities  # noqa: E402

pytestmark = pytest.mark.torch


@dataclass
class Answer:
    loss: object
    logits: object


def test_scores_are_found_in_what_networks_give():
    scores = torch.randn(2, 3)
    other = torch.zeros(2, 9)
    for output in (
        scores,
        (scores, other),
        [scores],
        {"logits": scores},
        {"hidden": other, "logits": scores},
        {"first": scores, "second": other},
        Answer(other, scores),
    ):
        assert torch.equal(logits_of(output, 3), scores)


def test_wrong_outputs_say_what_came():
    with pytest.raises(ValueError, match="tells 4 classes apart, the study has 3"):
        logits_of(torch.zeros(2, 4), 3)
    with pytest.raises(ValueError, match=r"shape \(2, 3, 1\)"):
        logits_of(torch.zeros(2, 3, 1), 3)
    with pytest.raises(ValueError, match="NoneType"):
        logits_of(None, 3)


def test_probabilities_are_a_softmax_in_single_precision():
    scores = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)) * 20
    found = probabilities(finite(scores.to(torch.bfloat16), 0))
    assert found.dtype == np.float32
    expected = softmax(scores.to(torch.bfloat16).double().numpy(), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_scores_that_are_not_finite_name_the_batch():
    scores = torch.zeros(4, 3)
    scores[2, 1] = torch.nan
    with pytest.raises(ValueError, match="row 2 of the batch from image 512"):
        finite(scores, 512)
