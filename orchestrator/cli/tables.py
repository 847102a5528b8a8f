"""The table of a report, as this standard output can show it."""

import os
import secrets
import sys

from orchestrator.cli import output
from orchestrator.model.verdict import RunReport
from orchestrator.reporting.github import guarded
from orchestrator.reporting.table import table


def shown(found: RunReport) -> str:
    """Colour and signs are for a terminal; what a program reads is ASCII but for foreign names."""
    utf8 = "utf" in (sys.stdout.encoding or "").lower()
    fancy = sys.stdout.isatty() and utf8 and os.environ.get("TERM") not in ("dumb", "linux")
    text = table(found, width=output.width(), colour=output.colour(), ascii_only=not fancy)
    return guarded(text, secrets.token_hex(16)) if os.environ.get("GITHUB_ACTIONS") == "true" else text
