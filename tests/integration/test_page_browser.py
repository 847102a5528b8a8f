"""The page in a real Chromium: it opens, filters, leads to squares, needs no mouse, and asks for nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from big_report import big
from big_report import build_lines as big_lines
from browser import Browser, browser
from reporting_attacks import ATTACKS, hostile
from reporting_reference import TEMPLATES, build_lines, demo, reference
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.page import page

pytestmark = pytest.mark.browser

CLANG = "powerpc-ppc64_defconfig-clang-19"
GUILTY = f"4/{CLANG}"
PHONE, WIDE = (390, 844), (1500, 900)
AXE = Path(axe_core_python.__file__).with_name("axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests here; each opens its page afresh."""
    with browser(tmp_path_factory.mktemp("chromium")) as window:
        yield window


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reference, the demo and a page of 100 x 200 with 2,000 findings."""
    folder = tmp_path_factory.mktemp("pages")
    large = big()
    return {
        "reference": written(folder / "reference.html", reference()),
        "demo": written(folder / "demo.html", demo()),
        "big": saved(folder / "big.html", page(large, TEMPLATES, big_lines(large))),
    }


def saved(path: Path, text: str) -> Path:
    """`text` as a file."""
    path.write_text(text, encoding="utf-8", errors="replace")
    return path


def written(path: Path, report: RunReport) -> Path:
    """The page of a report as a file."""
    return saved(path, page(report, TEMPLATES, build_lines(report)))


@pytest.fixture(autouse=True)
def _quiet(chromium: Browser) -> Iterator[None]:
    """Whatever a test does with a page: the console stays empty, and nothing but the page itself is asked for."""
    chromium.look(*WIDE)
    yield
    assert chromium.complaints() == []
    assert [url for url in chromium.requests() if not url.startswith(("file:///", "about:"))] == []


def shown(chromium: Browser, selector: str) -> list[WebElement]:
    """The elements that can be seen."""
    return [each for each in chromium.all(selector) if each.is_displayed()]


def set_filter(chromium: Browser, selector: str, value: Any) -> None:
    """As a person's choice does; then wait until rows out of sight are laid out too."""
    chromium.run(
        """const [selector, value] = arguments;
        const field = document.querySelector(selector);
        if (field.type === "checkbox") field.checked = value; else field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));""",
        selector,
        value,
    )
    chromium.wait("return !document.querySelector('.later')")


def test_the_page_opens(chromium: Browser, pages: dict[str, Path]) -> None:
    """Verdict, counts, the matrix and every finding are seen; one file was read and nothing else."""
    chromium.open(pages["reference"])
    assert chromium.one(".verdict").text.startswith("findings: 4 new errors")
    assert [each.text for each in chromium.all(".counts li")][:3] == ["5 patches", "5 cells", "4 new errors"]
    assert len(shown(chromium, ".grid td")) == 30
    assert len(shown(chromium, ".group .finding")) == 7
    assert chromium.requests() == [pages["reference"].as_uri()]


def test_a_click_opens_the_square(chromium: Browser, pages: dict[str, Path]) -> None:
    """New, fixed and carried with the log's words, the lines to build it, the log; and the address leads there."""
    chromium.open(pages["reference"])
    chromium.run("return document.querySelectorAll('.grid tbody tr')[4].cells[5]").click()
    panel = chromium.one("dialog")
    assert panel.is_displayed()
    text = panel.text
    assert f"4: {CLANG}" in text
    assert [each.text for each in chromium.all("dialog h3")] == [
        "New with this commit (1)",
        "Fixed by this commit (1)",
        "Carried: there before this commit (1)",
        "Build it yourself",
    ]
    assert "1362 |   int x;" in text
    assert "follows from this root cause" in text
    assert "make O=build ARCH=powerpc ppc64_defconfig" in text
    assert "b4 shazam -P 1-4 20240730064712.1-5-ada@example.org" in text
    (log,) = [each.get_attribute("href") for each in chromium.all("dialog a") if each.text == "the whole log"]
    assert log == (pages["reference"].parent / f"logs/0004/{CLANG}.log.gz").as_uri()
    assert chromium.driver.current_url.endswith(f"#{GUILTY}")


def test_an_address_leads_to_a_square(chromium: Browser, pages: dict[str, Path]) -> None:
    """By number, `base`, or the beginning of a sha; nonsense opens nothing and breaks nothing."""
    for fragment, title in (
        (GUILTY, f"4: {CLANG}"),
        (f"base/{CLANG}", f"base: {CLANG}"),
        (f"0/{CLANG}", f"base: {CLANG}"),
        (f"{0xA2:040x}/{CLANG}", f"2: {CLANG}"),
    ):
        chromium.open(pages["reference"], fragment)
        assert chromium.one("dialog h2").text == title
    for nonsense in ("9/" + CLANG, "4/none", "%E0%A4%A", "f999", "/", "4/"):
        chromium.open(pages["reference"], nonsense)
        assert not chromium.one("dialog").is_displayed()


def test_an_address_beats_the_filter(chromium: Browser, pages: dict[str, Path]) -> None:
    """A link to what the filter hides shows it all the same."""
    chromium.open(pages["reference"])
    set_filter(chromium, "#arch", "arm64")
    chromium.run("location.hash = arguments[0]", f"#{GUILTY}")
    chromium.wait("return document.querySelector('dialog').open")
    assert len(shown(chromium, ".grid thead th")) == 6
    set_filter(chromium, "#words", "no such words")
    chromium.run("location.hash = '#f3'")
    chromium.wait("return !document.querySelector('#f3').hidden")
    assert chromium.run("return document.querySelector('#f3 details').open")


def test_the_filter(chromium: Browser, pages: dict[str, Path]) -> None:
    """By arch, compiler, severity and text, alone and together; the count says how much is left."""
    chromium.open(pages["reference"])

    def left() -> tuple[int, int]:
        return len(shown(chromium, ".group .finding")), len(shown(chromium, ".grid thead th")) - 1

    set_filter(chromium, "#arch", "powerpc")
    assert left() == (4, 2)
    set_filter(chromium, "#compiler", "clang-19")
    assert left() == (3, 1)
    set_filter(chromium, "#severity", "error")
    assert left() == (2, 1)
    set_filter(chromium, "#words", "PGTABLE_T'")
    assert left() == (1, 1)
    assert chromium.one("#shown").text == "1 of 7 findings, 6 of 6 rows, 1 of 5 cells"
    set_filter(chromium, "#changed", True)
    assert [each.text for each in shown(chromium, ".grid tbody th .n")] == ["3", "4"]
    chromium.one(".filter button").click()
    chromium.wait("return document.querySelector('#shown').textContent.startsWith('7 of 7')")
    assert left() == (7, 5)
    assert len(shown(chromium, ".grid tbody tr")) == 6


def test_the_page_can_be_used_without_a_mouse(chromium: Browser, pages: dict[str, Path]) -> None:
    """One square is in the order of Tab; arrows go on, Enter opens, Escape closes and gives the focus back."""
    chromium.open(pages["reference"])
    assert len(chromium.all(".grid td[tabindex='0']")) == 1
    chromium.run("document.querySelector('.grid td[tabindex]').focus()")
    keys = [Keys.ARROW_DOWN] * 4 + [Keys.END, Keys.ARROW_LEFT, Keys.ARROW_RIGHT]
    ActionChains(chromium.driver).send_keys(*keys).perform()
    active = chromium.driver.switch_to.active_element
    assert active.get_attribute("aria-label") == f"4, {CLANG}: errors; introduced 1 error; fixed 1 error; built, 12 s"
    assert len(chromium.all(".grid td[tabindex='0']")) == 1
    active.send_keys(Keys.ENTER)
    assert chromium.run("return document.activeElement.id") == "square-title"
    ActionChains(chromium.driver).send_keys(Keys.TAB, Keys.SHIFT, Keys.TAB).perform()
    ActionChains(chromium.driver).send_keys(Keys.ESCAPE).perform()
    assert not chromium.one("dialog").is_displayed()
    assert chromium.driver.switch_to.active_element == active
    assert "#" not in chromium.driver.current_url


def test_a_phone_shows_the_square_alone(chromium: Browser, pages: dict[str, Path]) -> None:
    """The panel takes the screen; Escape leads back to the square."""
    chromium.look(*PHONE)
    chromium.open(pages["reference"], GUILTY)
    assert chromium.one("dialog").size["width"] == chromium.run("return document.documentElement.clientWidth")
    ActionChains(chromium.driver).send_keys(Keys.ESCAPE).perform()
    chromium.wait("return !document.querySelector('dialog').open")
    chromium.wait(f"return document.activeElement.ariaLabel?.startsWith('4, {CLANG}')")


def test_the_panel_walks_along_the_commits(chromium: Browser, pages: dict[str, Path]) -> None:
    """Commit before, commit after; at the ends there is no further way."""
    chromium.open(pages["reference"], f"1/{CLANG}")
    chromium.one("dialog .back").click()
    assert chromium.one("dialog h2").text == f"base: {CLANG}"
    before, after, _ = chromium.all("dialog .bar button")
    assert not before.is_enabled()
    after.click()
    assert chromium.one("dialog h2").text == f"1: {CLANG}"
    chromium.all("dialog .bar button")[-1].click()
    assert not chromium.one("dialog").is_displayed()
    assert chromium.run("return document.activeElement.getAttribute('aria-label')").startswith(f"1, {CLANG}: ")


def test_a_link_of_the_panel_leads_to_the_finding(chromium: Browser, pages: dict[str, Path]) -> None:
    """The panel is gone, the finding is open, and the address is the finding's; on a phone too."""
    for size in (WIDE, PHONE):
        chromium.look(*size)
        chromium.open(pages["reference"], GUILTY)
        (link, *_) = [each for each in chromium.all("dialog a") if each.text == "in the list"]
        anchor = str(link.get_attribute("href")).partition("#")[2]
        link.click()
        chromium.wait(f"return document.querySelector('#{anchor} details').open")
        assert not chromium.one("dialog").is_displayed()
        assert chromium.driver.current_url.endswith(f"#{anchor}")


def test_what_a_screen_reader_is_told(chromium: Browser, pages: dict[str, Path]) -> None:
    """A grid with heads and cells by their roles, large or small, though the style makes blocks of its rows."""
    for name, columns in (("reference", 5), ("big", 200)):
        chromium.open(pages[name])
        chromium.driver.execute_cdp_cmd("Accessibility.enable", {})
        document = chromium.driver.execute_cdp_cmd("DOM.getDocument", {})
        grid = chromium.driver.execute_cdp_cmd(
            "DOM.querySelector", {"nodeId": document["root"]["nodeId"], "selector": ".grid"}
        )
        nodes = chromium.driver.execute_cdp_cmd("Accessibility.queryAXTree", {"nodeId": grid["nodeId"]})["nodes"]
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        assert roles.count("grid") == 1
        assert roles.count("columnheader") == columns + 1
        assert roles.count("gridcell") == columns * roles.count("rowheader")


@pytest.mark.parametrize("name", ["reference", "demo", "big"])
@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(chromium: Browser, pages: dict[str, Path], name: str, size: Any, dark: bool) -> None:
    """The rules of WCAG that a machine can try, with a square open too: contrast, names, roles, order."""
    chromium.look(*size, dark=dark)
    fragment = {"reference": GUILTY, "demo": "3/powerpc-allnoconfig-gcc-14", "big": ""}[name]
    for place in dict.fromkeys(("", fragment)):
        chromium.open(pages[name], place)
        if name == "big":  # the rules take minutes for 20,000 squares of the same kinds
            chromium.run(
                "document.querySelectorAll('.grid tbody tr:nth-child(n+9), .group ~ .group').forEach(x => x.remove())"
            )
        chromium.run(AXE)
        found = chromium.driver.execute_async_script(
            "axe.run(document, { resultTypes: ['violations'] }).then(arguments[0])"
        )
        assert len(found["passes"]) > 20
        assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found["violations"]] == []


@pytest.mark.parametrize("size", [PHONE, (768, 1024), WIDE])
def test_nothing_sticks_out(chromium: Browser, pages: dict[str, Path], size: tuple[int, int]) -> None:
    """The page itself never scrolls sideways; only the matrix and the logs' lines do, each in a frame of its own."""
    chromium.look(*size)
    for name, path in pages.items():
        for fragment in ("", GUILTY if name == "reference" else ""):
            chromium.open(path, fragment)
            assert chromium.run("return document.documentElement.scrollWidth <= innerWidth"), (name, size)


def test_the_heads_stay(chromium: Browser, pages: dict[str, Path]) -> None:
    """In the middle of 100 x 200 the patch and the cell of a square can be read, and it is not behind them."""
    chromium.open(pages["big"], "57/powerpc-defconfig-gcc-14")
    boxes = chromium.run(
        """const box = (node) => node.getBoundingClientRect().toJSON();
        const cell = document.querySelector(".grid .open");
        return [cell, cell.parentElement.cells[0], document.querySelector(".grid thead").rows[0].cells[cell.cellIndex],
                document.querySelector(".grid").parentElement].map(box)"""
    )
    cell, row, head, frame = boxes
    assert frame["left"] <= row["left"] < row["right"] <= cell["left"]
    assert frame["top"] <= head["top"] + 1
    assert head["bottom"] <= cell["top"] + 1
    assert head["left"] == pytest.approx(cell["left"], abs=1)
    assert head["right"] == pytest.approx(cell["right"], abs=1)


def test_a_large_page_filters(chromium: Browser, pages: dict[str, Path]) -> None:
    """100 x 200 with 2,000 findings: what is out of sight is filtered as well; all comes back."""
    chromium.open(pages["big"])
    counted = """return [...document.querySelectorAll('.grid tbody tr')].map(
        (row) => [...row.cells].slice(1).filter((cell) => getComputedStyle(cell).display !== 'none').length)"""
    set_filter(chromium, "#arch", "powerpc")
    assert set(chromium.run(counted)) == {10}
    set_filter(chromium, "#words", "vendor_map_19")
    matching = chromium.run("return document.querySelectorAll('.group .finding:not([hidden])').length")
    assert chromium.one("#shown").text.startswith(f"{matching} of 2000 findings, 101 of 101 rows, 10 of 200")
    set_filter(chromium, "#arch", "")
    set_filter(chromium, "#words", "")
    assert set(chromium.run(counted)) == {200}
    assert pages["big"].stat().st_size < 5_000_000


def test_without_the_script_the_page_still_says_all(chromium: Browser, pages: dict[str, Path]) -> None:
    """Scripts switched off: verdict, matrix and findings; no filter that does nothing."""
    chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        chromium.driver.get(pages["reference"].as_uri())
        assert len(shown(chromium, ".grid td")) == 30
        assert len(shown(chromium, ".group .finding")) == 7
        assert shown(chromium, ".filter") == []
    finally:
        chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper(chromium: Browser, pages: dict[str, Path]) -> None:
    """Printed, nothing is cut at the frame and nothing that needs a hand is there; what logs say is open."""
    chromium.open(pages["reference"])
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    chromium.look(1000, 900, media="print")
    assert shown(chromium, ".filter, .openers, nav, dialog") == []
    assert chromium.run("return getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"
    assert len(shown(chromium, ".group .finding pre")) == 7


@pytest.mark.parametrize("place", range(len(ATTACKS)))
def test_attacks_do_nothing(chromium: Browser, tmp_path: Path, place: int) -> None:
    """No script runs, nothing is fetched, no element appears that is not the page's own; the square opens as well."""
    report = hostile(ATTACKS[place])
    chromium.open(written(tmp_path / "page.html", report))
    chromium.run("window.alert = () => { document.title = 'PWNED'; };")
    chromium.run("document.querySelectorAll('.grid tbody tr')[2].cells[1].click()")
    assert chromium.one("dialog").is_displayed()
    assert (
        chromium.run(
            "return document.querySelectorAll('img, iframe, object, embed, base, link, body script[src]').length"
        )
        == 0
    )
    assert chromium.run("return document.querySelectorAll('script').length") == 2
    assert chromium.run(
        "return [...document.querySelectorAll('a')].every((a) => ['file:'].includes(a.protocol) && !a.host)"
    )
    assert chromium.driver.title != "PWNED"
