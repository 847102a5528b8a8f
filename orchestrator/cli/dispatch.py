"""Which function a command is. Its module is imported when it is asked for.

`kmatrix --version` in a shell prompt, or `kmatrix parse` in a loop over logs, must not wait for Docker's client and the
schema of matrix.yaml: tests/integration/test_start_up.py says who may import what.
"""

from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import cast

Command = Callable[[Namespace, tuple[str, ...]], int]
"""Arguments and the words they came from -> exit status."""


def _commands() -> ModuleType:
    return import_module("orchestrator.cli.commands")


def _stored() -> ModuleType:
    return import_module("orchestrator.cli.stored")


def _starting() -> ModuleType:
    return import_module("orchestrator.cli.starting")


def _mailing() -> ModuleType:
    return import_module("orchestrator.cli.mailing")


def _parsing() -> ModuleType:
    return import_module("orchestrator.cli.parsing")


MODULES: Mapping[str, Callable[[], ModuleType]] = {
    "run": _commands,
    "plan": _commands,
    "report": _stored,
    "parse": _parsing,
    "log": _stored,
    "reproduce": _mailing,
    "send": _mailing,
    "check": _mailing,
    "note": _mailing,
    "bisect": _commands,
    "probe": _commands,
    "verify": _commands,
    "images": _commands,
    "runs": _stored,
    "gc": _commands,
    "init": _starting,
    "schema": _starting,
}
"""Of every command of `arguments.parser`: where the function of that name is."""


def command(name: str) -> Command:
    """The function of a command of `MODULES`."""
    return cast("Command", getattr(MODULES[name](), name))
