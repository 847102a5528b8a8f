"""What the start of a command imports: a prompt or a loop over logs must not wait for Docker's client.

Which modules, not how many milliseconds: a busy machine must not fail a test.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli import arguments, dispatch

# Prints, after a command line ran in this interpreter, every module that is imported.
PROBE = """
import sys
before = set(sys.modules)
from orchestrator.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert ended.code == 0
print("\\n".join(sorted(set(sys.modules) - before)), file=sys.stderr)
"""
ENGINE = {"docker", "requests", "urllib3", "asyncio"}
LIBRARIES = ENGINE | {"pydantic", "yaml", "jinja2", "rich", "tabulate", "shtab", "sqlite3", "email", "subprocess"}
LOG = b"mm/gup.c:12:3: error: 'x' undeclared (first use in this function)\n"


def imported(*words: str) -> set[str]:
    """The modules of a process that ran this command line."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def ours(modules: set[str]) -> set[str]:
    """The packages of the project among them."""
    return {name.split(".")[1] for name in modules if name.startswith("orchestrator.")}


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_version_and_help_import_the_grammar_alone(word: str) -> None:
    """No library, and of the project only the command line's own modules and the errors."""
    modules = imported(word)
    assert not modules & LIBRARIES
    assert {name for name in modules if name.startswith("orchestrator.")} == {
        "orchestrator.cli",
        "orchestrator.cli.arguments",
        "orchestrator.cli.dispatch",
        "orchestrator.cli.main",
        "orchestrator.errors",
    }


def test_parse_imports_the_parser_alone(tmp_path: Path) -> None:
    """It runs in loops over thousands of logs, on machines without an engine."""
    (tmp_path / "log").write_bytes(LOG)
    modules = imported("parse", str(tmp_path / "log"))
    assert not modules & LIBRARIES
    assert ours(modules) == {"cli", "errors", "logparse", "model", "reporting"}


def test_what_reads_finished_runs_imports_no_engine() -> None:
    """`kmatrix runs`, `report`, `log`, `reproduce` need the store only."""
    assert not imported("runs") & (ENGINE | {"pydantic", "rich"})


def test_every_command_of_the_grammar_is_a_function() -> None:
    """No command is left out of the table, and none there is unknown to the grammar."""
    commands = next(action.choices for action in arguments.parser()._actions if action.dest == "command")
    assert set(dispatch.MODULES) == set(commands or ())
    assert all(callable(dispatch.command(name)) for name in dispatch.MODULES)
