import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binomtest

from classblocks import study as studies
from classblocks.app.context import Context
from classblocks.app.report import report, text
from classblocks.cli import main
from classblocks.core.hierarchy import Hierarchy

NAMES = ["pug", "husky", "cup", "bowl", "soup", "pear"]
TREE = {"thing": {"animal": ["pug", "husky"], "object": {"ware": NAMES[2:4], "food": NAMES[4:]}}}


def probabilities(true, rate, seed):
    """Scores of which about `rate` are right; wrong ones mostly stay in the pair of classes."""
    rng = np.random.default_rng(seed)
    pred = np.where(rng.random(len(true)) < 0.8, true ^ 1, rng.integers(0, 6, len(true)))
    pred = np.where(rng.random(len(true)) < rate, true, pred)
    p = rng.random((len(true), 6)) * 0.1
    p[np.arange(len(true)), pred] += 1
    return p / p.sum(1, keepdims=True)


@pytest.fixture
def study(tmp_path):
    true = np.repeat(np.arange(6), 100)
    study = studies.create(tmp_path / "study", NAMES)
    study.add_hierarchy("given", Hierarchy.from_nested(TREE, NAMES).contract(), default=True)
    for epoch, (old, new) in enumerate([(0.2, 0.4), (0.5, 0.75), (0.6, 0.8)], 1):
        for model, rate, seed in (("old", old, epoch), ("new", new, 10 + epoch)):
            study.add_result(
                f"{model}-{epoch}",
                true=true,
                probabilities=probabilities(true, rate, seed),
                sample_id=np.arange(600),
                model=model,
                epoch=epoch,
            )
    study.refresh()
    return study


def compared(study, result="new-3", baseline="old-3"):
    facts = report(Context(study), study.results[result], "given", against=study.results[baseline])
    return facts["against"], facts


def test_errors_are_compared_on_the_same_samples(study):
    found, _ = compared(study)
    new, old = study.results["new-3"], study.results["old-3"]
    right, before = new.true == new.pred, old.true == old.pred
    top1, top5 = found["errors"]
    assert top1["error"] == pytest.approx(1 - right.mean())
    assert top1["change"]["value"] == pytest.approx((1 - right.mean()) / (1 - before.mean()) - 1)
    assert (top1["gained"], top1["lost"]) == ((right & ~before).sum(), (before & ~right).sum())
    fair = binomtest(top1["gained"], top1["gained"] + top1["lost"])
    assert top1["p_value"] == pytest.approx(fair.pvalue)
    assert top1["change"]["low"] < top1["change"]["value"] < top1["change"]["high"] < 0
    assert top5["error"] == pytest.approx((new.true_rank >= 5).mean())
    assert top1["published"] == pytest.approx(-0.194, abs=5e-4)
    assert top5["published"] == pytest.approx(-0.336, abs=5e-4)


def test_the_interval_of_the_change_is_that_of_the_bootstrap(study):
    found, _ = compared(study)
    new, old = study.results["new-3"], study.results["old-3"]
    wrong, before = new.true != new.pred, old.true != old.pred
    rows = np.random.default_rng(0).integers(0, 600, (4000, 600))
    drawn = wrong[rows].sum(1) / before[rows].sum(1) - 1
    low, high = np.quantile(drawn, [0.025, 0.975])
    change = found["errors"][0]["change"]
    assert change["low"] == pytest.approx(low, abs=0.02)
    assert change["high"] == pytest.approx(high, abs=0.02)


def test_levels_and_mistakes_as_counted_by_hand(study):
    found, _ = compared(study)
    new = study.results["new-3"]
    pair, broad = new.true // 2 == new.pred // 2, (new.true < 2) == (new.pred < 2)
    levels = {level["n_groups"]: level for level in found["levels"]}
    assert levels[2]["accuracy"] == pytest.approx(broad.mean())
    assert levels[6]["accuracy"] == pytest.approx((new.true == new.pred).mean())
    # The pairs of animals and of the objects lie at different depths.
    assert levels[4]["accuracy"] == pytest.approx(
        np.where(new.true < 2, new.true == new.pred, pair).mean()
    )
    height = np.where(new.true == new.pred, 0, np.where(pair, 1, np.where(broad, 2, 3)))
    by_name = {one["name"]: one["result"]["value"] for one in found["mistakes"]}
    assert by_name["severity"] == pytest.approx(height[height > 0].mean())
    assert by_name["hd_1"] == pytest.approx(height.mean())


def test_the_course_tells_when_the_baseline_is_reached(study):
    found, facts = compared(study)
    assert found["course"]["reached"] == 2
    assert [line["epoch"] for line in found["course"]["epochs"]] == [1, 2, 3]
    back, _ = compared(study, "old-3", "new-3")
    assert back["course"]["reached"] is None
    written = text(facts)
    assert "the final error before (epoch 3) is reached at epoch 2" in written
    assert "compared with old-3, on 600 samples" in written


def test_a_result_compared_with_itself_has_not_changed(study):
    found, facts = compared(study, "old-3", "old-3")
    assert found["errors"][0]["change"] == {"value": 0, "low": 0, "high": 0}
    assert found["errors"][0]["p_value"] == 1
    assert "+0.0 % (+0.0 to +0.0)" in text(facts)


def test_only_common_samples_count_and_none_is_an_error(study):
    true = np.repeat(np.arange(6), 10)
    half = np.concatenate([np.arange(100 * c, 100 * c + 10) for c in range(6)])
    study.add_result("part", true=true, pred=true, sample_id=half, model="part")
    study.add_result("other", true=true, pred=true, sample_id=np.arange(60) + 5000, model="o")
    study.refresh()
    found, facts = compared(study, "part", "old-3")
    assert found["n_samples"] == 60
    assert [one["name"] for one in found["errors"]] == ["top1"]
    assert found["course"] is None
    assert found["mistakes"][0]["result"]["value"] is None
    text(facts)
    with pytest.raises(ValueError, match="part and other have no sample in common"):
        compared(study, "part", "other")


def test_the_command_compares(study):
    arguments = ["report", str(study.path), "--result", "new-3", "--against"]
    shown = CliRunner().invoke(main, [*arguments, "old-3"])
    assert shown.exit_code == 0, shown.output
    assert "-19.4 %" in shown.output
    wrong = CliRunner().invoke(main, [*arguments, "nothing"])
    assert wrong.exit_code == 1
    assert "no result 'nothing'" in wrong.output
