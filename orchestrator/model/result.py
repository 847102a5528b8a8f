"""A square of the table: what is known of one commit in one target."""

import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.build import Ending
from orchestrator.model.diagnostic import Diagnostic


class Status(StrEnum):
    """What a square shows. UNKNOWN is infrastructure trouble: never blamed on a patch, a skip when bisecting."""

    OK = "ok"
    WARNINGS = "warnings"
    ERRORS = "errors"
    UNKNOWN = "unknown"
    NOT_RUN = "not-run"


class Origin(StrEnum):
    """How the square was come by."""

    BUILT = "built"
    UNAFFECTED = "unaffected"
    REUSED = "reused"


# What compilers, linkers, modpost and checkers speak about.
_SPOKEN_OF = re.compile(r"\.(?:o|s|i|ll|lst|c|S|ko|rmeta|dtbo?|symvers)$|(?:^|/)(?:\.tmp_)?vmlinux[^/]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """What is known of every object of a target after one commit (DESIGN D2).

    `present`: diagnostics of each object's last attempt, where that attempt still stands. `hidden`: diagnostics
    carried through a mask; they may or may not still be there. `masked`: objects that make never got to although
    their inputs changed. `failed`: objects whose last attempt failed, which can hide warnings of their own.
    `all_masked`: nothing at all is known (the build ended as infrastructure trouble, or the config step failed).
    `left`: diagnostics of objects that left the build while their files stay in the build directory: make does not
    remake those that come back unchanged. Only the lane's memory needs it; no report shows it.
    """

    present: tuple[Diagnostic, ...] = ()
    hidden: tuple[Diagnostic, ...] = ()
    masked: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    all_masked: bool = False
    left: tuple[Diagnostic, ...] = ()

    @property
    def complete(self) -> bool:
        """True if nothing is masked: the state says what a clean build of this tree would say."""
        return not (self.masked or self.hidden or self.all_masked)

    @property
    def hides(self) -> bool:
        """True if it matters to a reader that not everything could be tried.

        Any failure blocks the archives above it, and `make -n` lists headers that rules write anew each time: of those
        no tool says anything that it does not say of an object.
        """
        return self.all_masked or bool(self.hidden) or any(map(_SPOKEN_OF.search, self.masked))


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """One square. `log` is a path of a gzip'd log. `objects` counts the objects attempted. `attempted` names them."""

    commit: int
    target: str
    status: Status
    origin: Origin
    state: LaneState
    ending: Ending = Ending.EXITED
    exit_code: int | None = None
    seconds: float = 0.0
    log: str = ""
    log_cut: bool = False
    detail: str = ""
    attempted: tuple[str, ...] = ()
    unset_symbols: tuple[str, ...] = ()
