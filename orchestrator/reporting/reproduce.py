"""How a person repeats a build with what they have: plain make lines for a mail, a shell script of docker and make."""

import re
import shlex
from dataclasses import dataclass

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import printable
from orchestrator.reporting.view import View, view
from orchestrator.reporting.words import headline

SRC = "/src"
OUT = "/out"
IN = "/in"
SHORT_FILE = 20  # lines of a config fragment that a mail spells out
EXPECTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLines:
    """A fresh build of one target: commands run in order in /src with the build directory /out.

    `files` are (path under /in, text) that the commands read; `env` is their environment.
    """

    commands: tuple[tuple[str, ...], ...]
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def make_lines(lines: BuildLines) -> tuple[str, ...]:
    """The commands as shell lines for the top of a source tree, with the build directory `build` in it.

    A config fragment of up to SHORT_FILE lines is written out; a longer one is named and has to be had another way.
    """
    result = ["mkdir -p build"] if lines.files else []
    for path, text in lines.files:
        name = _here(path)
        if len(text.splitlines()) <= SHORT_FILE:
            words = " ".join(shlex.quote(printable(line)) for line in text.splitlines())
            result.append(f"printf '%s\\n' {words} >{shlex.quote(name)}")
        else:
            result.append(f": {shlex.quote(name)}: {len(text.splitlines())} lines, see the reproduce script")
    for argv in lines.commands:
        seed = [f"{name}={shlex.quote(value)} " for name, value in lines.env if name == "KCONFIG_SEED"]
        prefix = "".join(seed) if any(word.endswith("randconfig") for word in argv) else ""
        result.append(prefix + _shell_line(argv))
    return tuple(result)


def _shell_line(argv: tuple[str, ...]) -> str:
    """A command with the container's paths made relative to where it runs: the source tree, or `build` in it."""
    if argv[:3] != ("env", "-C", OUT):
        return shlex.join(printable(_here(word)) for word in argv)
    inside = (re.sub(rf"^{IN}/", "", re.sub(rf"^{SRC}/", "../", word)) for word in argv[3:])
    return f"(cd build && {shlex.join(map(printable, inside))})"


def _here(word: str) -> str:
    word = re.sub(rf"^{IN}/", "build/", word)
    return re.sub(rf"(^|=){OUT}(?=/|$)", r"\1build", word)


def script(report: RunReport, templates: Templates, *, commit: int, target: str, lines: BuildLines) -> str:
    """A POSIX shell script that builds `commit` for `target` from nothing, in the image the run used.

    It takes the tree from $TREE; patches that came as mails and are not commits there from the mbox $MBOX. Raises
    ValueError if the report has no such square.
    """
    seen = view(report)
    facts = next((facts for facts in report.targets if facts.target.name == target), None)
    if facts is None or not 0 <= commit <= seen.last:
        raise ValueError(f"no square {commit} {target} in run {report.run}")
    image, files = facts.target.image, lines.files
    return templates.render(
        "reproduce.sh.j2",
        title=printable(report.series.title),
        run=printable(report.run),
        commit=seen.commit(commit),
        subject=printable(seen.commit(commit).subject),
        target=printable(target),
        base_sha=shlex.quote(printable(report.series.base.sha)),
        sha=shlex.quote(printable(seen.commit(commit).sha)),
        later=seen.last - commit,
        from_mail=any(row.mail for row in report.series.commits[:commit]),
        image_id=shlex.quote(printable(facts.image_id or image.reference)),
        image_line=_image_line(image.reference, image.context, image.build_args),
        env=[(name, shlex.quote(f"{name}={value}")) for name, value in lines.env],
        files=[(shlex.quote(path.removeprefix(f"{IN}/")), text.rstrip("\n"), _delimiter(text)) for path, text in files],
        commands=[shlex.join(argv) for argv in lines.commands],
        expected=_expected(seen, commit, target),
    )


def _image_line(reference: str, context: str | None, build_args: tuple[tuple[str, str], ...]) -> str:
    """The docker command that gets the image."""
    if context is None:
        return shlex.join(("docker", "pull", reference))
    arguments = [word for name, value in build_args for word in ("--build-arg", f"{name}={value}")]
    return shlex.join(("docker", "build", "-t", reference, *arguments, f"containers/{context}"))


def _delimiter(text: str) -> str:
    """A word that ends no line of `text`, to end a here-document with."""
    word = "KMATRIX_END"
    while word in text:
        word += "_"
    return word


def _expected(seen: View, commit: int, target: str) -> list[str]:
    delta = seen.delta(commit, target)
    known = [seen.findings[name] for name in delta.introduced if name in seen.findings]
    return [headline(finding) for finding in known[:EXPECTED]]
