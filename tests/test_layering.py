"""The rules of the house (ARCHITECTURE.md): imports go down only, one door a library, no print outside cli.

Nested imports count. `layering.py` reads the source; here the rules are stated, held, and the reader itself is tried.
"""

from pathlib import Path

import pytest
from layering import Rules, violations

ROOT = Path(__file__).parent.parent / "orchestrator"

CLI = frozenset({"cli", "__main__"})
NOBODY: frozenset[str] = frozenset()
PROCESSES = frozenset({"series.git", "series.b4", "containers.bootstrap", "containers.terminal", "delivery.program"})

RULES = Rules(
    package="orchestrator",
    layers=(
        frozenset({"__main__"}),
        frozenset({"cli"}),
        frozenset({"pipeline"}),
        frozenset({"reporting", "execution"}),
        frozenset({"analysis", "results", "planning", "containers", "series", "config", "logparse", "delivery"}),
        frozenset({"model"}),
        frozenset({"errors"}),
        frozenset({""}),
    ),
    doors={
        "docker": frozenset({"containers.engine"}),
        "requests": frozenset({"containers.engine"}),
        "urllib3": frozenset({"containers.engine"}),
        "yaml": frozenset({"config.load"}),
        "pydantic": frozenset({"config"}),
        "pydantic_core": frozenset({"config"}),
        "sqlite3": frozenset({"results.store"}),
        "jinja2": frozenset({"reporting.templates"}),
        "markupsafe": frozenset({"reporting.templates"}),
        "tabulate": frozenset({"reporting.tabular"}),
        "kcidb_io": frozenset({"reporting.kcidb"}),
        "urllib.request": frozenset({"pipeline.patchwork"}),
        "http.client": frozenset({"pipeline.patchwork"}),
        "rich": frozenset({"cli.progress"}),
        "smtplib": frozenset({"delivery.smtp"}),
        "ssl": frozenset({"delivery.smtp"}),
        "shtab": frozenset({"cli"}),
        "argparse": frozenset({"cli"}),
        "subprocess": PROCESSES,
        "multiprocessing": NOBODY,
        "pty": NOBODY,
        "asyncssh": NOBODY,
        "distributed": NOBODY,
    },
    pure=frozenset({"model", "planning", "logparse", "analysis"}),
    impure=frozenset({"subprocess", "os", "time", "asyncio", "docker", "logging", "threading", "socket"}),
    calls={
        **dict.fromkeys(("print", "input", "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"), CLI),
        **dict.fromkeys(("sys.exit", "os._exit", "exit", "quit", "SystemExit"), CLI),
        **dict.fromkeys(("os.chdir", "os.fchdir", "contextlib.chdir"), NOBODY),
        **dict.fromkeys(("os.system", "os.popen", "os.fork", "os.posix_spawn", "os.execv", "os.execvp"), PROCESSES),
        **dict.fromkeys(("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"), PROCESSES),
    },
)


def test_the_house_keeps_its_rules() -> None:
    """No module of the project breaks a rule; each line says where and which."""
    found = violations(ROOT, RULES)
    assert not found, "\n" + "\n".join(found)


def test_every_package_of_the_house_is_in_a_layer() -> None:
    """A new package is given its place on purpose, and no rule speaks of one that is gone."""
    there = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    there |= {path.stem for path in ROOT.glob("*.py")} - {"__init__"} | {""}
    assert there == set().union(*RULES.layers)


TOY = Rules(
    package="house",
    layers=(frozenset({"roof"}), frozenset({"left", "right"}), frozenset({"ground"}), frozenset({""})),
    doors={"yaml": frozenset({"left.load"}), "rich": frozenset({"roof"})},
    pure=frozenset({"ground"}),
    impure=frozenset({"os"}),
    calls={"print": frozenset({"roof"}), "os.chdir": frozenset(), "sys.stdout": frozenset({"roof"})},
)


def found_in(tmp_path: Path, files: dict[str, str]) -> list[str]:
    """The violations of a small tree, paths relative to it."""
    for name, text in files.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [line.removeprefix(f"{tmp_path}/house/") for line in violations(tmp_path / "house", TOY)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("roof/a.py", "from house.left.b import c\nfrom house import ground\nimport rich.live\nprint(1)\n"),
        ("left/a.py", "import house.ground.b\nfrom house.left import load\nfrom house import __version__\n"),
        ("left/load.py", "import yaml\nfrom yaml import nodes\n"),
        ("left/a.py", "import os\nos.path.join('a')\nimport yamllint\n"),
        ("ground/a.py", "import posixpath, ostrich\n"),
        ("ground/a.py", "class A:\n    def print(self): ...\nA().print()\nself.print()\n"),
        ("roof/a.py", "import importlib\nimportlib.import_module('house.left')\n"),
    ],
)
def test_what_is_allowed(tmp_path: Path, name: str, text: str) -> None:
    """Going down, staying inside, a door's own module, and names that merely look alike are fine."""
    assert found_in(tmp_path, {"left/load.py": "", name: text}) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("left/a.py", "import house.roof\n", "left/a.py:1: imports go down only: left imports roof, which is above it"),
        ("left/a.py", "\nfrom house import right\n", "left/a.py:2: imports never go sideways: left imports right"),
        ("left/a.py", "def f():\n    from house.roof.x import y\n", "left/a.py:2: imports go down only"),
        ("ground/a.py", "if True:\n  import house.left.load as x\n", "ground/a.py:2: imports go down only"),
        ("left/a.py", "import importlib\nimportlib.import_module('house.roof')\n", "left/a.py:2: imports go down only"),
        ("left/a.py", "x = __import__(name)\n", "left/a.py:1: imports what no rule can see"),
        ("left/a.py", "from . import load\n", "left/a.py:1: relative import"),
        ("left/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  pass\n", "left/a.py:2: TYPE_CHECKING"),
        ("left/a.py", "import yaml\n", "left/a.py:1: imports yaml; its only door is left.load alone"),
        ("left/load_more.py", "from yaml.nodes import Node\n", "left/load_more.py:1: imports yaml"),
        ("ground/a.py", "import os.path\n", "ground/a.py:1: ground is pure and imports os"),
        ("ground/a.py", "def f():\n  from os import path\n", "ground/a.py:2: ground is pure and imports os"),
        ("left/a.py", "print('x')\n", "left/a.py:1: uses print, which roof alone may"),
        ("left/a.py", "log = print\n", "left/a.py:1: uses print"),
        ("left/a.py", "import sys\nsys.stdout.write('x')\n", "left/a.py:2: uses sys.stdout"),
        ("left/a.py", "from sys import stdout as o\no.write('x')\n", "left/a.py:2: uses sys.stdout"),
        ("roof/a.py", "import os as o\no.chdir('/')\n", "roof/a.py:2: uses os.chdir, which nobody may"),
        ("attic/a.py", "from house import ground\n", "attic/a.py:1: attic is in no layer"),
    ],
)
def test_what_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """Each rule that is broken is named once, with file and line."""
    places = {f"{part}/__init__.py": "" for part in ("roof", "left", "right", "ground")}
    (line,) = found_in(tmp_path, places | {"left/load.py": "", name: text})
    assert line.startswith(expected)


def test_a_cycle_is_found_even_if_nested(tmp_path: Path) -> None:
    """A knot of modules of one package is found although its last import stands in a function."""
    files = {
        "left/a.py": "from house.left import b\n",
        "left/b.py": "import house.left.c\n",
        "left/c.py": "def f():\n    from house.left.a import x\n",
        "left/d.py": "from house.left import a\n",
    }
    assert found_in(tmp_path, files) == ["left/a.py:1: import cycle: left.a > left.b > left.c > left.a"]


def test_a_cycle_through_a_packages_init_is_found(tmp_path: Path) -> None:
    """A package that re-exports a module which takes something from the package is a knot."""
    files = {"left/__init__.py": "from house.left.a import f\n", "left/a.py": "from house.left import name\n"}
    assert found_in(tmp_path, files) == ["left/__init__.py:1: import cycle: left > left.a > left"]
