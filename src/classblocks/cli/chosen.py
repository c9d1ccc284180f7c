"""The result set a command looks at."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classblocks.study.result import Result
    from classblocks.study.study import Study


def chosen_result(study: "Study", name: str | None) -> "Result":
    """Give the named result, or the last one of a network itself."""
    results = study.results
    if name is None:
        if not results:
            raise ValueError(f"{study.path} has no results yet")
        plain = [r for r in results.values() if not r.is_reranked and not r.coordinates.layer]
        return (plain or list(results.values()))[-1]
    if name not in results:
        known = f"it has {', '.join(results)}" if results else "it has none"
        raise ValueError(f"no result {name!r} in {study.path} ({known})")
    return results[name]
