"""What the mails of a series say of the commit it was made for. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# git format-patch --base (Documentation/git-format-patch.txt, "BASE TREE INFORMATION"); b4 adds the last two.
_BASE_COMMIT = re.compile(r"^base-commit:[ \t]*([0-9a-f]{7,64})\b", re.MULTILINE)
_PATCH_ID = re.compile(r"^prerequisite-patch-id:[ \t]*([0-9a-f]{40,64})\b", re.MULTILINE)
_MESSAGE_ID = re.compile(r"^prerequisite-message-id:[ \t]*<?([^<>\s]+@[^<>\s]+?)>?[ \t]*$", re.MULTILINE)
_CHANGE_ID = re.compile(r"^prerequisite-change-id:[ \t]*(\S+)", re.MULTILINE)
# Accepted: `based on 8400291e289e`, `Based on top of commit 8400291e289e ("Linux 6.11-rc1")`, `rebased onto v6.11-rc1`,
# `based on linux-next (next-20240730)`: a commit, a release or a day of linux-next within the same breath.
_BASED = re.compile(r"\b(?:re)?based\s+(?:up)?on(?:to)?\b(.{0,100})", re.IGNORECASE | re.DOTALL)
_REVISION = re.compile(r"(?<![\w.-])(?:[0-9a-f]{8,40}|v\d+\.\d+(?:\.\d+)?(?:-rc\d+)?|next-\d{8})(?![\w@-]|\.\d)")
_DIFF = re.compile(r"^diff --git ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The base-commit trailer, the patches it wants first, and commits or tags that prose names, in order."""

    base_commit: str | None = None
    patch_ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    change_ids: tuple[str, ...] = ()
    based_on: tuple[str, ...] = ()


NO_STATEMENTS = Statements()


def read_statements(cover: str | None, patches: Sequence[str]) -> Statements:
    """The statements in the texts of a cover letter and of patches.

    Prose counts in the cover letter, or in what a first patch without one says below its `---`: above that it may be
    the history of the code.
    """
    texts = [text for text in (cover, *patches) if text is not None]
    bases = [match.group(1) for text in texts for match in _BASE_COMMIT.finditer(text)]
    prose = cover if cover is not None else _below_the_line(patches[0] if patches else "")
    return Statements(
        base_commit=bases[0] if bases else None,
        patch_ids=_all(_PATCH_ID, texts),
        message_ids=_all(_MESSAGE_ID, texts),
        change_ids=_all(_CHANGE_ID, texts),
        based_on=tuple(
            dict.fromkeys(found[0] for match in _BASED.finditer(prose) if (found := _REVISION.findall(match[1])))
        ),
    )


def _below_the_line(text: str) -> str:
    return _DIFF.split(f"\n{text}".partition("\n---\n")[2], maxsplit=1)[0]


def _all(pattern: re.Pattern[str], texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for text in texts for name in pattern.findall(text)))
