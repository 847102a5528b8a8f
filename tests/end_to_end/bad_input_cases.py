"""The bad inputs of docs/bad-inputs.md: what is wrong, the line typed, and how the wrong is made."""

import contextlib
import gzip
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bad_input_home import CELL, Home
from toykernel import append

Spoil = Callable[[Home], None]
"""Makes something wrong in a home of the case's own."""
Place = Callable[[Home], contextlib.AbstractContextManager[None]]
"""The same for what has to be put right again: mounts, sockets, images."""


def _nothing(_home: Home) -> None:
    """What is typed is bad enough."""


@dataclass(frozen=True)
class Case:
    """`keep`: only the lines with one of these words are shown (others differ from run to run)."""

    wrong: str
    line: str
    status: int
    spoil: Spoil = _nothing
    place: Place | None = None
    docker: bool = False
    keep: tuple[str, ...] = ()
    without_root: bool = False
    interrupt_at: str = ""


# The tree and the series


def _plain(home: Home) -> None:
    (home.root / "plain").mkdir()


def _shallow(home: Home) -> None:
    home.repo.git("clone", "-q", "--depth", "2", f"file://{home.tree}", str(home.root / "shallow"))


def _merge(home: Home) -> None:
    home.repo.git("checkout", "-q", "-b", "side", "main")
    home.repo.commit("mm: a side line", {"mm/side.txt": "a side line\n"})
    home.repo.git("checkout", "-q", "topic")
    home.repo.git("merge", "-q", "--no-ff", "-m", "Merge branch 'side' into topic", "side")


def _dirty(home: Home) -> None:
    append(home.tree, "mm/page.c", "/* not committed */\n")


def _no_upstream(home: Home) -> None:
    home.repo.git("checkout", "-q", "-b", "fresh")


def _patches(home: Home) -> str:
    return home.repo.git("format-patch", "--stdout", "main..topic")


def _elsewhere(home: Home) -> None:
    (home.tree / "series.mbox").write_text(_patches(home))
    home.repo.git("checkout", "-q", "-b", "other", "main")
    page = home.tree / "mm/page.c"
    page.write_text("".join(f"/* {number} */\n" for number in range(40)))
    home.repo.commit("mm: another page.c")


def _corrupt(home: Home) -> None:
    text = _patches(home)
    at = text.index("+/* Pages are few. */")
    (home.tree / "series.mbox").write_text(text[:at] + text[at:].replace("+/* Pages", "/* Pages", 1))
    home.repo.git("checkout", "-q", "main")


def _mails(home: Home) -> None:
    home.repo.git("format-patch", "-q", "-o", str(home.root / "mails"), "main..topic")
    home.repo.git("checkout", "-q", "main")


def _reply(home: Home) -> None:
    head = "From: lkp <lkp@intel.com>\nSubject: Re: [PATCH 3/6] mm: say\nIn-Reply-To: <3.6@example.org>\n"
    (home.tree / "reply.eml").write_text(f"{head}\nHi,\n\nkernel test robot noticed the following build errors:\n")


def _half(home: Home) -> None:
    mails = home.repo.git("format-patch", "-q", "-o", str(home.root / "mails"), "main..topic")
    assert not mails
    next((home.root / "mails").glob("0003-*")).unlink()
    home.repo.git("checkout", "-q", "main")


def _empty(home: Home) -> None:
    (home.tree / "series.mbox").touch()


def _cut_short(home: Home) -> None:
    whole = gzip.compress(_patches(home).encode(), mtime=0)
    (home.tree / "series.mbox.gz").write_bytes(whole[: len(whole) // 2])


SERIES = (
    Case("A patch file that is not there", "kmatrix plan nosuch.mbox", 2),
    Case("A branch that is spelt wrong", "kmatrix plan main..topci", 2),
    Case("A tree that is not there", "kmatrix plan --tree ../nosuch", 2),
    Case("A directory that is no git repository", "kmatrix plan --tree ../plain", 2, _plain),
    Case("A shallow clone without the commits named", "kmatrix plan --tree ../shallow HEAD~4..HEAD", 2, _shallow),
    Case("A base that is no revision", "kmatrix plan --base v6.99", 2),
    Case("A branch without an upstream", "kmatrix plan fresh", 2, _no_upstream),
    Case("An empty range", "kmatrix plan topic..main", 2),
    Case("Three dots", "kmatrix plan main...topic", 2),
    Case("A merge commit in the range", "kmatrix plan main..topic", 2, _merge),
    Case("Two series at once", "kmatrix plan main..topic series.mbox", 2),
    Case("A tree with uncommitted changes (a warning)", "kmatrix plan", 0, _dirty, docker=True),
    Case("A patch that does not apply", "kmatrix plan --base other series.mbox", 2, _elsewhere),
    Case("A patch that was damaged on its way", "kmatrix plan series.mbox", 2, _corrupt),
    Case("A series with a patch missing", "kmatrix plan ../mails", 2, _half),
    Case("An empty mbox", "kmatrix plan series.mbox", 2, _empty),
    Case("An mbox that was not fetched whole", "kmatrix plan series.mbox.gz", 2, _cut_short),
    Case("Nothing on standard input", "kmatrix plan - < /dev/null", 2),
    Case(
        "A message-id that the mirror has not",
        "kmatrix plan --archive ../mails 20240730064712.3273387-1-alexs@kernel.org",
        2,
        _mails,
    ),
    Case("An address without a message-id", "kmatrix plan https://lore.kernel.org/linux-mm/", 2),
    Case("A version that there is not", "kmatrix plan --version 3 ../mails", 2, _mails),
    Case("A candidate that is no revision", "kmatrix plan --candidate next/master ../mails", 2, _mails),
    Case("A reply in place of a series", "kmatrix plan reply.eml", 2, _reply),
)

# The command line

LINE = (
    Case("An unknown command", "kmatrix frobnicate", 2, keep=("see",)),
    Case("An option that is spelt wrong", "kmatrix plan --selct 'x86*'", 2),
    Case("A number that is none", "kmatrix run -j 0", 2),
    Case("A time that is none", "kmatrix plan --timeout soon", 2),
    Case("A memory limit without a unit", "kmatrix plan --memory 8", 2),
    Case("ARCH= on the command line", "kmatrix plan ARCH=arm", 2),
    Case("O= on the command line", "kmatrix plan O=/tmp/build", 2),
    Case("LLVM=1 for cells of gcc", "kmatrix plan LLVM=1", 2),
    Case("A --select that matches nothing", "kmatrix plan --select '*-clang-*'", 2),
    Case("An arch that the matrix has not", "kmatrix plan --arch arm64", 2),
    Case("A series taken for the file of --json", "kmatrix plan --json main..topic", 2),
    Case("A matrix.yaml that is there already", "kmatrix init", 2),
    Case("An --out that cannot be made", "kmatrix run --out Makefile/report", 2),
    Case(
        "An --out without permission",
        "kmatrix run --out ../locked/report",
        2,
        lambda home: (home.root / "locked").mkdir(mode=0o500),
        without_root=True,
    ),
)

# matrix.yaml


def _matrix(text: str | bytes) -> Spoil:
    def write(home: Home) -> None:
        (home.tree / "matrix.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def _axes(arch: str = "x86_64", compiler: str = "gcc-14", config: str = "defconfig", rest: str = "") -> Spoil:
    axes = f"  arch: [{arch}]\n  compiler: [{compiler}]\n  config: [{config}]\n"
    return _matrix(f"version: 1\nmatrix:\n{axes}{rest}")


TWO_COMPILERS = """\
version: 1
compilers:
  gcc-8:
    image: kernel-gcc:8
  gcc-8:
    image: kernel-gcc:8.5
matrix: {arch: [x86_64], compiler: [gcc-8], config: [defconfig]}
"""
SEVERAL = """\
version: 1
matrix:
  arch: [x86_64, vax]
  compiler: [gcc-3, clang-19]
  config: []
  exclude:
    - {compilr: clang-19}
"""
MATRIX_YAML = (
    Case("A matrix that is not there", "kmatrix plan --matrix arm.yaml", 2),
    Case("An unknown preset", "kmatrix plan --matrix quik", 2),
    Case("An unknown arch, without a file", "kmatrix plan --arch vax", 2, lambda home: _gone(home, "matrix.yaml")),
    Case("YAML with a bracket missing", "kmatrix plan", 2, _matrix("version: 1\nmatrix:\n  arch: [x86_64\n")),
    Case("YAML indented with a tab", "kmatrix plan", 2, _matrix("version: 1\nmatrix:\n\tarch: [x86_64]\n")),
    Case("YAML that is not UTF-8", "kmatrix plan", 2, _matrix(b"version: 1\nname: caf\xe9\n")),
    Case("An empty matrix.yaml", "kmatrix plan", 2, _matrix("")),
    Case("Several things wrong at once", "kmatrix plan", 2, _matrix(SEVERAL)),
    Case("A key that is there twice", "kmatrix plan", 2, _axes(rest="  arch: [arm64]\n")),
    Case("Two compilers of one name", "kmatrix plan", 2, _matrix(TWO_COMPILERS)),
    Case("A fragment that is not there", "kmatrix plan", 2, _axes(config="[defconfig, ./kasan.config]")),
    Case(
        "An exclude that matches nothing (a warning)",
        "kmatrix plan",
        0,
        _axes(rest="  exclude:\n    - {arch: s390}\n"),
        docker=True,
    ),
    Case(
        "A config symbol that does not stick (a warning)",
        "kmatrix run topic~6..topic~5",
        0,
        _axes(config="[defconfig, CONFIG_NOSUCH=y]"),
        docker=True,
        keep=("did not keep",),
    ),
)


def _gone(home: Home, name: str) -> None:
    (home.tree / name).unlink()


# The engine and its images

FOREIGN = """\
version: 1
compilers:
  gcc-8: {{image: "{image}", arches: [x86_64], make: {{CROSS_COMPILE: ""}}}}
matrix: {{arch: [x86_64], compiler: [gcc-8], config: [defconfig]}}
"""


@contextlib.contextmanager
def _locked_socket(home: Home) -> Iterator[None]:
    """A socket that nobody may use; root is tried without its power over permissions."""
    path = home.root / "docker.sock"
    if len(str(path)) > 100:
        pytest.skip(f"no socket can have so long a name: {path}")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0)
        yield


@contextlib.contextmanager
def _bare_image(home: Home) -> Iterator[None]:
    """An image with nothing in it."""
    name = "kmatrix-test/empty:1"
    empty = home.root / "empty.tar"
    empty.write_bytes(bytes(10240))
    subprocess.run(["docker", "import", str(empty), name], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["docker", "rmi", "-f", name], check=True, capture_output=True)


ENGINE = (
    Case("Docker is not running", "DOCKER_HOST=unix:///run/nosuch.sock kmatrix run", 3, keep=("kmatrix:",)),
    Case("DOCKER_HOST is no address", "DOCKER_HOST=nonsense kmatrix images list", 3),
    Case(
        "No permission on Docker's socket",
        "DOCKER_HOST=unix://$HOME/docker.sock kmatrix images list",
        3,
        place=_locked_socket,
        without_root=True,
    ),
    Case(
        "An image of your own that is nowhere",
        "kmatrix run",
        3,
        _matrix(FOREIGN.format(image="localhost:1/gcc:8")),
        docker=True,
        keep=("kmatrix: image",),
    ),
    Case(
        "An image without a compiler in it",
        "kmatrix run",
        3,
        _matrix(FOREIGN.format(image="kmatrix-test/empty:1")),
        place=_bare_image,
        docker=True,
        keep=("nothing can be run",),
    ),
    Case("A toolchain that there is not", "kmatrix images build --arch vax", 2),
)

# Disks and permissions


def _full(where: Callable[[Home], Path]) -> Place:
    """A file system of 64 KiB with nothing left."""

    @contextlib.contextmanager
    def mounted(home: Home) -> Iterator[None]:
        place = where(home)
        place.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small file system takes root")
        try:
            with contextlib.suppress(OSError):
                (place / "filling").write_bytes(bytes(1 << 20))
            yield
        finally:
            subprocess.run(["umount", str(place)], check=True)

    return mounted


def _read_only(home: Home) -> None:
    for path in (home.state, *home.state.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)


def _torn(home: Home) -> None:
    database = home.state / "kmatrix.db"
    data = database.read_bytes()
    database.write_bytes(data[:4096] + bytes(range(256)) * ((len(data) - 4096) // 256))


def _newer(home: Home) -> None:
    with contextlib.closing(sqlite3.connect(home.state / "kmatrix.db")) as database:
        database.execute("PRAGMA user_version = 99")


def _damaged_log(home: Home) -> None:
    for log in home.state.glob("logs/*/*.gz"):
        log.write_bytes(log.read_bytes()[:-12])


DISK = (
    Case(
        "The disk of the cache is full",
        "kmatrix plan",
        3,
        place=_full(lambda home: home.cache),
    ),
    Case(
        "The disk of the results is full",
        "XDG_STATE_HOME=$HOME/full kmatrix runs",
        3,
        place=_full(lambda home: home.root / "full"),
    ),
    Case(
        "The disk of --out is full",
        "kmatrix run topic~6..topic~5 --out ../full",
        3,
        place=_full(lambda home: home.root / "full"),
        docker=True,
        keep=("kmatrix:",),
    ),
    Case("Standard output is full", "kmatrix schema > /dev/full", 3),
    Case("A state directory that may not be written", "kmatrix runs", 3, _read_only, without_root=True),
    Case("A damaged database", "kmatrix runs", 3, _torn),
    Case("A database of a newer kmatrix", "kmatrix runs", 3, _newer),
    Case("A stored log that is damaged", f"kmatrix log last 1 {CELL}", 3, _damaged_log),
)

# What is past


def _cut_log(home: Home) -> None:
    whole = gzip.compress(b"".join(b"mm/gup.c:%d:1: error: no\n" % number for number in range(999)), mtime=0)
    (home.tree / "build.log.gz").write_bytes(whole[: len(whole) // 2])


def _results(text: str) -> Spoil:
    return lambda home: (home.tree / ".kmatrix/old/results.json").write_text(text) and None


PAST = (
    Case("A run that there is not", "kmatrix report 2019", 2),
    Case("No run yet", "XDG_STATE_HOME=$HOME/new kmatrix report", 2),
    Case("A commit that the run has not", f"kmatrix log last 99 {CELL}", 2),
    Case("A cell that the run has not", "kmatrix reproduce last 1 arm64-defconfig-gcc-14", 2),
    Case("A log that is not there", "kmatrix parse nosuch.log", 2),
    Case("A log that is cut off", "kmatrix parse build.log.gz > build.jsonl", 2, _cut_log),
    Case("A results.json that is damaged", "kmatrix report .kmatrix/old", 2, _results('{"schema": 1,')),
    Case("A results.json that is something else", "kmatrix report .kmatrix/old", 2, _results("[]")),
    Case(
        "A results.json of a newer kmatrix",
        "kmatrix report .kmatrix/old/results.json",
        2,
        _results('{"schema": 2, "run": "x"}'),
    ),
)


def _slow(home: Home) -> None:
    append(home.tree, "mm/Makefile", "\n$(shell sleep 60)\n")
    home.repo.commit("mm: a build that takes its time")


INTERRUPTION = (
    Case(
        "Ctrl-C",
        "exec kmatrix run topic~1..topic",
        130,
        _slow,
        docker=True,
        keep=("kmatrix:",),
        interrupt_at="Checking out the base",
    ),
)

GROUPS = {
    "The tree and the series": SERIES,
    "The command line": LINE,
    "matrix.yaml": MATRIX_YAML,
    "Docker and its images": ENGINE,
    "Disks, permissions, the store": DISK,
    "Finished runs and logs": PAST,
    "Interruption": INTERRUPTION,
}
CASES = tuple(case for cases in GROUPS.values() for case in cases)
