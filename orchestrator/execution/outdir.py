"""A lane's build directory, asked and cleared between builds.

Always in the container: a patch's build may have left links there.
"""

import re
from collections.abc import Callable

from orchestrator.execution.room import Room
from orchestrator.model.build import Step
from orchestrator.model.matrix import Target
from orchestrator.model.series import TouchedFile
from orchestrator.planning import command, effects

_DRY_RUN_S = 600
_SEARCHED = (0, 1, 123)  # grep: 1 if nothing was found, and what find and xargs make of that
_ARGUMENTS = 500  # words of a command line, well below any limit
# `make -n` prints Kbuild's short echo as the shell command it is; the text in quotes is the echo line.
_DRY_ECHO = re.compile(rb"echo '  [A-Z][A-Z0-9_]*(?: \[M\])? +([^' ]+)'")


class OutDir:
    """The build directory of an open room. Used by one thread; raises CancelledError when the run is interrupted."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def dry_run(self, step: Step) -> tuple[str, ...] | None:
        """The objects a `make -n` names, each once; None if it fails: a Makefile that cannot be read names none."""
        code, said = self._room.ask(step.argv, _DRY_RUN_S)
        if code != 0:
            return None
        return tuple(dict.fromkeys(match[1].decode(errors="replace") for match in _DRY_ECHO.finditer(said)))

    def stale(self, names: tuple[str, ...]) -> frozenset[str] | None:
        """Those of the objects that fixdep's records call out of date; None if that cannot be told."""
        code, said = self._room.ask(command.stale_step(names[:_ARGUMENTS]).argv, _DRY_RUN_S)
        if code != 0:
            return None
        return frozenset((*said.decode(errors="replace").splitlines(), *names[_ARGUMENTS:]))

    def drop(self, paths: tuple[str, ...]) -> None:
        """Remove files of the build directory: in the container, for a patch's build may have left links there."""
        for start in range(0, len(paths), _ARGUMENTS):
            some = (f"{command.OUT}/{path}" for path in paths[start : start + _ARGUMENTS])
            self._room.ask(("rm", "-f", "--", *some), _DRY_RUN_S)

    def forget(self, touched: tuple[TouchedFile, ...]) -> bool:
        """Remove what make would wrongly take as it is after these changes; False if that cannot be told."""
        self.drop(effects.orphans(touched))
        askers = self._found(command.asking_step, effects.names_with(touched, "AD"))
        came = effects.names_with(touched, "A")
        readers = None if askers is None else self._found(command.readers_step, (*came, *askers))
        if readers is None:
            return False
        self.drop(tuple(map(command.made_of_record, readers)))
        return True

    def _found(self, step: Callable[[tuple[str, ...]], Step], names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The lines that searches for these names print; None if one did not get to its end."""
        found: list[str] = []
        for start in range(0, len(names), _ARGUMENTS):
            code, said = self._room.ask(step(names[start : start + _ARGUMENTS]).argv, _DRY_RUN_S)
            if code not in _SEARCHED:
                return None
            found += said.decode(errors="surrogateescape").splitlines()
        return tuple(found)

    def unset_symbols(self, target: Target) -> tuple[str, ...]:
        """Wanted lines that .config does not hold; read in the container for the same reason."""
        wanted = command.wanted_config(target).splitlines()
        if not wanted:
            return ()
        code, dot_config = self._room.ask(("cat", f"{command.OUT}/.config"), _DRY_RUN_S)
        if code != 0:
            return ()
        return effects.unset_symbols(wanted, dot_config.decode(errors="replace"))
