"""The memory of a lane: what is known of every object after one more build (DESIGN D2).

A unit (see units.py) has one of these fates in a build. *Attempted*: what it printed replaces what was remembered;
if it failed, what the failure can hide is kept in `hidden`. *Blocked*: make never got to it; what was remembered moves
to `hidden`. *Left*: it is no part of the build any more; its diagnostics go to `left`, where they wait for it to come
back without being remade. *Up to date*: its last attempt still
stands, and so do its diagnostics, hidden ones included: they are seen again without having been printed again.

Contract with the executor: `blocked` is complete for every build; `members` is given whenever the set of objects may
have changed; the build after one whose log is incomplete (`log_cut`, a lost container) is fresh.
"""

from collections import Counter
from collections.abc import KeysView
from dataclasses import dataclass

from orchestrator.analysis.classify import blameless, explained
from orchestrator.analysis.fingerprint import exact
from orchestrator.analysis.units import (
    CONFIG,
    fails_recipe,
    is_makes_own,
    makes_own,
    owner_of,
    place_of,
    reach_of,
    shown_at,
    target_of,
    unit_of,
)
from orchestrator.model.build import BuildOutcome
from orchestrator.model.diagnostic import Diagnostic, ParsedLog, Severity
from orchestrator.model.result import LaneState

_Memory = dict[str, list[Diagnostic]]
_SYNC_TARGETS = ("include/config/auto.conf", "include/config/auto.conf.cmd", "include/generated/autoconf.h")


def advance(previous: LaneState | None, parsed: ParsedLog, outcome: BuildOutcome) -> LaneState:
    """What is known after `outcome`, given what was known before it (None: nothing).

    `all_masked` if the build says nothing of the tree, or stopped before make knew what to do (the config step failed,
    a Makefile cannot be read). In the latter case `present` holds what was said nevertheless; in the former everything
    known, this build's own lines included, is `hidden`.
    """
    heard = explained(outcome, parsed)
    build = _Build.of(heard, outcome)
    before = previous or LaneState()
    present: list[Diagnostic] = []
    hidden: list[Diagnostic] = []
    left: list[Diagnostic] = []
    remembered = _by_unit((*before.present, *before.hidden))
    for unit, old in remembered.items():
        fate = build.fate(unit, was_failing=unit in before.failed)
        if fate == "attempted":
            hidden += build.hides(unit, old)
        elif fate == "blocked":
            hidden += old
        elif fate == "left":
            left += old
        elif fate == "up-to-date":
            present += old
    for unit, old in _by_unit(before.left).items():
        {"blocked": hidden, "up-to-date": present, "left": left}.get(build.fate_of_left(unit), []).extend(old)
    present += heard.diagnostics
    # Parallel make prints its objects in any order; what is known of a tree has one.
    present, hidden, left = (sorted(some, key=unit_of) for some in (present, hidden, left))
    masked = build.masks(before, remembered.keys())
    failed = build.failed | (before.failed & masked)
    if build.blameless:
        return LaneState(hidden=(*hidden, *present), masked=masked, failed=failed, all_masked=True, left=tuple(left))
    return LaneState(
        present=tuple(present),
        hidden=tuple(hidden),
        masked=masked,
        failed=failed,
        all_masked=build.stopped,
        left=tuple(left),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """One build, asked about units. `said` holds what each unit printed in it.

    `stopped`: it is not known how far make got, so what it did not try may be out of date.
    """

    outcome: BuildOutcome
    attempted: frozenset[str]
    failed: frozenset[str]
    blocked: frozenset[str]
    members: frozenset[str] | None
    said: _Memory
    blameless: bool
    stopped: bool

    @classmethod
    def of(cls, parsed: ParsedLog, outcome: BuildOutcome) -> "_Build":
        said = _by_unit(parsed.diagnostics)
        # make exits 0 only if every recipe did, whatever the tools printed.
        spoiled = {target_of(unit) for unit, words in said.items() if any(map(fails_recipe, words))}
        failed = {*parsed.failed} if outcome.exit_code == 0 else {*parsed.failed, *spoiled}
        attempted = {*parsed.attempted, *parsed.failed, *map(target_of, said)}
        return cls(
            outcome=outcome,
            attempted=frozenset(attempted - {CONFIG, ""}),
            failed=frozenset(failed - {CONFIG, ""}),
            blocked=frozenset(outcome.blocked),
            members=None if outcome.members is None else frozenset(outcome.members),
            said=said,
            blameless=blameless(outcome, parsed),
            stopped=outcome.reach_unknown or _stopped(parsed, outcome, failed, said),
        )

    def fate(self, unit: str, was_failing: bool) -> str:
        """`attempted`, `blocked`, `left`, `up-to-date`, or `gone`: there is nothing left that could come back."""
        if unit == CONFIG:
            return self._fate_of_config()
        target, owner = target_of(unit), owner_of(unit)
        if unit == "" or target in self.attempted:
            return "attempted"
        if owner in self.attempted:
            return "blocked" if owner in self.failed else "attempted"
        if self.stopped or not self.blocked.isdisjoint((target, owner)):
            return "blocked"
        if self.outcome.fresh:
            return "gone"
        if self.members is not None and self.members.isdisjoint((target, owner)):
            return "gone" if is_makes_own(unit) else "left"
        if was_failing or is_makes_own(unit):
            # Make tries what failed in every build. If it neither did nor complains, the object is gone.
            return "blocked" if self.blocked and self.outcome.exit_code != 0 else "gone"
        return "up-to-date"

    def fate_of_left(self, unit: str) -> str:
        """The fate of a unit that is no part of the build so far."""
        fate = self.fate(unit, was_failing=False)
        back = self.members is not None or not self.blocked.isdisjoint((target_of(unit), owner_of(unit)))
        return fate if fate in {"attempted", "gone"} or back else "left"

    def masks(self, before: LaneState, remembered: KeysView[str]) -> frozenset[str]:
        """Targets that make did not get to, those that only this lane's memory knows of included."""
        masked = {*self.blocked}
        for unit in {*remembered, *before.masked, *before.failed}:
            failing = unit in before.failed and unit in remembered
            if unit not in {"", CONFIG} and self.fate(unit, was_failing=failing) == "blocked":
                masked.add(target_of(unit))
        return frozenset(masked - self.attempted)

    def hides(self, unit: str, old: list[Diagnostic]) -> list[Diagnostic]:
        """Those of a unit's `old` diagnostics that this attempt did not print, but could not have printed either."""
        if not self._broken(unit):
            return []
        now = self.said.get(unit, [])
        target = target_of(unit)
        spoken = (*self.said.get(target, ()), *self.said.get(makes_own(target), ()))
        reach = 0 if unit in {"", CONFIG} else reach_of(d for d in spoken if d.severity is Severity.ERROR)
        repeated = Counter(exact(diagnostic) for diagnostic in _distinct(now))
        kept: list[Diagnostic] = []
        for diagnostic in _distinct(old):
            fingerprint = exact(diagnostic)
            if repeated[fingerprint] > 0:
                repeated[fingerprint] -= 1
            elif not shown_at(reach, diagnostic):
                kept.append(diagnostic)
        return kept

    def _broken(self, unit: str) -> bool:
        """True if the unit's attempt was cut short, so that its silence about something says nothing."""
        if unit == "":
            return bool(self.blocked) or self.stopped
        if unit == CONFIG:
            return self._config_broken or (self.blameless and not self.outcome.configured)
        return unit in self.failed

    def _fate_of_config(self) -> str:
        """Kconfig prints all its warnings whenever it is read: by the config step, or by make's own syncconfig."""
        asked = self.outcome.configured or self.outcome.config_failed or (self.outcome.fresh and not self.blameless)
        spoke = CONFIG in self.said or not self.attempted.isdisjoint(_SYNC_TARGETS)
        if asked or spoke:
            return "attempted"
        return "blocked" if self.blameless else "up-to-date"

    @property
    def _config_broken(self) -> bool:
        return self.outcome.config_failed or any(d.severity is Severity.ERROR for d in self.said.get(CONFIG, ()))


def _stopped(parsed: ParsedLog, outcome: BuildOutcome, failed: set[str], said: _Memory) -> bool:
    if blameless(outcome, parsed) or outcome.config_failed:
        return True
    if not outcome.exit_code or outcome.blocked:
        return False
    # Nothing blocked, and yet no recipe failed: make gave up (a syntax error in a Makefile) before it knew its work.
    return failed.isdisjoint({*parsed.attempted, *said} - {CONFIG, ""})


def _by_unit(diagnostics: tuple[Diagnostic, ...]) -> _Memory:
    memory: _Memory = {}
    for diagnostic in diagnostics:
        memory.setdefault(unit_of(diagnostic), []).append(diagnostic)
    return memory


def _distinct(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    return list({(exact(d), place_of(d)): d for d in diagnostics}.values())
