"""results.json -> RunReport, trusting nothing: the file may be damaged, foreign, or written by a later version."""

from orchestrator.errors import UserError
from orchestrator.model.build import Ending
from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.matrix import ImageSpec, KernelConfig, Resources, Target
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.series import Candidate, Commit, PatchMail, Series, TouchedFile
from orchestrator.model.verdict import Finding, RunReport, SquareDelta, TargetFacts
from orchestrator.reporting.fields import Fields, wrong

VERDICTS = ("clean", "findings", "incomplete")


def restore_report(fields: Fields, schema: int) -> RunReport:
    """The report of a results.json. Raises UserError."""
    _check_schema(fields, schema)
    verdict = fields.text("verdict")
    if verdict not in VERDICTS:
        raise wrong(f"{fields.place}.verdict", " or ".join(VERDICTS), verdict)
    series = _series(fields.inner("series"))
    targets = tuple(_target(cell) for cell in fields.each("cells", needed=True))
    names = {facts.target.name for facts in targets}
    diagnostics = tuple(_diagnostic(item) for item in fields.each("diagnostics"))
    objects = fields.texts("objects")
    squares = fields.each("results", needed=True)
    findings = tuple(_finding(item) for item in fields.each("findings", needed=True))
    for square in squares:
        _check_square(square, len(series.commits), names)
    for finding, item in zip(findings, fields.each("findings"), strict=True):
        _check_finding(finding, item.place, len(series.commits))
    return RunReport(
        run=fields.text("run"),
        tool_version=fields.inner("tool").text("version"),
        verdict=verdict,
        series=series,
        targets=targets,
        results=tuple(_result(square, diagnostics, objects) for square in squares),
        deltas=tuple(_delta(square) for square in squares),
        findings=findings,
        preexisting=tuple(_finding(item) for item in fields.each("preexisting")),
        warnings=fields.texts("warnings"),
        started=fields.text("started", ""),
        seconds=fields.seconds("seconds"),
    )


def _check_schema(fields: Fields, schema: int) -> None:
    found = fields.values.get("schema")
    if isinstance(found, bool) or not isinstance(found, int) or "run" not in fields.values:
        raise UserError(f"{fields.place}: not the results of a kmatrix run (no `schema` number and `run` in it)")
    if found > schema:
        raise UserError(
            f"{fields.place}: written by a later kmatrix (schema {found}; this one reads schema {schema}): "
            "use that version, or run the series again"
        )
    if found != schema:
        raise wrong(f"{fields.place}.schema", str(schema), found)


def _check_square(square: Fields, commits: int, names: set[str]) -> None:
    if square.number("commit") > commits:
        raise wrong(f"{square.place}.commit", f"a commit of the series, 0 to {commits}", square.number("commit"))
    if square.text("cell") not in names:
        raise wrong(f"{square.place}.cell", "the name of one of `cells`", square.text("cell"))


def _check_finding(finding: Finding, place: str, commits: int) -> None:
    for index in (finding.introduced_by, finding.seen_at, finding.fixed_by, *finding.suspects):
        if index is not None and index > commits:
            raise wrong(place, f"commits of the series, 0 to {commits}", index)


def _series(fields: Fields) -> Series:
    base = fields.inner("base")
    commits = tuple(_commit(item, index + 1) for index, item in enumerate(fields.each("commits", needed=True)))
    for item, commit in zip(fields.each("commits"), commits, strict=True):
        if item.number("index", commit.index) != commit.index:
            raise wrong(f"{item.place}.index", str(commit.index), item.number("index"))
    return Series(
        title=fields.text("title"),
        base=_commit(base, 0),
        base_reason=base.text("reason", ""),
        base_guessed=base.flag("guessed", False),
        applied=fields.flag("applied", any(commit.mail for commit in commits)),
        cover=None if fields.values.get("cover") is None else _mail(fields.inner("cover")),
        commits=commits,
        git_dir="",
        origin=fields.text("origin", ""),
        warnings=fields.texts("warnings"),
        candidates=tuple(
            Candidate(
                ref=item.text("ref"),
                sha=item.text("sha", ""),
                applied=item.number("applied", 0),
                total=item.number("total", 0),
                failure=item.text("failure", ""),
            )
            for item in base.each("candidates")
        ),
        bent=fields.texts("bent"),
        trailers=fields.texts("trailers"),
    )


def _commit(fields: Fields, index: int) -> Commit:
    mail = fields.values.get("mail")
    return Commit(
        index=index,
        sha=fields.text("sha"),
        tree=fields.text("tree", ""),
        subject=fields.text("subject", ""),
        author=fields.text("author", ""),
        mail=None if mail is None else _mail(fields.inner("mail")),
        touched=tuple(
            TouchedFile(path=item.text("path"), status=item.text("status"), lines=item.pairs("lines", int))
            for item in fields.each("touched")
        ),
    )


def _mail(fields: Fields) -> PatchMail:
    return PatchMail(
        message_id=fields.text("message_id"),
        subject=fields.text("subject"),
        sender=fields.text("sender"),
        date=fields.text("date", ""),
        to=fields.texts("to"),
        cc=fields.texts("cc"),
        references=fields.texts("references"),
    )


def _target(fields: Fields) -> TargetFacts:
    details, image, limits = fields.inner("config_details"), fields.inner("image"), fields.inner("resources")
    default = Resources()
    target = Target(
        arch=fields.text("arch"),
        config=KernelConfig(
            name=fields.text("config"),
            base=details.text("base", fields.text("config")),
            base_is_file=details.flag("base_is_file", False),
            base_text=details.text("base_text", ""),
            fragments=details.texts("fragments"),
            fragment_texts=details.texts("fragment_texts"),
            symbols=details.texts("symbols"),
            where=details.text("where", ""),
        ),
        compiler=fields.text("compiler"),
        image=ImageSpec(
            reference=image.text("reference", ""),
            context=image.maybe_text("context"),
            build_args=image.pairs("build_args", str),
        ),
        make_vars=fields.pairs("make_vars", str),
        make_targets=fields.texts("targets"),
        timeout_s=fields.number("timeout_s", 0),
        resources=Resources(
            jobs=limits.number("jobs", default.jobs),
            memory_mb=limits.number("memory_mb", default.memory_mb),
            pids=limits.number("pids", default.pids),
        ),
        allow=fields.texts("allow"),
    )
    if fields.text("name") != target.name:
        raise wrong(f"{fields.place}.name", repr(target.name), fields.text("name"))
    return TargetFacts(
        target=target, image_id=fields.text("image_id"), compiler_version=fields.text("compiler_version")
    )


def _result(fields: Fields, diagnostics: tuple[Diagnostic, ...], objects: tuple[str, ...]) -> CellResult:
    state = fields.inner("state")
    return CellResult(
        commit=fields.number("commit"),
        target=fields.text("cell"),
        status=fields.choice("status", Status),
        origin=fields.choice("origin", Origin),
        state=LaneState(
            present=tuple(diagnostics[place] for place in state.numbers("present", len(diagnostics))),
            hidden=tuple(diagnostics[place] for place in state.numbers("hidden", len(diagnostics))),
            masked=frozenset(objects[place] for place in state.numbers("masked", len(objects))),
            failed=frozenset(objects[place] for place in state.numbers("failed", len(objects))),
            all_masked=state.flag("all_masked", fields.flag("masked", False) and not state.values),
        ),
        ending=fields.choice("ending", Ending, Ending.EXITED),
        exit_code=fields.status("exit_code"),
        seconds=fields.seconds("seconds"),
        log=fields.text("log", ""),
        log_cut=fields.flag("log_cut", False),
        detail=fields.text("detail", ""),
        unset_symbols=fields.texts("unset_symbols"),
    )


def _delta(fields: Fields) -> SquareDelta:
    return SquareDelta(
        commit=fields.number("commit"),
        target=fields.text("cell"),
        introduced=fields.texts("introduced"),
        fixed=fields.texts("fixed"),
    )


def _diagnostic(fields: Fields) -> Diagnostic:
    return Diagnostic(
        severity=fields.choice("severity", Severity),
        kind=fields.text("kind"),
        message=fields.text("message"),
        raw=fields.text("raw", ""),
        file=fields.maybe_text("file"),
        line=fields.maybe_number("line"),
        column=fields.maybe_number("column"),
        flag=fields.maybe_text("flag"),
        function=fields.maybe_text("function"),
        object=fields.text("object", ""),
        log_line=fields.number("log_line", 0),
        excerpt=fields.texts("excerpt"),
    )


def _finding(fields: Fields) -> Finding:
    return Finding(
        id=fields.text("id"),
        sample=_diagnostic(fields),
        introduced_by=fields.maybe_number("introduced_by"),
        seen_at=fields.number("seen_at", fields.maybe_number("introduced_by") or 0),
        suspects=fields.numbers("suspects"),
        fixed_by=fields.maybe_number("fixed_by"),
        targets=fields.texts("cells"),
        occurrences=fields.number("occurrences", 1),
        root_cause=fields.maybe_text("root_cause"),
        counts=fields.flag("counts", True),
        touches=fields.maybe_text("touches"),
    )
