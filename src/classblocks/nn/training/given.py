"""What a training run is given by files and its study: classes, hierarchy, branches."""

from pathlib import Path

from classblocks.core.branch_plan import BranchPlan
from classblocks.core.branching import even_cuts
from classblocks.core.hierarchy import Hierarchy
from classblocks.nn.training.config import Config
from classblocks.study.branches_file import read_branches
from classblocks.study.class_names import classes_called
from classblocks.study.classes_file import read_classes
from classblocks.study.format import STUDY_FILE, Classes, StudyError
from classblocks.study.hierarchy_file import read_hierarchy
from classblocks.study.images import ImageSource
from classblocks.study.study import Study, create
from classblocks.study.study import open as open_study


def classes_of(config: Config, images: ImageSource) -> tuple[Classes, Study | None]:
    """Find or make the study; its classes are its own, those of a file, or those of the images."""
    given = None if config.data.classes is None else read_classes(Path(config.data.classes))
    if config.study is not None and (Path(config.study) / STUDY_FILE).exists():
        study = open_study(config.study)
        if given is not None and Classes.of(given).names != study.classes.names:
            raise StudyError(
                f"{config.data.classes}: the classes are not those of the study {study.path}"
            )
        return study.classes, study
    if given is None:
        if images.class_names is None:
            raise StudyError(
                f"{config.data.train}: the images have numbers for labels: name a file of classes "
                "in data.classes"
            )
        given = classes_called(images.class_names)
    classes = Classes.of(given)
    return classes, None if config.study is None else create(config.study, given)


def hierarchy_of(name: str | None, study: Study | None, classes: Classes) -> Hierarchy | None:
    """Take the study's hierarchy of that name, or read a file."""
    if name is None:
        return None
    if study is not None and name in study.hierarchies:
        return study.hierarchies[name]
    return read_hierarchy(name, classes)[1]


def plan_of(
    config: Config, study: Study | None, classes: Classes, hierarchy: Hierarchy | None
) -> BranchPlan | None:
    """Take branches from the study or a file, or cut a hierarchy; None where none are wanted."""
    method = config.method
    if method.kind != "branches":
        return None
    if method.branches is None:
        assert hierarchy is not None and method.layers  # Config saw to it
        return even_cuts(
            hierarchy,
            method.layers,
            first=method.n_groups,
            factor=method.factor,
            classes=classes.names,
            hierarchy_name=method.hierarchy or config.hierarchy,
        )
    if study is not None and method.branches in study.branches:
        return study.branches[method.branches]
    return read_branches(Path(method.branches), classes.names)
