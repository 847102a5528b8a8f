"""Golden files: compared byte for byte; KMATRIX_UPDATE_GOLDEN=1 writes them anew, to be read before they are kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("KMATRIX_UPDATE_GOLDEN"):
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text

    return compare
