"""A place to try patches: an index that holds only what they touch, on any commit, in a few milliseconds a patch.

`git apply --cached` reads and writes its whole index each time, 9 MB for a kernel. What a patch can notice of a tree
are its own paths and what stands where their directories should be; an index of these gives the same answers.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestrator.series.diffs import parse_files, parse_hunks, unprefixed_paths, widest_context
from orchestrator.series.git import Git, git_error, missing_object, refused_objects
from orchestrator.series.letters import Letter
from orchestrator.series.options import Leniency

_CHUNK = 500  # paths on one command line
# Accepted: `Checking patch mm/a.c...`, `Context reduced to (2/2) to apply fragment at 366` (apply.c, -v).
_CHECKING = re.compile(r"^Checking patch (.+)\.\.\.$")
_REDUCED = re.compile(r"^Context reduced to \((\d+)/(\d+)\) to apply fragment at (\d+)$")
_UNREAD = re.compile(r"^error: failed to read (.+)$", re.MULTILINE)  # its blob: a partial clone
_PLAIN = ("apply", "--cached", "--whitespace=nowarn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """How one patch went: `errors` of git apply, "" if it applied; `bent`: what had to be overlooked, in words."""

    errors: str = ""
    bent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of an index: mode as git says it (100644), oid."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Patches are laid on it one after the other. After one that failed it can only be looked at."""

    git: Git
    index: Path

    def entries(self) -> dict[str, Entry]:
        """Path -> file, of the paths that are touched."""
        rows = self.git.run("ls-files", "--stage", "-z").out.decode("utf-8", "surrogateescape").split("\0")
        found = {}
        for row in filter(None, rows):
            about, _, path = row.partition("\t")
            mode, oid, _ = about.split(" ")
            found[path] = Entry(mode=mode, oid=oid)
        return found

    def lines(self, path: str) -> list[str] | None:
        """The lines of a file as it stands now, None if there is none."""
        found = self.git.try_run("cat-file", "blob", f":{path}")
        return None if found.code else found.out.decode("utf-8", "replace").split("\n")

    def apply(self, letter: Letter, leniency: Leniency) -> Applying:
        """Lay one patch on. Raises UserError if a blob of it is not in the repository (a partial clone)."""
        done = self.git.try_run(*_PLAIN, "-", stdin=letter.patch)
        if not done.code:
            return Applying()
        refused_objects(done)
        if unread := _UNREAD.search(done.err):
            raise missing_object(self.entries()[unread[1]].oid)
        if leniency.three_way and self._merges(letter):
            return Applying(bent=("by a three-way merge",))
        if not leniency.fuzz:
            return Applying(errors=done.err)
        fuzzy = self.git.try_run(*_PLAIN, "-v", _context(letter, leniency.fuzz), "-", stdin=letter.patch)
        if fuzzy.code:
            return Applying(errors=_only_errors(fuzzy.err))
        return Applying(bent=_reductions(fuzzy.err))

    def would(self, letter: Letter, *options: str) -> bool:
        """Whether it would apply with other options of git apply."""
        return not self.git.try_run(*_PLAIN, "--check", *options, "-", stdin=letter.patch).code

    def would_merge(self, letter: Letter) -> bool:
        """Whether a three-way merge would apply it; that needs the very blobs the patch was made from."""
        kept = self.index.with_name("kept")
        shutil.copyfile(self.index, kept)
        merged = self._merges(letter)
        kept.replace(self.index)
        return merged

    def needed_fuzz(self, letter: Letter) -> int | None:
        """The least fuzz with which it would apply, None if none does.

        A hunk that only adds lines goes anywhere once no context counts: that is no fit.
        """
        widest = widest_context(letter.text)
        most = widest if all(hunk.deletes for hunk in parse_hunks(letter.text)) else widest - 1
        return next((fuzz for fuzz in range(1, most + 1) if self.would(letter, _context(letter, fuzz))), None)

    def _merges(self, letter: Letter) -> bool:
        before = self.index.read_bytes()
        if not self.git.try_run(*_PLAIN, "--3way", "-", stdin=letter.patch).code:
            return True
        self.index.write_bytes(before)  # a merge that failed leaves its conflicts
        return False


@contextmanager
def workbench(git: Git, base: str, letters: Sequence[Letter], *, keep: bool) -> Iterator[Workbench]:
    """A workbench on the commit `base` of the private repository `git`, for these letters and no other patch.

    `keep`: blobs that patches make go to the repository; else they are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="kmatrix-apply-") as scratch:
        index = Path(scratch) / "index"
        own = {"GIT_INDEX_FILE": str(index)}
        if not keep:
            (Path(scratch) / "objects").mkdir()
            own["GIT_OBJECT_DIRECTORY"] = str(Path(scratch) / "objects")
            own["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = _quoted(git.directory / "objects")
        bench = Workbench(git=git.with_environment(**own), index=index)
        bench.git.run("read-tree", "--empty")
        rows = _rows(git, base, _paths(letters))
        bench.git.run("update-index", "-z", "--index-info", stdin=rows)
        yield bench


def difference(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, Entry | None]:
    """Path -> its new entry, None if it is gone."""
    gone: dict[str, Entry | None] = {path: None for path in before if path not in after}
    return gone | {path: entry for path, entry in after.items() if before.get(path) != entry}


def _paths(letters: Sequence[Letter]) -> list[str]:
    """What the patches touch, with every directory above; what lies outside of the tree is git apply's to refuse."""
    found: set[str] = set()
    named = {path for letter in letters for file in parse_files(letter.text) for path in file.paths}
    for path in named.union(*(unprefixed_paths(letter.text) for letter in letters)):
        pure = PurePosixPath(path)
        if not pure.is_absolute() and ".." not in pure.parts and "\0" not in path:
            found.update((path, *(str(parent) for parent in pure.parents if str(parent) != ".")))
    return sorted(found - {""})


def _rows(git: Git, base: str, paths: list[str]) -> bytes:
    """Lines of `git ls-tree` for the files (not the directories) among `paths`."""
    literal = git.with_environment(GIT_LITERAL_PATHSPECS="1")
    rows = b""
    for start in range(0, len(paths), _CHUNK):
        arguments = ("ls-tree", "-z", "--full-tree", base, "--", *paths[start : start + _CHUNK])
        listed = literal.try_run(*arguments)
        if listed.code:
            raise git_error(arguments, listed, git.directory)
        rows += b"".join(row + b"\0" for row in listed.out.split(b"\0") if row and b" tree " not in row[:12])
    return rows


def _context(letter: Letter, fuzz: int) -> str:
    """GNU patch's --fuzz as git apply's -C: so many lines less than the widest context must match."""
    return f"-C{max(0, widest_context(letter.text) - fuzz)}"


def _only_errors(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("error: "))


def _reductions(text: str) -> tuple[str, ...]:
    """`mm/a.c:366 with 2 lines of context`, one for each hunk."""
    path, found = "", []
    for line in text.splitlines():
        if match := _CHECKING.match(line):
            path = match[1].rpartition(" => ")[2]
        elif match := _REDUCED.match(line):
            found.append(f"with fuzz at {path}:{match[3]} ({max(int(match[1]), int(match[2]))} lines of context match)")
    return tuple(found) or ("with fuzz",)


def _quoted(path: Path) -> str:
    """For GIT_ALTERNATE_OBJECT_DIRECTORIES, a list with colons in which C quoting is read."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
