"""See, diagnose and improve large image classifiers through their class hierarchy."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classblocks.core.branch_plan import BranchPlan as BranchPlan
    from classblocks.core.branching import suggest_branches as suggest_branches
    from classblocks.core.calibration import (
        expected_calibration_error as expected_calibration_error,
    )
    from classblocks.core.calibration import reliability as reliability
    from classblocks.core.columns import Columns as Columns
    from classblocks.core.compare import compare_hierarchies as compare_hierarchies
    from classblocks.core.compare import compare_levels as compare_levels
    from classblocks.core.compare import dasgupta_cost as dasgupta_cost
    from classblocks.core.confusion import confusion as confusion
    from classblocks.core.criteria import order_criteria as order_criteria
    from classblocks.core.crm import crm as crm
    from classblocks.core.hierarchical import hierarchical_metrics as hierarchical_metrics
    from classblocks.core.hierarchy import Hierarchy as Hierarchy
    from classblocks.core.inside import confused_inside as confused_inside
    from classblocks.core.logits import LogitSums as LogitSums
    from classblocks.core.logits import logit_similarity as logit_similarity
    from classblocks.core.metrics import cut_accuracy as cut_accuracy
    from classblocks.core.metrics import group_metrics as group_metrics
    from classblocks.core.metrics import level_mass as level_mass
    from classblocks.core.order import order_classes as order_classes
    from classblocks.core.outliers import block_outliers as block_outliers
    from classblocks.core.partition import partition as partition
    from classblocks.core.relevance import auroc as auroc
    from classblocks.core.relevance import margin as margin
    from classblocks.core.relevance import relevance as relevance
    from classblocks.core.repair import repair_moves as repair_moves
    from classblocks.core.separability import separability as separability
    from classblocks.core.significance import difference_interval as difference_interval
    from classblocks.core.significance import group_differences as group_differences
    from classblocks.core.significance import mcnemar as mcnemar
    from classblocks.core.significance import paired_differences as paired_differences
    from classblocks.core.significance import paired_interval as paired_interval
    from classblocks.core.where import Where as Where
    from classblocks.study import Study as Study
    from classblocks.study import StudyError as StudyError
    from classblocks.study import create as create
    from classblocks.study import open as open

__version__ = "0.1.0"

_MODULE_OF = {
    "BranchPlan": "core.branch_plan",
    "Columns": "core.columns",
    "Hierarchy": "core.hierarchy",
    "LogitSums": "core.logits",
    "Study": "study",
    "StudyError": "study",
    "Where": "core.where",
    "auroc": "core.relevance",
    "block_outliers": "core.outliers",
    "compare_hierarchies": "core.compare",
    "compare_levels": "core.compare",
    "confused_inside": "core.inside",
    "confusion": "core.confusion",
    "create": "study",
    "crm": "core.crm",
    "cut_accuracy": "core.metrics",
    "dasgupta_cost": "core.compare",
    "difference_interval": "core.significance",
    "expected_calibration_error": "core.calibration",
    "group_differences": "core.significance",
    "group_metrics": "core.metrics",
    "hierarchical_metrics": "core.hierarchical",
    "level_mass": "core.metrics",
    "logit_similarity": "core.logits",
    "margin": "core.relevance",
    "mcnemar": "core.significance",
    "open": "study",
    "order_classes": "core.order",
    "order_criteria": "core.criteria",
    "paired_differences": "core.significance",
    "paired_interval": "core.significance",
    "partition": "core.partition",
    "relevance": "core.relevance",
    "reliability": "core.calibration",
    "repair_moves": "core.repair",
    "separability": "core.separability",
    "suggest_branches": "core.branching",
}

__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import classblocks`` stays light."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
