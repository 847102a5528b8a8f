"""How large the page is, how soon it opens and how soon it filters in a real Chromium: 100 x 200 with 2,000 findings.

    python benchmarks/page_in_browser.py [--commits N] [--cells N] [--findings N]

Targets: under 5 MB, opens under 2 s, filters under 100 ms (script, style and layout; the median of 9 after one to warm
up). Needs Debian's chromium and chromium-driver (scripts/setup-test-programs).
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from big_report import big, build_lines  # noqa: E402
from browser import Browser, browser, missing_browser  # noqa: E402

from orchestrator.reporting.page import page  # noqa: E402
from orchestrator.reporting.templates import Templates  # noqa: E402

STEPS = (
    ("#arch", "powerpc"),
    ("#arch", ""),
    ("#compiler", "gcc-14"),
    ("#compiler", ""),
    ("#severity", "error"),
    ("#severity", ""),
    ("#words", "vendor_map_19"),
    ("#words", ""),
    ("#changed", True),
    ("#changed", False),
)
FILTER = """
const [selector, value] = arguments;
const field = document.querySelector(selector);
const started = performance.now();
if (field.type === "checkbox") field.checked = value; else field.value = value;
field.dispatchEvent(new Event("input", { bubbles: true }));
document.body.getBoundingClientRect();
return performance.now() - started;
"""


def opening(window: Browser, path: Path) -> float:
    """Seconds from asking for the page until it is loaded and its script is through."""
    window.open(path)
    return float(window.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")) / 1000


def filtering(window: Browser) -> dict[tuple[str, object], float]:
    """Milliseconds of each step, the median of 9."""
    times: dict[tuple[str, object], list[float]] = {step: [] for step in STEPS}
    for _ in range(10):
        for step in STEPS:
            times[step].append(float(window.run(FILTER, *step)))
            window.wait("return !document.querySelector('.later')")
    return {step: statistics.median(found[1:]) for step, found in times.items()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, number in (("--commits", 100), ("--cells", 200), ("--findings", 2000)):
        parser.add_argument(option, type=int, default=number)
    args = parser.parse_args()
    report = big(args.commits, args.cells, args.findings)
    started = time.perf_counter()
    text = page(report, Templates(ROOT / "reports"), build_lines(report))
    print(f"rendered in {time.perf_counter() - started:.2f} s, {len(text.encode()) / 1e6:.2f} MB")
    if missing_browser():
        print(f"not opened: {missing_browser()}")
        return
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as window:
        path = Path(folder) / "page.html"
        path.write_text(text, encoding="utf-8")
        opened = [opening(window, path) for _ in range(5)]
        print(f"opens in {statistics.median(opened):.2f} s (worst of 5: {max(opened):.2f} s)")
        for (selector, value), milliseconds in filtering(window).items():
            print(f"filter {selector} = {value!r}: {milliseconds:.0f} ms")


if __name__ == "__main__":
    main()
