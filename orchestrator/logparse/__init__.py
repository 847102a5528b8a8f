"""A build log in, diagnostics out. Pure: no files, no processes, no clock."""

from orchestrator.logparse.parser import LogParser, iter_diagnostics, parse_lines, to_json_line
from orchestrator.logparse.stream import split_blocks

__all__ = ["LogParser", "iter_diagnostics", "parse_lines", "split_blocks", "to_json_line"]
