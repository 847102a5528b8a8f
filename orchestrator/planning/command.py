"""The make lines of a target: what runs in the lane's container, and what `reproduce` prints.

Paths inside every container: the source tree at /src, the build directory at /out (make's O=), and what kmatrix hands
in at /in.
"""

import re
import shlex
from pathlib import PurePosixPath

from orchestrator.model.build import Step
from orchestrator.model.matrix import Target

SRC = "/src"
OUT = "/out"
IN = "/in"

# -k: one broken file must not hide the others. -O: what an object's recipe prints stays together, under its echo line.
MAKE_FLAGS = ("-k", "-O")
BASE_CONFIG = f"{IN}/base.config"
WANTED_CONFIG = f"{IN}/wanted.config"

# Fixed, so that the same tree gives the same build whoever runs it (Documentation/kbuild/reproducible-builds.rst).
# KCONFIG_SEED: a randconfig must be the same at every commit, or nothing could be compared.
BUILD_ENV = (
    ("LC_ALL", "C"),
    ("HOME", "/tmp"),  # noqa: S108 - the container's own tmpfs
    ("KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 1970"),
    ("KBUILD_BUILD_USER", "kmatrix"),
    ("KBUILD_BUILD_HOST", "kmatrix"),
    ("KCONFIG_SEED", "0x4b4d"),
)


def make(target: Target, *goals: str, flags: tuple[str, ...] = ()) -> tuple[str, ...]:
    """`make FLAGS O=/out ARCH=... VAR=VALUE... GOALS` as an argument list."""
    variables = tuple(f"{name}={value}" for name, value in target.make_vars)
    return ("make", *flags, f"O={OUT}", *variables, *goals)


def wanted_config(target: Target) -> str:
    """The text of the fragment file at WANTED_CONFIG: the user's fragments, then the single symbols; "" if none."""
    lines = (*target.config.fragment_texts, *target.config.symbols)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def config_steps(target: Target) -> tuple[Step, ...]:
    """The commands that make /out/.config from nothing, each of which must succeed."""
    config = target.config
    steps: list[tuple[str, ...]] = []
    if config.base_is_file:
        steps.append(("cp", BASE_CONFIG, f"{OUT}/.config"))
    else:
        steps.append(make(target, config.base))
    own = (WANTED_CONFIG,) if wanted_config(target) else ()
    fragments = (*(f"{SRC}/{path}" for path in config.fragments), *own)
    if fragments:
        # In /out, for it writes a temporary file where it stands, and the sources are read-only.
        merge = ("env", "-C", OUT, f"{SRC}/scripts/kconfig/merge_config.sh", "-m", "-O", ".", ".config")
        steps.append((*merge, *fragments))
    if fragments or config.base_is_file:
        steps.append(make(target, "olddefconfig"))
    return tuple(Step(name="config", argv=argv) for argv in steps)


def build_step(target: Target) -> Step:
    """The build itself; its exit status is the build's."""
    return Step(name="build", argv=make(target, *link_only_steps(target), *target.make_targets, flags=MAKE_FLAGS))


# A directory, or a file that one recipe of scripts/Makefile.build makes of one source.
_LINKS_NOTHING = re.compile(r".*(?:/|\.(?:o|s|i|ll|lst))")


def link_only_steps(target: Target) -> tuple[str, ...]:
    """Empties the recipes whose products nothing reads unless something is linked, if no goal of the target links.

    With CONFIG_MODVERSIONS, rule_cc_o_c (scripts/Makefile.build) preprocesses each source with EXPORT_SYMBOL() a second
    time and has genksyms compute checksums, a quarter of the work, for modpost alone. genksyms itself is silent
    (Kbuild does not pass -w). The variables are Kbuild's own; which objects there are does not depend on them.
    """
    if not target.make_targets or not all(map(_LINKS_NOTHING.fullmatch, target.make_targets)):
        return ()
    return ("cmd_gen_symversions_c=", "cmd_gen_symversions_S=")


def blocked_step(target: Target) -> Step:
    """`make -n` after a failed build: its echo lines name what is out of date and was not reached."""
    return Step(name="blocked", argv=make(target, *target.make_targets, flags=("-k", "-n")))


# Prints those of its arguments that are older than something they were made of, by the dependencies that fixdep left in
# .NAME.cmd beside them (scripts/basic/fixdep.c), or of which that cannot be told.
_STALE_SCRIPT = f"""cd {OUT} || exit 1
for object do
    record=$(dirname "$object")/.$(basename "$object").cmd
    if [ -f "$object" ] && grep -qs '^deps_' "$record"; then
        stale=
        while read -r path; do
            case $path in {SRC}/*) [ -e "$path" ] || stale=1 ;; esac
            if [ "$path" -nt "$object" ]; then stale=1; break; fi
        done < <(grep -oE '^  [^ $\\]+|include/config/[A-Za-z0-9_/]+|^source_[^ ]+ := [^ ]+' "$record" |
                 sed 's/^source_.* := //; s/^ *//')
        [ -n "$stale" ] || continue
    fi
    printf '%s\\n' "$object"
done"""


def stale_step(objects: tuple[str, ...]) -> Step:
    """Which of these files are out of date by their recorded dependencies, one a line.

    `make -n` cannot tell of what depends on a file that is made anew in every build (FORCE) and then found unchanged.
    """
    return Step(name="stale", argv=("bash", "-c", _STALE_SCRIPT, "stale", *objects))


_RECORDS = ("find", OUT, "-name", ".*.cmd", "-exec", "grep")
# Of all files that were read to make something, by fixdep's records: those that hold a line like $1.
_READ = shlex.join((*_RECORDS, "-ohE", "^  [^ $]+", "{}", "+"))
_ASKING_SCRIPT = f'{_READ} | sort -u | xargs -r grep -lsE -e "$1" --'


def asking_step(names: tuple[str, ...]) -> Step:
    """Which of the files that were read ask for a header of one of these names with __has_include, one a line."""
    question = f"__has_include.*({'|'.join(map(_literally, names))})"
    return Step(name="asking", argv=("env", "-C", OUT, "bash", "-c", _ASKING_SCRIPT, "asking", question))


def readers_step(names: tuple[str, ...]) -> Step:
    """The records (`.NAME.cmd`) of what was made of a file that has one of these names, or ends of paths."""
    either = "|".join(map(_literally, names))
    return Step(name="readers", argv=(*_RECORDS, "-lE", "-e", rf"^  (.*/)?({either})( \\)?$", "{}", "+"))


def made_of_record(record: str) -> str:
    """`mm/gup.o` of the record `/out/mm/.gup.o.cmd`."""
    path = PurePosixPath(record)
    return str(path.with_name(path.name[1:].removesuffix(".cmd")).relative_to(OUT))


def _literally(text: str) -> str:
    """An extended regular expression that matches this text."""
    return re.sub(r"[][\\.*^$+?(){}|/]", r"\\\g<0>", text)


def members_step(target: Target) -> Step:
    """`make -n` that lists every object of the build.

    Kbuild's if_changed reruns a recipe when its command line changed, and asks `cmd-check` (scripts/Kbuild.include);
    set from the command line, it says so of every object. `make -nB` would not do: it remakes .config itself.
    """
    return Step(name="members", argv=make(target, "cmd-check=1", *target.make_targets, flags=("-k", "-n")))


def shell_lines(target: Target) -> tuple[tuple[str, ...], ...]:
    """All commands of a fresh build in order, for a person: plain make, nothing left out of it."""
    steps = (step.argv for step in config_steps(target))
    return (*steps, make(target, *target.make_targets, flags=MAKE_FLAGS))


def version_argv(target: Target) -> tuple[str, ...]:
    """What prints the version of the compiler that `make_vars` choose (Documentation/kbuild/llvm.rst for LLVM=)."""
    variables = dict(target.make_vars)
    llvm = variables.get("LLVM", "")
    prefix, suffix = (llvm, "") if llvm.endswith("/") else ("", llvm if llvm.startswith("-") else "")
    default = f"{prefix}clang{suffix}" if llvm and llvm != "0" else f"{variables.get('CROSS_COMPILE', '')}gcc"
    return (*(variables.get("CC") or default).split(), "--version")
