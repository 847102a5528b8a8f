"""What earlier runs say of how long builds take."""

from orchestrator.model.result import Origin
from orchestrator.planning.schedule import Recorded
from orchestrator.results.store import Store

SQUARES_READ = 4000
"""Of the latest runs; reading them takes some tenths of a second."""


def recorded(store: Store) -> Recorded:
    """Mean seconds of a build by cell, over the latest runs."""
    base: dict[str, list[float]] = {}
    patch: dict[str, list[float]] = {}
    room = SQUARES_READ
    for record in store.runs():
        room -= record.squares
        if room < 0:
            break
        for square in store.squares(record.id):
            if square.origin is Origin.BUILT and square.seconds:
                (patch if square.commit else base).setdefault(square.target, []).append(square.seconds)
    return Recorded(base=_means(base), patch=_means(patch))


def _means(seconds: dict[str, list[float]]) -> dict[str, float]:
    return {target: sum(values) / len(values) for target, values in seconds.items()}
