"""dtc and dt-schema."""

import re

from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

PLACE = r"([^\s:]+|<[a-z-]+>):(\d{1,9})\.(\d{1,9})(?:-(?:\d{1,9}\.)?\d{1,9})?"
"""dtc's srcpos_string(): `F:L.C`, `F:L.C-C` or `F:L.C-L.C`; the columns are 1-based."""

CHECK = re.compile(PLACE + r": (Warning|ERROR) \(([\w,-]+)\): (.*)", re.DOTALL)
CHECK_WITHOUT_PLACE = re.compile(r"([^\s:]+|<stdout>): (Warning|ERROR) \(([\w,-]+)\): (.*)", re.DOTALL)
PARSE = re.compile(PLACE + r":? (.*)", re.DOTALL)
SCHEMA = re.compile(r"([^\s:%]+\.(?:dtb|dtbo|dts|dtsi|yaml)): (.*)", re.DOTALL)
SCHEMA_FILE = re.compile(r".*\.(?:dtb|dtbo|dts|yaml)\Z", re.DOTALL)
YAMLLINT = re.compile(r" \[(warning|error)\] (.*?)(?: \(([\w-]+)\))?", re.DOTALL)


def dtc_check(text: str) -> Found | None:
    """A check's result. Accepted formats: `F.dts:L.C-C: Warning (check): N: M`, `F.dtb: ERROR (check): M`.

    `  also defined at F:L.C-C` lines that follow belong to it.
    """
    hit = CHECK.match(text)
    if hit:
        file, line, column, word, check, message = hit.groups()
        return Found(SEVERITY[word.lower()], "dtc", message, file, int(line), int(column), check)
    hit = CHECK_WITHOUT_PLACE.match(text)
    if hit:
        file, word, check, message = hit.groups()
        return Found(SEVERITY[word.lower()], "dtc", message, file, flag=check)
    return None


def dtc_parse(word: str, message: str) -> Found | None:
    """The parser's errors. Accepted formats, after `Error: ` or `Lexical error: `: `F:L.C-C M`."""
    hit = PARSE.match(message)
    if hit is None:
        return None
    file, line, column, text = hit.groups()
    return Found(SEVERITY[word.lower()], "dtc", text, file, int(line), int(column))


def dt_schema(text: str) -> Found | None:
    """dt-validate and dt-doc-validate. Accepted formats: `F.dtb: N: M`, `F.yaml: M`; indented lines follow.

    They never fail a build: warnings.
    """
    hit = SCHEMA.match(text)
    return Found(WARNING, "dtschema", hit.group(2), hit.group(1)) if hit else None


def dt_schema_located(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Some versions name a line. Accepted formats: `F.dtb:0:0: N: M`, `F.yaml:L:C: M` (the yaml reader)."""
    file, line, column = place
    if column is None or not rest.startswith(" ") or not SCHEMA_FILE.match(file):
        return None
    return Found(WARNING, "dtschema", rest.strip(), file, line, column) if rest.strip() else None


def yamllint(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Accepted formats: `F.yaml:L:C: [warning] M (rule)`."""
    hit = YAMLLINT.fullmatch(rest)
    if hit is None:
        return None
    severity = ERROR if hit.group(1) == "error" else WARNING
    return Found(severity, "dtschema", hit.group(2), *place, flag=hit.group(3))
