"""What a build's log becomes on its way to the parser."""

import pytest

from orchestrator.pipeline.walking import relative


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/src/mm/gup.c:1:2: error: x", "mm/gup.c:1:2: error: x"),
        ("In file included from /src/include/linux/mm.h:5,", "In file included from include/linux/mm.h:5,"),
        ("ld: /out/src/a.o: in function `f': tools/src/b.c:1", "ld: /out/src/a.o: in function `f': tools/src/b.c:1"),
        ('   12 |         open("/src/x");', '   12 |         open("/src/x");'),
        ("  CC      mm/gup.o", "  CC      mm/gup.o"),
    ],
)
def test_sources_are_named_as_everybody_names_them(line: str, shown: str) -> None:
    """The container's mount point is nobody's business; what only looks like it stays."""
    assert relative(line) == shown
