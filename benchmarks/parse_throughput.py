"""How fast the log parser is: MB/s of a clean log, of one that is all diagnostics, and of one 64 MB line.

    python benchmarks/parse_throughput.py [--megabytes N]

Targets: 50 MB/s clean, 10 MB/s all diagnostics, on one core, under 100 MB resident. Each log is parsed in a process of
its own, streamed from a file, so that the resident size is the parser's.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.logparse import LogParser, split_blocks

BLOCK = 1 << 18

CLEAN = "  {command} drivers/net/ethernet/vendor{directory}/part{number}.{suffix}\n"

HEADER = """\
In file included from include/linux/skbuff.h:17,
                 from drivers/net/ethernet/vendor/part{number}.c:{line}:
include/linux/netdevice.h: In function 'netdev_helper_{header}':
include/linux/netdevice.h:{header}:61: warning: unused parameter 'dev' [-Wunused-parameter]
  {header} | static inline void netdev_helper_{header}(struct net_device *dev)
      |                                                  ~~~~~~~~~~~~~~~~~~~^~~
"""
UNIT = """\
  CC      drivers/net/ethernet/vendor/part{number}.o
{headers}\
drivers/net/ethernet/vendor/part{number}.c: In function 'vendor_probe_{number}':
drivers/net/ethernet/vendor/part{number}.c:{line}:13: warning: unused variable 'ret{number}' [-Wunused-variable]
  {line} |         int ret{number};
      |             ^~~
drivers/net/ethernet/vendor/part{number}.c:{line}:9: error: implicit declaration of function 'vendor_map' [-Wimplicit]
  {line} |         vendor_map(priv);
      |         ^~~~~~~~~~
include/linux/netdevice.h:{line}:20: note: declared here
"""
LINES_ONLY = (
    "drivers/net/ethernet/vendor/part{number}.c:{line}:13: warning: unused variable 'ret{number}' [-Wunused-variable]\n"
)


def clean_log() -> Iterator[str]:
    """A build without a warning, as kbuild echoes it."""
    number = 0
    while True:
        number += 1
        command, suffix = ("CC     ", "o") if number % 20 else ("AR     ", "a")
        if number % 3 == 0:
            command = "CC [M] "
        yield CLEAN.format(command=command, directory=number % 1000, number=number % 40000, suffix=suffix)


def units_log() -> Iterator[str]:
    """Every object with the warnings of a header, one and an error of its own, their excerpts and include chains."""
    number = 0
    while True:
        number += 1
        place = {"number": number % 20000, "line": 100 + number % 900}
        headers = "".join(HEADER.format(header=300 + header, **place) for header in range(5))
        yield UNIT.format(headers=headers, **place)


def diagnostics_log() -> Iterator[str]:
    """Nothing but lines that are a diagnostic each, no two alike."""
    number = 0
    while True:
        number += 1
        yield LINES_ONLY.format(number=number % 20000, line=100 + number % 900)


def long_line_log() -> Iterator[str]:
    """One line that never ends."""
    while True:
        yield "x.c:1:2: warning: [-W" + "a:b " * 4096


LOGS = {"clean": clean_log, "units": units_log, "diagnostics": diagnostics_log, "long-line": long_line_log}


def write_log(name: str, path: Path, size: int) -> None:
    """A log of `size` bytes or a little more."""
    written = 0
    with path.open("w", encoding="ascii") as file:
        for text in LOGS[name]():
            written += file.write(text)
            if written >= size:
                break


def measure(path: Path) -> dict[str, float]:
    """Parse a file in this process: bytes, seconds of processor time, diagnostics, peak resident MB."""
    parser = LogParser()
    start = time.process_time()
    with path.open("rb") as file:
        count = sum(1 for _ in parser.feed(split_blocks(iter(lambda: file.read(BLOCK), b""))))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"bytes": path.stat().st_size, "seconds": seconds, "diagnostics": count, "rss": peak}


def main() -> None:
    """Print a line per kind of log."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=64)
    arguments.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    print(f"{'log':<14}{'MB':>8}{'MB/s':>8}{'diagnostics':>13}{'max RSS MB':>12}")
    with tempfile.TemporaryDirectory() as directory:
        for name in LOGS:
            path = Path(directory) / f"{name}.log"
            write_log(name, path, options.megabytes << 20)
            command = [sys.executable, __file__, "--measure", str(path)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            megabytes = result["bytes"] / 1e6
            rate = megabytes / result["seconds"]
            print(f"{name:<14}{megabytes:>8.0f}{rate:>8.1f}{result['diagnostics']:>13}{result['rss']:>12.0f}")
            path.unlink()


if __name__ == "__main__":
    main()
