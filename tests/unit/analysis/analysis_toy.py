"""A toy kernel and a toy make, in pure Python: what the analysis must be right about, with the truth at hand.

A file is a tuple of items (tag, word), one a line. `w` warns in the front end, `lw` only if the object compiles, `e` is
a front-end error, `bug` one of the middle end, `as` one of the assembler, `fatal` stops the compiler there, `undef` is
missing at link time, `-` is silent. `prep.s` is made before everything; if it fails, nothing else is tried.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import Diagnostic, ParsedLog, Severity

Item = tuple[str, str]
PREPARE = "prep.s"
LINK = "vmlinux"
SOURCES = ("a.c", "b.c", "c.c", "prep.c")
HEADERS = ("h.h", "i.h")


@dataclass(frozen=True)
class World:
    """One tree. `members` are the sources that the Makefile names; a source may be missing, a header too."""

    sources: dict[str, tuple[Item, ...]]
    headers: dict[str, tuple[Item, ...]]
    includes: dict[str, tuple[str, ...]]
    members: tuple[str, ...]
    kconfig: tuple[Item, ...] = ()

    def objects(self) -> list[str]:
        return [PREPARE, *(f"{name[:-2]}.o" for name in self.members)]

    def units(self) -> list[str]:
        return [*self.objects(), LINK]

    def source_of(self, unit: str) -> str:
        return "prep.c" if unit == PREPARE else f"{unit[:-2]}.c"

    def inputs(self, unit: str) -> object:
        """All that decides what `unit` becomes; None if its source is missing."""
        source = self.source_of(unit)
        if source not in self.sources:
            return None
        names = self.includes.get(source, ())
        return (self.sources[source], tuple((name, self.headers.get(name)) for name in names))


@dataclass
class Make:
    """One build directory. `done` has the inputs of every unit that was made."""

    done: dict[str, object] = field(default_factory=dict)
    kconfig: tuple[Item, ...] | None = None
    members: tuple[str, ...] | None = None
    stale_members: bool = True

    def build(self, world: World, commit: int, stop_after: int | None = None) -> tuple[ParsedLog, BuildOutcome]:
        """Build `world`; after `stop_after` recipes the build is killed for taking too long."""
        said: list[Diagnostic] = []
        attempted: list[str] = []
        failed: list[str] = []
        fresh = not self.done and self.kconfig is None
        self.stale_members = self.stale_members or self.members != world.members
        configured = self.kconfig != world.kconfig
        killed = False
        if configured:
            said += config_says(world)
            self.kconfig = world.kconfig
        broken = any(tag == "syntax" for tag, _ in world.kconfig)
        if broken:
            self.kconfig = None
        else:
            killed = self._recipes(world, said, attempted, failed, stop_after)
        reached = {*attempted, *(unit for unit in world.objects() for d in said if f"by '{unit}'" in d.message)}
        blocked = [unit for unit in self._out_of_date(world) if unit not in reached]
        members = None
        if self.stale_members and not broken and not killed:
            members = tuple(world.units())
            self.members, self.stale_members = world.members, False
        outcome = BuildOutcome(
            commit=commit,
            target="toy",
            ending=Ending.TIMED_OUT if killed else Ending.EXITED,
            seconds=1,
            log="",
            exit_code=None if killed else 2 if broken or failed or said_no_rule(said) else 0,
            fresh=fresh,
            configured=configured,
            config_failed=broken,
            blocked=() if broken else tuple(blocked),
            members=members,
        )
        log = ParsedLog(diagnostics=tuple(said), attempted=tuple(attempted), failed=tuple(failed))
        return log, outcome

    def _out_of_date(self, world: World) -> list[str]:
        units = [unit for unit in world.objects() if unit not in self.done or self.done[unit] != world.inputs(unit)]
        if units or self.done.get(LINK) != self._link_inputs(world):
            units.append(LINK)
        return units

    def _link_inputs(self, world: World) -> object:
        return tuple((unit, self.done.get(unit)) for unit in world.objects())

    def _recipes(
        self, world: World, said: list[Diagnostic], attempted: list[str], failed: list[str], stop_after: int | None
    ) -> bool:
        for unit in world.objects():
            inputs = world.inputs(unit)
            if inputs is None:
                said.append(no_rule(unit, world))
                continue
            if self.done.get(unit) == inputs:
                continue
            if stop_after is not None and len(attempted) >= stop_after:
                return True
            attempted.append(unit)
            words, good = compiler_says(world, unit)
            said += words
            self.done.pop(unit, None)
            if good:
                self.done[unit] = inputs
            else:
                failed.append(unit)
                if unit == PREPARE:
                    return False
        if failed or said_no_rule(said):
            return False
        if self.done.get(LINK) != self._link_inputs(world):
            attempted.append(LINK)
            words = linker_says(world)
            said += words
            if words:
                failed.append(LINK)
                self.done.pop(LINK, None)
            else:
                self.done[LINK] = self._link_inputs(world)
        return False


def said_no_rule(said: list[Diagnostic]) -> bool:
    return any(diagnostic.kind == "make" for diagnostic in said)


def no_rule(unit: str, world: World) -> Diagnostic:
    message = f"No rule to make target '{world.source_of(unit)}', needed by '{unit}'."
    return Diagnostic(severity=Severity.ERROR, kind="make", message=message, raw=f"make: *** {message}")


def config_says(world: World) -> list[Diagnostic]:
    """Warnings up to the first syntax error, which ends it."""
    said = []
    for number, (tag, word) in enumerate(world.kconfig, 1):
        severity = Severity.ERROR if tag == "syntax" else Severity.WARNING
        if tag in {"kw", "syntax"}:
            said.append(
                Diagnostic(
                    severity=severity, kind="kconfig", message=f"{tag} {word}", file="Kconfig", line=number,
                    raw=f"Kconfig:{number}: {tag} {word}",
                )
            )  # fmt: skip
        if tag == "syntax":
            break
    return said


def lines_of(world: World, unit: str) -> list[tuple[str, int, Item]]:
    """What the compiler reads, in its order: (file, line, item)."""
    source = world.source_of(unit)
    read: list[tuple[str, int, Item]] = []
    for number, name in enumerate(world.includes.get(source, ())):
        if name not in world.headers:
            read.append((source, 1000 + number, ("no-header", name)))
        else:
            read += [(name, line, item) for line, item in enumerate(world.headers[name], 1)]
    return read + [(source, line, item) for line, item in enumerate(world.sources.get(source, ()), 1)]


MESSAGES = {
    "w": ("unused variable '{}'", "-Wunused-variable", Severity.WARNING, "cc"),
    "lw": ("'{}' may be used uninitialized", "-Wmaybe-uninitialized", Severity.WARNING, "cc"),
    "e": ("'{}' undeclared", None, Severity.ERROR, "cc"),
    "bug": ("call to '__compiletime_assert_7' declared with attribute error: {}", None, Severity.ERROR, "cc"),
    "as": ("unknown opcode `{}'", None, Severity.ERROR, "as"),
    "fatal": ("no {} at all", None, Severity.ERROR, "cc"),
    "no-header": ("{}: No such file or directory", None, Severity.ERROR, "cc"),
}


def spoken(unit: str, file: str, line: int, item: Item) -> Diagnostic:
    tag, word = item
    text, flag, severity, kind = MESSAGES[tag]
    message = text.format(word)
    word_for = "fatal error" if tag in {"fatal", "no-header"} else severity.value
    return Diagnostic(
        severity=severity, kind=kind, message=message, file=file, line=line, column=1, flag=flag, object=unit,
        raw=f"{file}:{line}:1: {word_for}: {message}",
    )  # fmt: skip


def compiler_says(world: World, unit: str) -> tuple[list[Diagnostic], bool]:
    """What compiling `unit` prints, and whether it worked."""
    front: list[tuple[str, int, Item]] = []
    late: list[tuple[str, int, Item]] = []
    for file, line, item in lines_of(world, unit):
        if item[0] in {"fatal", "no-header"}:
            return [spoken(unit, *where) for where in [*front, (file, line, item)]], False
        if item[0] in {"w", "e"}:
            front.append((file, line, item))
        elif item[0] in {"lw", "bug", "as"}:
            late.append((file, line, item))
    tags = {item[0] for *_, item in late}
    if any(item[0] == "e" for *_, item in front):
        late = []
    elif "bug" in tags:
        late = [where for where in late if where[2][0] == "bug"]
    good = not any(item[0] in {"e", "bug", "as"} for *_, item in [*front, *late])
    return [spoken(unit, *where) for where in [*front, *late]], good


def linker_says(world: World) -> list[Diagnostic]:
    said = []
    for unit in world.objects():
        for number, (file, line, (tag, word)) in enumerate(lines_of(world, unit)):
            if tag == "undef":
                raw = f"ld: {unit}:{file}:(.text+0x{16 * line + number:x}): undefined reference to `{word}'"
                said.append(
                    Diagnostic(
                        severity=Severity.ERROR, kind="ld", message=f"undefined reference to `{word}'", file=file,
                        function=word, object=LINK, raw=raw,
                    )
                )  # fmt: skip
    return said


def everything_wrong(world: World) -> list[Diagnostic]:
    """All that is wrong with a tree, whatever hides it: each line of each file that is read, and the link."""
    said = [*linker_says(world)]
    for number, (tag, word) in enumerate(world.kconfig, 1):
        if tag in {"kw", "syntax"}:
            said += config_says(replace(world, kconfig=((tag, word),)))
            said[-1] = replace(said[-1], line=number, raw=f"Kconfig:{number}: {tag} {word}")
    for unit in world.objects():
        if world.inputs(unit) is None:
            said.append(no_rule(unit, world))
        else:
            said += [spoken(unit, *where) for where in lines_of(world, unit) if where[2][0] in MESSAGES]
    return said


def edited(world: World, edit: tuple[Any, ...]) -> World:
    """The tree after one edit: (verb, what, ...)."""
    verb, name, *rest = edit
    if verb == "kconfig":
        return replace(world, kconfig=name)
    if verb in {"drop", "join"}:
        others = tuple(member for member in world.members if member != name)
        return replace(world, members=(*others, name) if verb == "join" else others)
    if verb == "rename":
        return _renamed(world, name)
    side = "headers" if name in HEADERS else "sources"
    files = dict(getattr(world, side))
    if verb == "restore":
        files.setdefault(name, rest[0])
    elif verb == "remove":
        files.pop(name, None)
    elif name in files:
        files[name] = _changed(verb, list(files[name]), *rest)
    return replace(world, **{side: files})


def _changed(verb: str, lines: list[Item], where: int = 0, item: Item = ("-", "")) -> tuple[Item, ...]:
    if verb == "insert":
        lines.insert(where, item)
    elif verb == "clean":
        lines = [line for line in lines if line[0] in {"-", "w"}]
    elif where < len(lines):
        del lines[where]
    return tuple(lines)


def _renamed(world: World, name: str) -> World:
    if name not in world.sources:
        return world
    new = f"{name[0]}2.c"
    sources = {other if other != name else new: lines for other, lines in world.sources.items() if other != new}
    members = tuple(new if member == name else member for member in world.members if member != new)
    return replace(world, sources=sources, members=members, includes={**world.includes, new: world.includes[name]})
