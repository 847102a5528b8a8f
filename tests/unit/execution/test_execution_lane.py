"""A lane's names for Docker."""

import re

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.execution.lane import plain_name


def test_a_plain_name_stays() -> None:
    """What Docker takes is not changed: `docker ps` shows the cell's name."""
    assert plain_name("x86_64-defconfig-gcc-14.2") == "x86_64-defconfig-gcc-14.2"


def test_names_that_look_alike_stay_apart() -> None:
    """`defconfig+KASAN` is the name of a cell and of no volume; it must not become that of another cell."""
    assert plain_name("x86_64-defconfig+KASAN-gcc-14") != plain_name("x86_64-defconfig_KASAN-gcc-14")


@given(st.text(min_size=1))
def test_every_name_suits_docker(name: str) -> None:
    """Only letters that volumes, containers and mount options take."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", plain_name(name))
