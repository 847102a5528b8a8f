"""The one door to git, and the only place that starts processes here.

Whatever the configuration of a repository says, git runs nothing else for us: no hooks, filters, text conversions,
fsmonitor, external diffs or transports. GIT_* of the caller's environment is not inherited, the directory is always
given (`chdir` would race between threads), and the user's index is not even refreshed (GIT_OPTIONAL_LOCKS=0).
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from orchestrator.errors import InfrastructureError, KmatrixError, UserError

# safe.directory: git refuses repositories of other users because their configuration can name programs to run. Ours
# runs none of them, and a tree owned by root that an ordinary user checks (or the reverse) is a normal case.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "log.showSignature=false",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "safe.directory=*",
)
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
    "LANGUAGE": "",
}
# `git rev-parse --local-env-vars` without those that carry configuration
_LOCATING = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"})
_KEPT = frozenset({"GIT_EXEC_PATH"})  # a git that was installed by hand needs it; see pre-commit's no_git_env
# `fatal: unable to read <oid>`, `error: unable to read sha1 file of mm/gup.c (<oid>)`, `fatal: bad object <oid>`
_MISSING = re.compile(r"(?:unable to read (?:sha1 file of .*\()?|bad object |missing \w+ object ')([0-9a-f]{40,64})\b")
# checkout-index gives no reason when a write fails; a missing permission is an `unable to create`.
_NO_SPACE = re.compile(r"^.*(?:No space left on device|Disk quota exceeded|unable to write ).*$", re.MULTILINE)


class GitError(InfrastructureError):
    """git failed where that was not expected. The message holds the command and git's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A git command that ended: exit status, output as bytes, error output as text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """The output as text without its last line end; bytes that are not UTF-8 become U+FFFD."""
        return self.out.decode("utf-8", "replace").rstrip("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """git in one repository. `private` means that `directory` is a bare repository of ours: nothing is searched for."""

    directory: Path
    private: bool = False
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def with_environment(self, **variables: str) -> "Git":
        """The same with more environment variables (GIT_INDEX_FILE, GIT_WORK_TREE, GIT_AUTHOR_*)."""
        return Git(directory=self.directory, private=self.private, extra=(*self.extra, *variables.items()))

    def try_run(self, *arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> Completed:
        """Run git; any exit status is an answer. Raises InfrastructureError if git cannot be started."""
        with _starting(self.directory):
            done = subprocess.run(
                self._argv(arguments),
                input=stdin,
                cwd=cwd or self.directory,
                env=self._environment(),
                capture_output=True,
                check=False,
                umask=0o022,
            )
        return Completed(code=done.returncode, out=done.stdout, err=done.stderr.decode("utf-8", "replace").strip())

    def run(self, *arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> Completed:
        """Run git; raise GitError (UserError for a missing object) unless it exits with 0."""
        done = self.try_run(*arguments, stdin=stdin, cwd=cwd)
        if done.code:
            raise git_error(arguments, done, self.directory)
        return done

    def text(self, *arguments: str) -> str:
        """The output of a command that must succeed."""
        return self.run(*arguments).text

    def commit_of(self, revision: str) -> str | None:
        """The full oid of the commit that `revision` names, None if it names none."""
        if not revision or revision.startswith("-") or "\0" in revision:
            return None
        done = self.try_run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return done.text.splitlines()[-1] if done.code == 0 and done.text else None

    def doubts(self, revision: str) -> tuple[str, ...]:
        """What git warns of when it reads `revision`, which names a commit: a branch and a tag of one name."""
        done = self.try_run("rev-parse", "--verify", f"{revision}^{{commit}}")
        return tuple(line.removeprefix("warning: ") for line in done.err.splitlines() if line.startswith("warning: "))

    @contextmanager
    def blobs(self) -> Iterator["BlobReader"]:
        """A reader of many objects through one process."""
        with self._conversation("cat-file", "--batch") as (requests, answers):
            yield BlobReader(requests=requests, answers=answers)

    @contextmanager
    def oids(self) -> Iterator["OidReader"]:
        """A reader of many objects' names through one process."""
        with self._conversation("cat-file", "--batch-check") as (requests, answers):
            yield OidReader(requests=requests, answers=answers)

    @contextmanager
    def lines(self, *arguments: str) -> Iterator[Iterator[str]]:
        """The lines of a long listing as they come; git is stopped when the reader has enough."""
        with self._conversation(*arguments) as (_, answers):
            yield (line.decode("utf-8", "replace").rstrip("\n") for line in answers)

    @contextmanager
    def _conversation(self, *arguments: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        with _starting(self.directory):
            process = subprocess.Popen(
                self._argv(arguments),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                yield process.stdin, process.stdout
            finally:
                process.kill()
                with suppress(BrokenPipeError):  # what git never read is still in the buffer
                    process.stdin.close()

    def _argv(self, arguments: Sequence[str]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        where = [f"--git-dir={self.directory}"] if self.private else []
        return ["git", *settings, *where, *arguments]

    def _environment(self) -> dict[str, str]:
        return clean_environment(os.environ) | dict(self.extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobReader:
    """Objects by oid, one at a time."""

    requests: IO[bytes]
    answers: IO[bytes]

    def read(self, oid: str) -> bytes:
        """The content of a blob. Raises UserError if the repository does not have it (a partial clone)."""
        content = self.find(oid)
        if content is None:
            raise missing_object(oid)
        return content

    def find(self, name: str) -> bytes | None:
        """The content of what `name` (an oid, `COMMIT:PATH`) is, None if there is nothing of that name."""
        if not _asked(self.requests, name):
            return None
        header = self.answers.readline().rstrip(b"\n").rsplit(b" ", 2)
        if len(header) != 3 or not header[2].isdigit():
            return None
        content = self.answers.read(int(header[2]))
        self.answers.read(1)
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class OidReader:
    """What names mean, one at a time."""

    requests: IO[bytes]
    answers: IO[bytes]

    def find(self, name: str) -> str | None:
        """The oid that `name` (`COMMIT:PATH`, some first digits) has, None if it has none or several."""
        if not _asked(self.requests, name):
            return None
        words = self.answers.readline().split()
        return words[0].decode() if len(words) == 3 and words[2].isdigit() else None


def _asked(requests: IO[bytes], name: str) -> bool:
    """Ask git for an object; False if git has gone, as it does when a partial clone lacks what it was asked for."""
    if "\n" in name:
        return False
    try:
        requests.write(name.encode("utf-8", "surrogateescape") + b"\n")
        requests.flush()
    except BrokenPipeError:
        return False
    return True


def operators_configuration(directory: Path) -> tuple[tuple[str, str | None], ...]:
    """(key, value) pairs of the configuration that the operator's own git has in `directory`, in git's order.

    The one way past the closed doors above, and only to read: their global and system files, includes, environment,
    and the repository's own file if git trusts its owner. It is the operator who sends mail, by their own settings.
    """
    done = _operators_git(directory, ("config", "--null", "--list"))
    pairs = (entry.partition("\n") for entry in done.out.decode("utf-8", "replace").split("\0") if entry)
    return tuple((key, value if newline else None) for key, newline, value in pairs)


def operators_credential(directory: Path, action: str, description: Mapping[str, str]) -> dict[str, str]:
    """`git credential fill|approve|reject` with the operator's helpers and, on their terminal, git's own question.

    Returns what git says, {} if it has no answer. See gitcredentials(7).
    """
    text = "".join(f"{name}={value}\n" for name, value in description.items() if "\n" not in value + name)
    done = _operators_git(directory, ("credential", action), f"{text}\n".encode())
    lines = done.out.decode("utf-8", "replace").splitlines() if done.code == 0 else []
    return {name: value for name, equals, value in (line.partition("=") for line in lines) if equals}


def _operators_git(directory: Path, arguments: Sequence[str], stdin: bytes = b"") -> Completed:
    """git as the operator has it, in their environment, but for what would lead it to another repository."""
    environment = {name: value for name, value in os.environ.items() if name not in _LOCATING}
    with _starting(directory):
        done = subprocess.run(
            ["git", *arguments], input=stdin, cwd=directory, env=environment, stdout=subprocess.PIPE, check=False
        )
    return Completed(code=done.returncode, out=done.stdout, err="")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what would lead git elsewhere (GIT_DIR of a hook, say), with git's own doors shut."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_") or name in _KEPT}
    return kept | _ENVIRONMENT


def without_filters(git: Git) -> Git:
    """`git` with the clean and smudge programs of the repository's configuration switched off by name."""
    names = git.try_run("config", "--null", "--name-only", "--get-regexp", r"^filter\.").out.split(b"\0")
    keys = sorted({os.fsdecode(name) for name in names if name})
    variables = {"GIT_CONFIG_COUNT": str(len(keys))}
    for index, key in enumerate(keys):
        variables[f"GIT_CONFIG_KEY_{index}"] = key
        variables[f"GIT_CONFIG_VALUE_{index}"] = "false" if key.endswith(".required") else ""
    return git.with_environment(**variables)


def git_error(arguments: Sequence[str], done: Completed, directory: Path) -> KmatrixError:
    """What to raise when `git arguments` failed in `directory`: the user's fault if objects are missing."""
    if match := _NO_SPACE.search(done.err):
        return disk_full(directory, match.group())
    if match := _MISSING.search(done.err):
        return missing_object(match.group(1))
    return GitError(f"git {' '.join(arguments[:3])} failed in {directory} (exit status {done.code}): {done.err}")


def refused_objects(done: Completed) -> None:
    """Raise UserError if `done` failed because an object is missing."""
    if match := _MISSING.search(done.err):
        raise missing_object(match.group(1))


def disk_full(path: Path, words: str) -> InfrastructureError:
    """No room to write at `path`."""
    return InfrastructureError(
        f"the disk of {path} is full ({words}); make room (`kmatrix gc`, `df -h {path.parent}`) "
        "or set XDG_CACHE_HOME to another disk"
    )


def missing_object(oid: str) -> UserError:
    """A repository without an object it needs."""
    return UserError(
        f"the repository lacks object {oid}, and nothing is fetched for you; "
        "if it is a partial clone, `git fetch --refetch --no-filter` completes it, else try `git fsck`"
    )


@contextmanager
def _starting(directory: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if not directory.is_dir():
            raise InfrastructureError(f"{directory}: the directory is gone") from error
        raise InfrastructureError("git is not installed (or not on PATH); `apt install git`") from error
    except PermissionError as error:
        raise InfrastructureError(f"git cannot be run in {directory}: {error}") from error
    except OSError as error:
        raise InfrastructureError(f"git cannot be started in {directory}: {error}") from error
