"""The parser against the kernel test robot's own mails."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).resolve().parents[2]


def scorer() -> ModuleType:
    """tests/score_robot_mails.py, which is a script."""
    spec = importlib.util.spec_from_file_location("score_robot_mails", TESTS / "score_robot_mails.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_robots_mails_are_read_right() -> None:
    """Recall and precision of at least 99.5 %, with at most 2 % of the mails left out for a reason."""
    module = scorer()
    if not module.REPORTS.exists():
        pytest.skip("../shared/data/lkp-reports.jsonl is not here")
    score = module.score_reports(module.REPORTS)
    assert score.recall >= 0.995, module.table(score)
    assert score.precision >= 0.995, module.table(score)
    assert score.left_out <= 0.02 * score.cases
