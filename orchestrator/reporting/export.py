"""RunReport <-> results.json, schema 1. The keys are a contract (README); whatever any format shows is in it.

What repeats from square to square (diagnostics, object names) stands once in a top-level list and is meant by its
place there, or a header's warning in 500 objects of 18 commits would be stored 9000 times.
"""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.matrix import KernelConfig, Resources
from orchestrator.model.result import CellResult, LaneState
from orchestrator.model.series import Candidate, Commit, PatchMail, Series
from orchestrator.model.verdict import Finding, RunReport, TargetFacts
from orchestrator.reporting.fields import Fields
from orchestrator.reporting.restore import restore_report
from orchestrator.reporting.view import View, view

SCHEMA = 1
T = TypeVar("T", bound=Hashable)


class _Places(Generic[T]):
    """Gives each distinct value its place in a list that grows."""

    def __init__(self) -> None:
        self.values: dict[T, int] = {}

    def of(self, values: Iterable[T]) -> list[int]:
        return [self.values.setdefault(value, len(self.values)) for value in values]


def to_json(report: RunReport) -> dict[str, Any]:
    """The report as plain JSON values.

    Left out, because no format shows them: names of the attempted objects (`objects` is their number), line numbers
    in logs (but for the samples of findings), the private repository's path.
    """
    seen = view(report)
    diagnostics: _Places[Diagnostic] = _Places()
    objects: _Places[str] = _Places()
    results = [_result(seen, result, diagnostics, objects) for result in report.results]
    return {
        "schema": SCHEMA,
        "tool": {"name": "kmatrix", "version": report.tool_version},
        "run": report.run,
        "verdict": report.verdict,
        "started": report.started,
        "seconds": report.seconds,
        "warnings": list(report.warnings),
        "series": _series(report.series),
        "cells": [_cell(facts) for facts in report.targets],
        "results": results,
        "findings": [_finding(finding) for finding in report.findings],
        "preexisting": [_finding(finding) for finding in report.preexisting],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in diagnostics.values],
        "objects": list(objects.values),
    }


def from_json(document: object, *, where: str = "results.json") -> RunReport:
    """The report that `to_json` wrote; every format renders it as it did the original.

    Raises UserError, naming `where` and the place in it, for JSON that is not a run of kmatrix, is damaged, or is of
    a later schema.
    """
    return restore_report(Fields.of(document, where), SCHEMA)


def _series(series: Series) -> dict[str, Any]:
    return {
        "title": series.title,
        "origin": series.origin,
        "warnings": list(series.warnings),
        "base": {
            **_commit(series.base),
            "reason": series.base_reason,
            "guessed": series.base_guessed,
            "candidates": [_candidate(candidate) for candidate in series.candidates],
        },
        "applied": series.applied,
        "cover": _mail(series.cover) if series.cover else None,
        "bent": list(series.bent),
        "trailers": list(series.trailers),
        "commits": [_commit(commit) for commit in series.commits],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "ref": candidate.ref,
        "sha": candidate.sha,
        "applied": candidate.applied,
        "total": candidate.total,
        "failure": candidate.failure,
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "index": commit.index,
        "sha": commit.sha,
        "tree": commit.tree,
        "subject": commit.subject,
        "author": commit.author,
        "message_id": commit.message_id,
        "mail": _mail(commit.mail) if commit.mail else None,
        "touched": [
            {"path": file.path, "status": file.status, "lines": [list(span) for span in file.lines]}
            for file in commit.touched
        ],
    }


def _mail(mail: PatchMail) -> dict[str, Any]:
    return {
        "message_id": mail.message_id,
        "subject": mail.subject,
        "sender": mail.sender,
        "date": mail.date,
        "to": list(mail.to),
        "cc": list(mail.cc),
        "references": list(mail.references),
    }


def _cell(facts: TargetFacts) -> dict[str, Any]:
    target = facts.target
    return {
        "name": target.name,
        "arch": target.arch,
        "config": target.config.name,
        "compiler": target.compiler,
        "image_id": facts.image_id,
        "compiler_version": facts.compiler_version,
        "make_vars": [list(pair) for pair in target.make_vars],
        "targets": list(target.make_targets),
        "timeout_s": target.timeout_s,
        "allow": list(target.allow),
        "config_details": _config(target.config),
        "resources": _resources(target.resources),
        "image": {
            "reference": target.image.reference,
            "context": target.image.context,
            "build_args": [list(pair) for pair in target.image.build_args],
        },
    }


def _config(config: KernelConfig) -> dict[str, Any]:
    return {
        "base": config.base,
        "base_is_file": config.base_is_file,
        "base_text": config.base_text,
        "fragments": list(config.fragments),
        "fragment_texts": list(config.fragment_texts),
        "symbols": list(config.symbols),
        "where": config.where,
    }


def _resources(resources: Resources) -> dict[str, Any]:
    return {"jobs": resources.jobs, "memory_mb": resources.memory_mb, "pids": resources.pids}


def _result(seen: View, result: CellResult, diagnostics: _Places[Diagnostic], objects: _Places[str]) -> dict[str, Any]:
    state, delta = result.state, seen.delta(result.commit, result.target)
    return {
        "commit": result.commit,
        "cell": result.target,
        "status": str(result.status),
        "origin": str(result.origin),
        "exit_code": result.exit_code,
        "seconds": result.seconds,
        "introduced": list(delta.introduced),
        "fixed": list(delta.fixed),
        "present": len(state.present),
        "masked": state.hides,
        "log": result.log,
        "log_cut": result.log_cut,
        "ending": str(result.ending),
        "detail": result.detail,
        "objects": len(result.attempted),
        "unset_symbols": list(result.unset_symbols),
        "state": _state(state, diagnostics, objects),
    }


def _state(state: LaneState, diagnostics: _Places[Diagnostic], objects: _Places[str]) -> dict[str, Any]:
    return {
        "present": diagnostics.of(replace(diagnostic, log_line=0) for diagnostic in in_log_order(state.present)),
        "hidden": diagnostics.of(replace(diagnostic, log_line=0) for diagnostic in in_log_order(state.hidden)),
        "masked": objects.of(sorted(state.masked)),
        "failed": objects.of(sorted(state.failed)),
        "all_masked": state.all_masked,
    }


def in_log_order(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """By object (in order of appearance), then as the state has them: as its own log had them.

    Line numbers do not order them: an object's may be of several logs (what it says now, what an earlier attempt said
    and this one could not), and where make prints an object's lines is chance. A second call changes nothing.
    """
    places: dict[str, int] = {}
    for diagnostic in diagnostics:
        places.setdefault(diagnostic.object, len(places))
    return tuple(sorted(diagnostics, key=lambda diagnostic: places[diagnostic.object]))


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": str(diagnostic.severity),
        "kind": diagnostic.kind,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "message": diagnostic.message,
        "flag": diagnostic.flag,
        "function": diagnostic.function,
        "object": diagnostic.object,
        "raw": diagnostic.raw,
        "excerpt": list(diagnostic.excerpt),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        **_diagnostic(finding.sample),
        "log_line": finding.sample.log_line,
        "introduced_by": finding.introduced_by,
        "seen_at": finding.seen_at,
        "suspects": list(finding.suspects),
        "fixed_by": finding.fixed_by,
        "cells": list(finding.targets),
        "occurrences": finding.occurrences,
        "root_cause": finding.root_cause,
        "counts": finding.counts,
        "touches": finding.touches,
    }
