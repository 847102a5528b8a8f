"""The reproduce script and the make lines of a mail."""

import shlex
from collections.abc import Callable

import pytest
from factories import a_commit, a_finding, a_report, a_series, an_error
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_reference import CLANG, TEMPLATES, build_lines, reference

from orchestrator.reporting.reproduce import SHORT_FILE, BuildLines, git_lines, make_lines, script

X86 = "x86_64-defconfig-gcc-14"


def test_the_reference_script(golden: Callable[[str, str], None]) -> None:
    """The whole script, as it was last read and found good."""
    report = reference()
    golden("reproduce.sh", script(report, TEMPLATES, commit=4, target=CLANG, lines=build_lines(report)[CLANG]))


def test_make_lines_are_for_the_top_of_a_tree() -> None:
    """The container's /out and /in become directories of the tree; a short fragment is written out."""
    lines = BuildLines(
        commands=(
            ("make", "O=/out", "ARCH=x86_64", "randconfig"),
            ("env", "-C", "/out", "/src/merge_config.sh", "-O", ".", ".config", "/in/wanted.config"),
            ("make", "O=/out", "KCFLAGS=-O2 -g", "drivers/output/"),
        ),
        env=(("LC_ALL", "C"), ("KCONFIG_SEED", "0x1")),
        files=(("/in/wanted.config", "CONFIG_A=y\n# CONFIG_B is not set\n"),),
    )
    assert make_lines(lines) == (
        "mkdir -p build",
        "printf '%s\\n' CONFIG_A=y '# CONFIG_B is not set' >build/wanted.config",
        "KCONFIG_SEED=0x1 make O=build ARCH=x86_64 randconfig",
        "(cd build && ../merge_config.sh -O . .config wanted.config)",
        "make O=build 'KCFLAGS=-O2 -g' drivers/output/",
    )


def test_a_long_fragment_is_named_and_not_written_out() -> None:
    """A whole .config does not go into a mail."""
    lines = BuildLines(commands=(), files=(("/in/base.config", "CONFIG_A=y\n" * (SHORT_FILE + 1)),))
    assert make_lines(lines)[1] == f": build/base.config: {SHORT_FILE + 1} lines, see the reproduce script"


def test_a_range_is_checked_out_and_mails_are_applied() -> None:
    """A commit of the user's branch is there; of mailed patches only the base may be."""
    lines = BuildLines(commands=(("make",),))
    ranged = script(a_report(), TEMPLATES, commit=2, target=X86, lines=lines)
    mailed = script(a_report(series=a_series(mails=True)), TEMPLATES, commit=2, target=X86, lines=lines)
    assert f"\nsha={a_commit(2).sha}\n" in ranged
    assert "needed only if\n#              $TREE does not have the commit itself" in ranged
    assert ' am --quiet "$(realpath ' in mailed
    assert "\n    sha=HEAD~1\n" in mailed


def test_a_pack_makes_the_script_whole() -> None:
    """With the objects in it nobody has to have the patches."""
    report = a_report(series=a_series(mails=True))
    whole = script(report, TEMPLATES, commit=2, target=X86, lines=BuildLines(commands=(("make",),)), pack=b"PACK")
    assert "\nUEFDSw==\n" in whole
    assert "MBOX" not in whole


def test_paths_of_the_container_are_where_the_script_has_them() -> None:
    """With docker or without, by the same lines."""
    lines = BuildLines(commands=(("make", "O=/out", "K=/outer", "/src/a b", "/in"),))
    text = script(a_report(), TEMPLATES, commit=1, target=X86, lines=lines)
    assert """run make O="$out" K=/outer "$src"'/a b' "$in"\n""" in text


def test_a_square_that_is_not_there_is_refused() -> None:
    """The caller chose it: a wrong one is a bug, not an empty script."""
    with pytest.raises(ValueError, match="no square"):
        script(a_report(), TEMPLATES, commit=9, target=X86, lines=BuildLines(commands=()))


@settings(max_examples=60)
@given(st.text(st.characters()), st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1), min_size=1))
def test_no_foreign_word_becomes_code(text: str, argv: list[str]) -> None:
    """Subjects, messages and shas stay in their comment or their word; every command has exactly its arguments."""
    commits = tuple(a_commit(index, subject=text, sha=text) for index in (1, 2))
    series = a_series(commits=commits, title=text)
    report = a_report(series=series, findings=(a_finding(sample=an_error(text, file=text)),))
    lines = BuildLines(commands=(tuple(argv),), env=(("A", "b c"),), files=(("/in/x", text + "\nKMATRIX_END\n"),))
    result = script(report, TEMPLATES, commit=2, target=X86, lines=lines)
    code, _, command = result.partition("\n    run ")
    where = {'"$src"': "/src", '"$out"': "/out", '"$in"': "/in"}
    said = command.split("\n}\n")[0]
    for name, place in where.items():
        said = said.replace(name, place)
    assert shlex.split(said) == argv
    head = code.split("set -eu")[0]
    assert all(line.startswith("#") for line in head.splitlines() if line)


def test_commits_that_nobody_else_has_are_not_checked_out() -> None:
    """Those made of patch files without a Message-ID: the mail names the base and the patches."""
    series = a_series(applied=True)
    assert git_lines(series, series.commits[1]) == (
        f"git checkout {series.base.sha}",
        "git am  # patches 1-2 of the series",
    )
    assert git_lines(a_series(), series.commits[1]) == (f"git checkout {series.commits[1].sha}",)
