"""Model values with defaults: a test names only the fields it is about."""

from typing import Any

from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.matrix import ImageSpec, KernelConfig, Target
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.series import Commit, PatchMail, Series
from orchestrator.model.verdict import Finding, RunReport, SquareDelta, TargetFacts


def a_mail(number: int = 1, total: int = 3, **fields: Any) -> PatchMail:
    """The mail of patch `number`, a reply to its cover letter."""
    defaults: dict[str, Any] = {
        "message_id": f"20240730064712.1-{number + 1}-ada@example.org",
        "subject": f"[PATCH v2 {number}/{total}] mm: change number {number}",
        "sender": "Ada Lovelace <ada@example.org>",
        "date": "Tue, 30 Jul 2024 14:46:55 +0800",
        "to": ("linux-mm@example.org",),
        "references": ("20240730064712.1-1-ada@example.org",),
    }
    return PatchMail(**{**defaults, **fields})


def a_commit(index: int = 1, **fields: Any) -> Commit:
    """A commit; 0 is the base."""
    defaults: dict[str, Any] = {
        "index": index,
        "sha": f"{index + 0xA0:040x}",
        "tree": f"{index + 0xF00:040x}",
        "subject": f"mm: change number {index}" if index else "Linux 6.12",
        "author": "Ada Lovelace <ada@example.org>",
    }
    return Commit(**{**defaults, **fields})


def a_series(count: int = 3, *, mails: bool = False, **fields: Any) -> Series:
    """A base and `count` commits, each with its mail if `mails`."""
    defaults: dict[str, Any] = {
        "title": "mm: three changes",
        "base": a_commit(0),
        "base_reason": "merge base with origin/master",
        "commits": tuple(
            a_commit(index, mail=a_mail(index, count) if mails else None) for index in range(1, count + 1)
        ),
        "git_dir": "",
        "origin": "master..topic",
    }
    return Series(**{**defaults, **fields})


def a_target(name: str = "x86_64-defconfig-gcc-14", **fields: Any) -> Target:
    """The target of a three-part name; the compiler's own dash is kept (`gcc-14`)."""
    arch, config, compiler = name.split("-", 2)
    defaults: dict[str, Any] = {
        "arch": arch,
        "config": KernelConfig(name=config, base=config),
        "compiler": compiler,
        "image": ImageSpec(reference=f"kmatrix/{compiler}:{arch}", context="gcc"),
        "make_vars": (("ARCH", arch), ("CROSS_COMPILE", f"{arch}-linux-gnu-")),
    }
    return Target(**{**defaults, **fields})


def a_diagnostic(message: str = "unused variable 'x'", **fields: Any) -> Diagnostic:
    """A warning of gcc at mm/gup.c:12:3, with `raw` and `excerpt` to match."""
    defaults: dict[str, Any] = {
        "severity": Severity.WARNING,
        "kind": "cc",
        "message": message,
        "file": "mm/gup.c",
        "line": 12,
        "column": 3,
        "flag": "-Wunused-variable",
        "object": "mm/gup.o",
    }
    merged = {**defaults, **fields}
    where = ":".join(str(part) for part in (merged["file"], merged["line"], merged["column"]) if part is not None)
    flag = f" [{merged['flag']}]" if merged["flag"] else ""
    merged.setdefault("raw", f"{where}: {merged['severity']}: {message}{flag}")
    merged.setdefault("excerpt", (merged["raw"], f"   {merged['line']} |   int x;", "      |       ^"))
    return Diagnostic(**merged)


def an_error(message: str = "implicit declaration of function 'f'", **fields: Any) -> Diagnostic:
    """As `a_diagnostic`, an error."""
    defaults = {"severity": Severity.ERROR, "flag": "-Wimplicit-function-declaration"}
    return a_diagnostic(message, **{**defaults, **fields})


def a_state(*present: Diagnostic, **fields: Any) -> LaneState:
    """The state that shows these diagnostics."""
    return LaneState(present=present, **fields)


def a_result(commit: int = 1, target: str = "x86_64-defconfig-gcc-14", **fields: Any) -> CellResult:
    """A square that was built; its status follows from the diagnostics in `state` unless given."""
    state = fields.get("state", LaneState())
    severities = {diagnostic.severity for diagnostic in state.present}
    status = Status.OK if not severities else Status.WARNINGS if Severity.ERROR not in severities else Status.ERRORS
    defaults: dict[str, Any] = {
        "commit": commit,
        "target": target,
        "status": status,
        "origin": Origin.BUILT,
        "state": state,
        "exit_code": 2 if status is Status.ERRORS else 0,
        "seconds": 12.5,
        "log": f"logs/{commit:04d}/{target}.log.gz",
    }
    return CellResult(**{**defaults, **fields})


def a_finding(identity: str = "f1", introduced_by: int | None = 2, **fields: Any) -> Finding:
    """A counting finding of patch 2 in the x86_64 cell, there to the end."""
    defaults: dict[str, Any] = {
        "id": identity,
        "sample": an_error(),
        "introduced_by": introduced_by,
        "seen_at": introduced_by or 0,
        "suspects": (introduced_by,) if introduced_by is not None else (),
        "fixed_by": None,
        "targets": ("x86_64-defconfig-gcc-14",),
        "occurrences": 1,
    }
    return Finding(**{**defaults, **fields})


def some_facts(*names: str) -> tuple[TargetFacts, ...]:
    """Targets by name, each with an image and a compiler version."""
    return tuple(
        TargetFacts(
            target=a_target(name),
            image_id=f"sha256:{place:064x}",
            compiler_version=f"{a_target(name).compiler} (Debian 14.2.0-19) 14.2.0",
        )
        for place, name in enumerate(names)
    )


def a_report(
    *,
    series: Series | None = None,
    names: tuple[str, ...] = ("x86_64-defconfig-gcc-14", "arm64-defconfig-gcc-14"),
    findings: tuple[Finding, ...] = (),
    results: tuple[CellResult, ...] = (),
    **fields: Any,
) -> RunReport:
    """A report whose deltas follow from its findings.

    A square not in `results` is built: it holds the samples of the findings that are there at that commit.
    """
    series = series or a_series()
    old = fields.get("preexisting", ())
    given = {(result.commit, result.target): result for result in results}
    squares = [(index, name) for index in range(len(series.all)) for name in names]

    def there(finding: Finding, commit: int, name: str) -> bool:
        end = finding.fixed_by if finding.fixed_by is not None else len(series.all)
        return name in finding.targets and finding.seen_at <= commit < end

    def square(commit: int, name: str) -> CellResult:
        present = tuple(finding.sample for finding in (*old, *findings) if there(finding, commit, name))
        return given.get((commit, name)) or a_result(commit, name, state=a_state(*present))

    def delta(commit: int, name: str) -> SquareDelta:
        mine = [finding for finding in findings if name in finding.targets]
        gone = [finding for finding in (*old, *mine) if name in finding.targets and finding.fixed_by == commit]
        return SquareDelta(
            commit=commit,
            target=name,
            introduced=tuple(finding.id for finding in mine if finding.seen_at == commit),
            fixed=tuple(finding.id for finding in gone),
        )

    defaults: dict[str, Any] = {
        "run": "20240803-112600-1f2e",
        "tool_version": "0.1.0",
        "verdict": "findings" if any(finding.counts for finding in findings) else "clean",
        "series": series,
        "targets": some_facts(*names),
        "results": tuple(square(*where) for where in squares),
        "deltas": tuple(delta(*where) for where in squares),
        "findings": findings,
        "started": "2024-08-03T11:26:00Z",
        "seconds": 431.0,
    }
    return RunReport(**{**defaults, **fields})
