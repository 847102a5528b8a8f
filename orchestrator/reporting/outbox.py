"""A run's products on disk, and results.json read back. Sends nothing.

Every file appears whole or not at all: it is written beside its place and renamed.
"""

import errno
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.export import from_json, to_json
from orchestrator.reporting.letters import Draft
from orchestrator.reporting.mail import drafts
from orchestrator.reporting.page import page
from orchestrator.reporting.reproduce import BuildLines, script
from orchestrator.reporting.sourcelines import SourceTexts
from orchestrator.reporting.table import table
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.view import view

TEXT_WIDTH = 100
_OURS = re.compile(r"\d{4,}-.+\.(?:eml|sh)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracts:
    """What the documents show of the sources: `texts` for mails, `packs` by commit for scripts."""

    texts: SourceTexts = field(default_factory=dict)
    packs: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """What was written. `problems` are lines for the user (a draft without a usable recipient)."""

    text: Path
    page: Path
    results: Path
    mails: tuple[Path, ...] = ()
    scripts: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def write_products(
    report: RunReport,
    out_dir: Path,
    templates: Templates,
    *,
    sender: str,
    date: datetime,
    lines: Mapping[str, BuildLines],
    extracts: Extracts | None = None,
) -> Products:
    """report.txt, report.html, results.json, mails/*.eml and reproduce/*.sh under `out_dir`.

    Drafts and scripts that an earlier report left there are removed: nobody shall send them. For `sender`, `date` and
    `lines` see `mail.drafts`; `extracts` are for `mail.drafts` and `reproduce.script`. Raises InfrastructureError when
    something cannot be written, UserError for a bad sender.
    """
    found = extracts or Extracts()
    letters = drafts(report, templates, sender=sender, date=date, lines=lines, texts=found.texts)
    scripts = _scripts(report, templates, lines, found.packs)
    document = json.dumps(to_json(report), ensure_ascii=True, allow_nan=False)  # ASCII: lone surrogates survive
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        products = Products(
            results=_write(out_dir / "results.json", document.encode() + b"\n"),
            text=_write(out_dir / "report.txt", table(report, width=TEXT_WIDTH).encode("utf-8", "replace")),
            page=_write(out_dir / "report.html", page(report, templates, lines).encode("utf-8", "replace")),
            mails=_folder(out_dir / "mails", {draft.filename: draft.message.as_bytes() for draft in letters}),
            scripts=_folder(out_dir / "reproduce", scripts, mode=0o755),
            problems=tuple(_problem(draft) for draft in letters if draft.problem),
        )
    except OSError as error:
        raise _cannot_write(out_dir, error) from error
    return products


def load_results(path: Path) -> RunReport:
    """The report of a results.json. Raises UserError if there is none or it is not one of ours."""
    try:
        text = path.read_text(encoding="utf-8")
        document: object = json.loads(text)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}: expected the results.json of a run") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}): expected the results.json of a run") from error
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}; the file is damaged") from error
    except (RecursionError, ValueError) as error:  # nested without end; a number of thousands of digits
        raise UserError(f"{path}: no JSON that kmatrix wrote: {error}") from error
    return from_json(document, where=str(path))


def _problem(draft: Draft) -> str:
    return f"mails/{draft.filename}: {draft.problem}"


def scripted(report: RunReport) -> tuple[tuple[int, str], ...]:
    """(commit, target) of every square in which a patch introduced something that counts: each has a script."""
    seen = view(report)
    return tuple(
        (delta.commit, delta.target)
        for delta in report.deltas
        if delta.commit and any(name in seen.findings and seen.findings[name].counts for name in delta.introduced)
    )


def _scripts(
    report: RunReport, templates: Templates, lines: Mapping[str, BuildLines], packs: Mapping[int, bytes]
) -> dict[str, bytes]:
    found = {}
    for commit, target in scripted(report):
        if target in lines:
            pack = packs.get(commit)
            text = script(report, templates, commit=commit, target=target, lines=lines[target], pack=pack)
            found[f"{commit:04d}-{_file_name(target)}.sh"] = text.encode("utf-8", "replace")
    return found


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]", "_", text)


def _folder(folder: Path, files: Mapping[str, bytes], mode: int = 0o644) -> tuple[Path, ...]:
    """The folder with exactly these files of our naming; what a user put beside them stays."""
    if not files and not folder.is_dir():
        return ()
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in files:
            path.unlink()
    return tuple(_write(folder / name, data, mode) for name, data in sorted(files.items()))


def _write(path: Path, data: bytes, mode: int = 0o644) -> Path:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return path


def _cannot_write(out_dir: Path, error: OSError) -> InfrastructureError:
    where = error.filename or out_dir
    advice = {
        errno.ENOSPC: "free some space there or choose another place with --out",
        errno.EDQUOT: "your disk quota is used up: choose another place with --out",
        errno.EACCES: "choose a place that you may write to with --out",
        errno.EROFS: "choose a place that can be written to with --out",
        errno.EEXIST: "a file is in the way: choose another place with --out",
        errno.ENOTDIR: "a file is in the way: choose another place with --out",
    }.get(error.errno or 0, "choose another place with --out")
    return InfrastructureError(f"{where}: the report cannot be written: {error.strerror or error}: {advice}")
