"""Everything decided before the first build: images, compilers, recipes, and what is known already."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.containers import images
from orchestrator.containers.engine import Client, connect
from orchestrator.errors import InfrastructureError
from orchestrator.model.event import Observer, StageOutput, StageStarted
from orchestrator.model.matrix import Matrix, Target
from orchestrator.model.result import CellResult
from orchestrator.model.series import Series
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.history import TargetHistory
from orchestrator.pipeline.probes import Probes
from orchestrator.pipeline.resources import data
from orchestrator.planning.command import version_argv
from orchestrator.planning.lanes import Plan, plan
from orchestrator.planning.recipe import recipe
from orchestrator.reporting.text import count
from orchestrator.results.store import Store

JOB_SERVER_SINCE = (4, 4)
"""GNU make that takes `--jobserver-auth=fifo:PATH`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything decided before the first build. `recipes` are by target name."""

    matrix: Matrix
    series: Series
    facts: tuple[TargetFacts, ...]
    recipes: Mapping[str, str]


def prepare(matrix: Matrix, series: Series, observe: Observer, *, cache: Path) -> Prepared:
    """Get every image, find out what is in them. Raises InfrastructureError."""
    observe(StageStarted(text=f"Toolchain images for {count(len(matrix.targets), 'cell')}"))
    specs = tuple(dict.fromkeys(target.image for target in matrix.targets))
    ids = images.ensure(specs, data("containers"), lambda line: observe(StageOutput(text=line)))
    with connect() as client:
        probes = Probes(cache / "probes")
        facts = tuple(_facts(client, probes, target, ids[target.image.reference]) for target in matrix.targets)
    share = max(1, len(os.sched_getaffinity(0)) // len(facts))
    settled = tuple(facts_of if shared else _without_job_server(facts_of, share) for facts_of, shared in facts)
    return Prepared(
        matrix=replace(matrix, targets=tuple(fact.target for fact in settled)),
        series=series,
        facts=settled,
        recipes={fact.target.name: recipe(fact.target, fact.image_id) for fact in settled},
    )


def _facts(client: Client, probes: Probes, target: Target, image_id: str) -> tuple[TargetFacts, bool]:
    """What is in the target's image, and whether its make can share one job server with others."""
    tried, image = " ".join(version_argv(target)), f"{target.image.reference} ({image_id[:19]})"
    wanted = "an image needs sh, make and the compiler; see `compilers` in docs/matrix.md"
    try:
        compiler, make = probes.ask(client, image_id, (version_argv(target), ("make", "--version")))
    except InfrastructureError as error:
        raise InfrastructureError(f"{target.name}: nothing can be run in image {image}: {wanted}\n{error}") from error
    if not compiler:
        raise InfrastructureError(f"{target.name}: `{tried}` fails in image {image}: {wanted}")
    version = re.search(r"(\d+)\.(\d+)", make)
    shares = version is not None and (int(version[1]), int(version[2])) >= JOB_SERVER_SINCE
    return TargetFacts(target=target, image_id=image_id, compiler_version=compiler), shares


def _without_job_server(facts: TargetFacts, share: int) -> TargetFacts:
    """An older make gets a fixed share of the cores."""
    resources = facts.target.resources
    if resources.jobs:
        return facts
    return replace(facts, target=replace(facts.target, resources=replace(resources, jobs=share)))


def make_plan(prepared: Prepared, store: Store, *, rebuild: bool = False) -> Plan:
    """What is known already and what is left to build."""
    known: dict[tuple[int, str], CellResult] = {}
    for fact in prepared.facts:
        if not rebuild:
            known |= _known(prepared, store, fact.target)
    return plan(
        prepared.series,
        prepared.matrix.targets,
        {fact.target.name: fact.image_id for fact in prepared.facts},
        prepared.recipes,
        known,
    )


def _known(prepared: Prepared, store: Store, target: Target) -> dict[tuple[int, str], CellResult]:
    """The stored results of a target from the base on, up to the first gap."""
    history = TargetHistory(prepared.series, target, prepared.recipes[target.name])
    while len(history.results) < len(prepared.series.all):
        found = store.known(history.key)
        if found is None:
            break
        history.enter(replace(found, commit=len(history.results), target=target.name))
    return {(result.commit, target.name): result for result in history.results}
