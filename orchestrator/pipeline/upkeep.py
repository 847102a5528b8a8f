"""Images made ahead of time, and the clean-up of what is kept on disk."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.containers import images
from orchestrator.containers.engine import connect
from orchestrator.errors import InfrastructureError
from orchestrator.execution.scratch import reap
from orchestrator.execution.warm import WarmBuilds
from orchestrator.model.event import Observer, StageOutput, StageStarted
from orchestrator.model.matrix import ImageSpec
from orchestrator.pipeline.resources import Places, data
from orchestrator.reporting.text import count
from orchestrator.results.store import Store

_DAY_S = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a clean-up removed; `bytes` counts results and logs. `warm`: kept build directories.

    `trouble`: why containers could not be looked for.
    """

    runs: int
    results: int
    logs: int
    bytes: int
    trees: int
    warm: int
    trouble: str = ""


def build_images(specs: tuple[ImageSpec, ...], observe: Observer) -> Mapping[str, str]:
    """Image ids by reference, building what is missing. Raises InfrastructureError."""
    observe(StageStarted(text=f"Looking at {count(len(set(specs)), 'toolchain image')}"))
    return images.ensure(specs, data("containers"), lambda line: observe(StageOutput(text=line)))


def image_ids(specs: tuple[ImageSpec, ...]) -> Mapping[str, str | None]:
    """The local id of each by reference, None where it must be built first. Raises InfrastructureError."""
    with connect() as client:
        return {spec.reference: images.resolve(client, spec, data("containers")) for spec in specs}


def collect(places: Places, *, max_age_days: int, max_bytes: int | None) -> Collected:
    """Remove old runs and results, trees and build directories not used for as long, and whatever dead runs left.

    Works without an engine too: a full disk may be why there is none.
    """
    with Store.open(places.state) as store:
        freed = store.gc(max_age_days=max_age_days, max_bytes=max_bytes)
    trouble = ""
    try:
        with connect() as client:
            reap(client, places.cache)
    except InfrastructureError as error:
        trouble = str(error)
    oldest = time.time() - max_age_days * _DAY_S
    unused = [marker for marker in (places.cache / "trees").glob("*.used") if marker.stat().st_mtime < oldest]
    for marker in unused:
        tree = marker.with_suffix("")
        # The index first: without it a half-removed tree is never taken for a whole one.
        tree.with_name(f".{tree.name}.index").unlink(missing_ok=True)
        shutil.rmtree(tree, ignore_errors=True)
        marker.unlink(missing_ok=True)
    return Collected(
        runs=freed.runs,
        results=freed.results,
        logs=freed.logs,
        bytes=freed.bytes,
        trees=len(unused),
        warm=WarmBuilds(places.warm).trim(oldest=oldest),
        trouble=trouble,
    )
