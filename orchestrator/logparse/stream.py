"""What a log line is before anyone reads it: decoded, of bounded length, without colours and time stamps."""

import re
from collections.abc import Iterable, Iterator

LINE_CAP = 1 << 16
"""Characters kept of a line. gcc's longest real messages (macro expansions in a type) stay well below."""

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")

DATE = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
STAMP = re.compile(
    r"(?:\[\s*\d{1,9}(?:\.\d{1,9}|s)\]"  # [   12.345678] as the kernel, kernelci; [  12s] of the openSUSE build service
    rf"|\[?{DATE}\]?(?: \d\d[EO]\+?| (?:stdout|stderr) [FP]| \|)?"  # ISO 8601; GitLab's, containerd's and Zuul's tags
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?"  # 12:34:56
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?: [\w.-]+ [\w./-]+\[\d{1,9}\]:)?"  # ts, syslog
    r"|#\d{1,9} \d{1,9}\.\d{1,9}"  # docker build
    r"|\|)"  # bitbake, of a task's log
    r"(?: (?: (?=[^\s\d|]|  [A-Z]{2}))?|$)"
)
"""A time stamp or a runner's mark, with one space behind it, or two where the runner (Jenkins) puts two."""
STAMP_START = frozenset("[0123456789#|JFMASOND")
NAMED_STEP = re.compile(rf"[^\t]{{1,200}}\t[^\t]{{1,200}}\t(?={DATE} )")
"""`JOB<tab>STEP<tab>` before the time, as GitHub's command line tool prints logs."""
MAX_STAMPS = 3


def split_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, without their newline, of a file read in blocks of any size.

    A line is cut at four bytes a kept character, so that a gigabyte without a newline needs no more memory than one
    block. Use it where a file's own line iterator would read such a line whole.
    """
    carry = b""
    for block in blocks:
        head, *rest = block.split(b"\n")
        carry = (carry + head)[: LINE_CAP * 4]
        for line in rest:
            yield carry
            carry = line
    if carry:
        yield carry


def decode(line: str | bytes) -> str:
    """The line's text without its line end, cut at LINE_CAP. Bytes that are not UTF-8 become U+FFFD."""
    if len(line) > LINE_CAP:
        line = line[: LINE_CAP * 4]
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else _printable(line)
    return text.rstrip("\r\n")[:LINE_CAP]


def clean(text: str) -> str:
    """The line as the tool printed it: without escape sequences and the time stamps that CI runners put before it.

    Accepted formats: `12:34:56 M`, `[12:34:56] M`, `[   12.345678] M`, `[  12s] M`, `2024-01-01T00:00:00.0000000Z M`,
    `[2024-01-01T00:00:00.000Z] M`, `2024-01-01 00:00:00,123 M`, `2024-01-01T00:00:00.000000Z 00O M`, `#12 3.456 M`,
    `Jan  1 12:34:56 M`, `Jan  1 12:34:56 HOST NAME[1]: M`, `| M`, and one behind another. Exactly one space goes with a
    stamp: kbuild's echo lines start with two of their own.
    """
    if "\x1b" in text:
        text = ANSI.sub("", text)
    if "\t" in text and (step := NAMED_STEP.match(text)):
        text = text[step.end() :]
    for _ in range(MAX_STAMPS):
        stamp = STAMP.match(text) if text[:1] in STAMP_START else None
        if stamp is None:
            break
        text = text[stamp.end() :]
    return text


def read(line: str | bytes) -> str:
    """A line, decoded and clean."""
    return clean(decode(line))


def _printable(text: str) -> str:
    """The text without lone surrogates, which stand for bytes that are not UTF-8 and cannot be printed."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
