"""What all results together say of the series: findings and the report that every format is rendered from."""

from dataclasses import dataclass

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.matrix import Target
from orchestrator.model.result import CellResult
from orchestrator.model.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fingerprint with the commit that introduced it and the targets that show it.

    `id` is stable across runs (a digest of fingerprint and introducing commit's place). `sample` is its first
    occurrence. `introduced_by` is None when masks leave several `suspects`; `seen_at` is the first commit that shows
    it, 0 for one the base already had. `fixed_by` is None while it is there. `occurrences` counts distinct places
    over all targets at `seen_at`. `root_cause` is the id of the finding this one follows from. `counts` is False for
    what never reddens the series: what the base had, what `allow` or `report.fail_on` exempts. `touches` says
    whether the introducing patch touches the very `line`, the `file`, or neither (None).
    """

    id: str
    sample: Diagnostic
    introduced_by: int | None
    seen_at: int
    suspects: tuple[int, ...]
    fixed_by: int | None
    targets: tuple[str, ...]
    occurrences: int
    root_cause: str | None = None
    counts: bool = True
    touches: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SquareDelta:
    """What one commit did in one target: ids of findings introduced (or first seen) and fixed there."""

    commit: int
    target: str
    introduced: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """What a run recorded of a target beyond its definition. `compiler_version` is the `--version` line."""

    target: Target
    image_id: str
    compiler_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a report needs; every format is a function of this value alone.

    `verdict`: clean, findings or incomplete (some square is unknown or not-run and nothing worse was found).
    `results` and `deltas` have one entry per (commit, target), commits 0..n, in series order then matrix order.
    `preexisting` are findings of the base (`seen_at` 0). `started` is an ISO 8601 UTC time.
    """

    run: str
    tool_version: str
    verdict: str
    series: Series
    targets: tuple[TargetFacts, ...]
    results: tuple[CellResult, ...]
    deltas: tuple[SquareDelta, ...]
    findings: tuple[Finding, ...]
    preexisting: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    started: str = ""
    seconds: float = 0.0
