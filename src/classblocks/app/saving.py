"""What the page keeps in the study: hierarchies, plans of branches and findings."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from classblocks.app.parameters import Parameters, RequestError, answering, short
from classblocks.app.trees import preorder_tree, read_arrays
from classblocks.app.views.tables import ALIAS_SEPARATOR
from classblocks.core.branch_plan import BranchPlan
from classblocks.study.format import BRANCHES, NameTakenError, StudyError

if TYPE_CHECKING:
    from classblocks.app.context import Context

_KINDS = ("hierarchy", "branches", "finding", "forget")
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class SaveError(Exception):
    """What could not be saved for a reason that is not in the message; ``status`` is HTTP's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def can_save(context: "Context") -> bool:
    """Whether this process may write into the study."""
    return os.access(context.study.path, os.W_OK)


def save(context: "Context", message: Any) -> dict[str, str]:  # noqa: ANN401
    """Answer one ``/api/save`` request, given as decoded JSON; nothing is replaced unasked."""
    if not isinstance(message, dict):
        raise RequestError(f"a request is a JSON object, got {type(message).__name__}")
    given = {name: value for name, value in message.items() if name != "kind"}
    kind = Parameters("save", message).text("kind", _KINDS, "kind to save")
    parameters = Parameters(f"save {kind}", given)
    with _saving(context):
        if kind == "hierarchy":
            return _save_hierarchy(context, parameters)
        if kind == "branches":
            return _save_branches(context, parameters)
        if kind == "finding":
            return _save_finding(context, parameters)
        return _forget(context, parameters)


def _save_hierarchy(context: "Context", parameters: Parameters) -> dict[str, str]:
    name = parameters.any_text("name")
    parent, class_of_node = read_arrays(parameters, len(context.study.classes))
    names = parameters.texts("names", len(parent))
    aliases = parameters.texts("aliases", len(parent))
    how = _object(parameters, "how")
    replace, is_default = _flag(parameters, "replace"), _flag(parameters, "default")
    parameters.finish()
    tree = preorder_tree(
        "save hierarchy",
        parent,
        class_of_node,
        context.study.classes.names,
        names,
        [tuple(joined.split(ALIAS_SEPARATOR)) if joined else () for joined in aliases],
        how,
    )
    context.study.save_hierarchy(name, tree, replace, is_default)
    return {"name": name}


def _save_branches(context: "Context", parameters: Parameters) -> dict[str, str]:
    name = parameters.any_text("name")
    obj = _object(parameters, "plan")
    replace = _flag(parameters, "replace")
    parameters.finish()
    with answering("save branches"):
        plan = BranchPlan.from_json(obj, len(context.study.classes))
    context.study.save_branches(name, plan, replace)
    return {"name": name, "path": f"{BRANCHES}/{name}.json"}


def _save_finding(context: "Context", parameters: Parameters) -> dict[str, str]:
    name, note = parameters.any_text("name"), parameters.any_text("note")
    state = _object(parameters, "state")
    parameters.finish()
    return {"id": context.study.add_finding(name, note, state).id}


def _forget(context: "Context", parameters: Parameters) -> dict[str, str]:
    finding_id = parameters.any_text("id")
    parameters.finish()
    context.study.remove_finding(finding_id)
    return {}


def _flag(parameters: Parameters, name: str) -> bool:
    value = parameters.value(name)
    if not isinstance(value, bool):
        raise RequestError(f"save: {name!r} must be true or false, got {short(value)}")
    return value


def _object(parameters: Parameters, name: str) -> Mapping[str, Any]:
    value = parameters.value(name)
    if not isinstance(value, dict):
        raise RequestError(f"save: {name!r} must be an object, got {short(value)}")
    return value


@contextmanager
def _saving(context: "Context") -> Iterator[None]:
    try:
        yield
    except NameTakenError as error:
        raise SaveError(409, str(error)) from None
    except StudyError as error:
        raise RequestError(str(error)) from None
    except RecursionError:
        raise RequestError("save: too deeply nested") from None
    except OSError as error:
        cause = error.errno or getattr(error.__cause__, "errno", None)
        if cause in _FORBIDDEN or not can_save(context):
            raise SaveError(
                403, f"{context.study.path} cannot be written to by this program: {error}"
            ) from None
        raise SaveError(507, f"not saved: {error}") from None
