"""Logs recorded with real tools (tests/logs/record.sh) and what must be read of them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

LOGS = Path(__file__).resolve().parents[2] / "logs"


def expectations() -> ModuleType:
    """tests/logs/expect.py, which is a script beside the logs."""
    spec = importlib.util.spec_from_file_location("logparse_expect", LOGS / "expect.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("log", sorted(LOGS.glob("*/*.log")), ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_a_recorded_log_is_read_as_expected(log: Path) -> None:
    """Diagnostics, objects attempted and failed of a real tool's output."""
    assert expectations().read(log) == json.loads(log.with_suffix(".json").read_text(encoding="utf-8"))
