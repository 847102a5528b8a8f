"""A patch taken apart as `git apply -p1` reads it: files with their paths, blobs and modes, and their hunks. Pure.

Lines of hunks are counted, not guessed: a deleted line `-- x` is no file header, and a signature is no hunk line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_HUNK = re.compile(r"^@@ -(?P<old>\d+)(?:,(?P<old_count>\d+))? \+\d+(?:,(?P<new_count>\d+))? @@")
_INDEX = re.compile(r"^index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d{6}))?$")
_MODE = re.compile(r"^(old mode|new mode|new file mode|deleted file mode) (\d{6})$")
_NAME = re.compile(r"^(rename|copy) (from|to) (.+)$")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_UNPREFIXED = re.compile(r"^--- (?![ab]/)([^\s\"][^\t\r\n]*).*\n\+\+\+ (?![ab]/)([^\s\"][^\t\r\n]*)", re.MULTILINE)
_NULL = "/dev/null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One hunk. `start` is its first old line; `old` are its context and deleted lines, without the first column.

    `before` and `after` count the context lines at its ends, `deletes` tells whether a line goes. `whole`: it has the
    lines its header promises, each with a first column that a diff may have.
    """

    path: str
    start: int
    header: str
    old: tuple[str, ...]
    before: int = 0
    after: int = 0
    deletes: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatch:
    """What a patch does to one file. `old` is None for a new file, `new` for a deleted one.

    `old_blob` and `new_blob` are the hex digits of the index line, "" if there is none. `moved`: a rename or a copy.
    """

    old: str | None
    new: str | None
    old_blob: str = ""
    new_blob: str = ""
    moved: bool = False
    hunks: tuple[Hunk, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it reads or writes, once."""
        return tuple(dict.fromkeys(path for path in (self.old, self.new) if path))


def parse_files(patch: str) -> tuple[FilePatch, ...]:
    """The files of a patch in its order; text around them is passed over."""
    found: list[FilePatch] = []
    lines = patch.removesuffix("\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\r")
        if line.startswith("diff --git "):
            name = _common_name(line.removeprefix("diff --git "))
            found.append(FilePatch(old=name, new=name))
        elif line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            old, new = _stripped(line[4:]), _stripped(lines[at + 1][4:])
            if not found or found[-1].hunks:
                found.append(FilePatch(old=old, new=new))
            found[-1] = replace(found[-1], old=old, new=new)
            at += 1
        elif found and (match := _HUNK.match(line)):
            counts = int(match["old_count"] or 1), int(match["new_count"] or 1)
            used, hunk = _hunk(lines, at + 1, counts, found[-1], (int(match["old"]), line))
            found[-1] = replace(found[-1], hunks=(*found[-1].hunks, hunk))
            at = used - 1
        elif found and not found[-1].hunks:
            found[-1] = _with_header(found[-1], line)
        at += 1
    return tuple(found)


def parse_hunks(patch: str) -> Iterator[Hunk]:
    """The hunks of all files, as many lines each as its header says."""
    return (hunk for file in parse_files(patch) for hunk in file.hunks)


def unprefixed_paths(patch: str) -> tuple[str, ...]:
    """Names of files that lack a/ and b/, as diff.noprefix leaves them: what `git apply -p0` would read."""
    return tuple(dict.fromkeys(path for pair in _UNPREFIXED.findall(patch) for path in pair if path != _NULL))


def widest_context(patch: str) -> int:
    """The most context lines that an end of a hunk has: 3 unless the sender chose otherwise; 0 without hunks."""
    return max((max(hunk.before, hunk.after) for hunk in parse_hunks(patch)), default=0)


def pre_images(patches: Iterator[str]) -> dict[str, str]:
    """What a series in order wants the base to hold: path -> first digits of its blob, "" for no such file.

    Only the first patch that touches a path speaks of the base; paths without an index line are left out.
    """
    wanted: dict[str, str] = {}
    touched: set[str] = set()
    for patch in patches:
        files = parse_files(patch)
        for file in files:
            if file.old and file.old not in touched and file.old_blob.strip("0"):
                wanted.setdefault(file.old, file.old_blob)
            if file.new and file.new not in touched and (file.old is None or file.moved):
                wanted.setdefault(file.new, "")
        touched.update(path for file in files for path in file.paths)
    return wanted


def _with_header(file: FilePatch, line: str) -> FilePatch:
    """`file` with what an extended header line says (gitdiff documentation, "generate_patch-p")."""
    if match := _INDEX.match(line):
        return replace(file, old_blob=match[1], new_blob=match[2])
    if match := _MODE.match(line):
        if match[1] == "new file mode":
            return replace(file, old=None)
        return replace(file, new=None) if match[1] == "deleted file mode" else file
    if match := _NAME.match(line):
        name = _unquoted(match[3])
        return replace(file, moved=True, old=name) if match[2] == "from" else replace(file, moved=True, new=name)
    return file


def _hunk(
    lines: list[str], at: int, counts: tuple[int, int], file: FilePatch, place: tuple[int, str]
) -> tuple[int, Hunk]:
    """The hunk whose body begins at line `at`, and the line after it."""
    left, right = counts
    old: list[str] = []
    signs: list[str] = []
    while (left > 0 or right > 0) and at < len(lines):
        sign, text = lines[at][:1] or " ", lines[at][1:]
        if sign == "\r":
            sign, text = " ", "\r"
        if sign not in " -+\\":
            break
        left -= sign in " -"
        right -= sign in " +"
        if sign in " -":
            old.append(text)
        if sign != "\\":
            signs.append(sign)
        at += 1
    row = "".join(signs)
    return at, Hunk(
        path=file.old or file.new or "",
        start=place[0],
        header=place[1],
        old=tuple(old),
        before=len(row) - len(row.lstrip(" ")),
        after=len(row) - len(row.rstrip(" ")),
        deletes="-" in row,
        whole=left == 0 and right == 0,
    )


def _common_name(names: str) -> str:
    """The path of `a/x b/x`; "" if the two differ (a rename, which is said again below)."""
    if names.startswith('"'):
        end = re.match(r'"((?:[^"\\]|\\.)*)"', names)
        return _unquoted(end[0]).partition("/")[2] if end else ""
    half = (len(names) - 1) // 2
    first, second = names[:half].partition("/")[2], names[half + 1 :].partition("/")[2]
    return first if first == second else ""


def _stripped(name: str) -> str | None:
    """`a/mm/gup.c` with or without a time stamp (`\\t2024-...`) as `mm/gup.c`, /dev/null as None."""
    name = _unquoted(name.partition("\t")[0].rstrip("\r "))
    return None if name == _NULL else name.partition("/")[2]


def _unquoted(name: str) -> str:
    """A path as git writes it, `"a/\\303\\274.c"` included; what is not UTF-8 as surrogates."""
    name = name.rstrip("\r")
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    raw = _ESCAPE.sub(lambda match: _unescaped(match[1]), name[1:-1].encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def _unescaped(word: bytes) -> bytes:
    return bytes([int(word, 8) & 0xFF]) if len(word) == 3 else _ESCAPED.get(word, word)
