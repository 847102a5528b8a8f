"""How a person repeats a build with what they have: plain git and make lines for a mail, a self-contained shell script.

The script carries the commits as a pack that git adds to a scratch repository beside the user's: exactly what was
built, ids and all, and nothing of it ends up in the user's own repository.
"""

import base64
import re
import shlex
import textwrap
from dataclasses import dataclass

from orchestrator.model.series import Commit, Series
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.letters import answerable, lore_link
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import printable
from orchestrator.reporting.view import View, view
from orchestrator.reporting.words import headline

SRC = "/src"
OUT = "/out"
IN = "/in"
SHORT_FILE = 20  # lines of a config fragment that a mail spells out
EXPECTED = 5
_PLACE = re.compile(r"(?:(?<==)|^)/(src|out|in)(?=/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLines:
    """A fresh build of one target: commands run in order in /src with the build directory /out.

    `files` are (path under /in, text) that the commands read; `env` is their environment.
    """

    commands: tuple[tuple[str, ...], ...]
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def git_lines(series: Series, commit: Commit) -> tuple[str, ...]:
    """The shell lines that check `commit` out in any clone of the kernel."""
    mail = answerable(commit.mail)
    if mail is None and not series.applied:
        return (f"git checkout {shlex.quote(printable(commit.sha))}",)
    checkout = f"git checkout {shlex.quote(printable(series.base.sha))}"
    which = "1" if commit.index == 1 else f"1-{commit.index}"
    if mail and lore_link(mail):
        return (checkout, f"b4 am -o - -P {which} {shlex.quote(printable(mail.message_id))} | git am")
    return (checkout, f"git am  # patches {which} of the series")


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


def script(
    report: RunReport,
    templates: Templates,
    *,
    commit: int,
    target: str,
    lines: BuildLines,
    pack: bytes | None = None,
) -> str:
    """A POSIX shell script that builds `commit` for `target` from nothing, in the image the run used or without.

    `pack` holds the objects from the base to the commit (`git pack-objects --thin`); without it, patches that came as
    mails have to be had as an mbox $MBOX. Raises ValueError if the report has no such square.
    """
    seen = view(report)
    facts = next((facts for facts in report.targets if facts.target.name == target), None)
    if facts is None or not 0 <= commit <= seen.last:
        raise ValueError(f"no square {commit} {target} in run {report.run}")
    image, limits = facts.target.image, facts.target.resources
    return templates.render(
        "reproduce.sh.j2",
        title=printable(report.series.title),
        run=printable(report.run),
        commit=seen.commit(commit),
        subject=printable(seen.commit(commit).subject),
        target=printable(target),
        compiler=printable(facts.compiler_version),
        base_sha=shlex.quote(printable(report.series.base.sha)),
        base_name=printable(f"{report.series.base.sha[:12]} {report.series.base.subject}"),
        sha=shlex.quote(printable(seen.commit(commit).sha)),
        pack=textwrap.wrap(base64.b64encode(pack).decode(), 76) if pack and commit else [],
        later=seen.last - commit,
        from_mail=bool(commit) and not pack,
        image_id=shlex.quote(printable(facts.image_id or image.reference)),
        image_line=printable(_image_line(image.reference, image.context, image.build_args)),
        memory=limits.memory_mb,
        pids=limits.pids,
        env=[(name, shlex.quote(f"{name}={value}")) for name, value in lines.env],
        files=[
            (shlex.quote(path.removeprefix(f"{IN}/")), text.rstrip("\n"), _delimiter(text))
            for path, text in lines.files
        ],
        commands=[" ".join(map(_placed, argv)) for argv in lines.commands],
        expected=_expected(seen, commit, target),
    )


def _placed(word: str) -> str:
    """A word for the shell, with `$src`, `$out` and `$in` for the container's directories of these names."""
    quoted, rest = [], 0
    for match in _PLACE.finditer(word):
        quoted += [shlex.quote(word[rest : match.start()]) if match.start() > rest else "", f'"${match[1]}"']
        rest = match.end()
    tail = shlex.quote(word[rest:]) if rest < len(word) or not word else ""
    return "".join((*quoted, tail))


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
