"""What the lines around a diagnostic tell: object, function, excerpt, rustc's place; and the JSON line."""

import json

import pytest

from orchestrator.logparse import LogParser, iter_diagnostics, parse_lines, to_json_line
from orchestrator.logparse.excerpt import MAX_CHARACTERS, MAX_LINES
from orchestrator.logparse.stream import LINE_CAP
from orchestrator.model.diagnostic import ParsedLog, Severity


def parse(text: str) -> ParsedLog:
    """A log given as text."""
    return parse_lines(text.splitlines(keepends=True))


GCC = """\
  CC      mm/gup.o
In file included from ./include/linux/mm.h:7,
                 from mm/gup.c:3:
include/linux/a.h: In function 'helper':
include/linux/a.h:12:3: error: too few arguments to function 'f'
   12 |   f();
      |   ^
In file included from mm/gup.c:3:
include/linux/b.h:4:5: note: declared here
    4 | int f(int);
      |     ^
mm/gup.c: At top level:
mm/gup.c:9:5: warning: no previous prototype for 'g' [-Wmissing-prototypes]
cc1: some warnings being treated as errors
make[3]: *** [scripts/Makefile.build:243: mm/gup.o] Error 1
lib/a.c:1:1: warning: printed by a recipe without echo
  AR      mm/built-in.a
  CC [M]  drivers/x.o
drivers/x.c:1:2: warning: x [-Wx]
make[2]: *** [scripts/Makefile.build:478: mm] Error 2
make: *** [Makefile:224: __sub-make] Error 2
"""


def test_a_diagnostic_stands_under_its_echo_line() -> None:
    """The object is the target of the echo line above, "" once make has closed that group."""
    parsed = parse(GCC)
    assert [diagnostic.object for diagnostic in parsed.diagnostics] == ["mm/gup.o", "mm/gup.o", "", "drivers/x.o"]
    assert parsed.attempted == ("mm/gup.o", "mm/built-in.a", "drivers/x.o")
    assert parsed.failed == ("mm/gup.o",)
    assert parsed.lines == GCC.count("\n")


def test_include_chain_excerpt_and_notes_belong_to_their_diagnostic() -> None:
    """The excerpt runs from the include chain to the notes, their own chains included."""
    first, second, *_ = parse(GCC).diagnostics
    assert first.excerpt == tuple(GCC.splitlines()[1:11])
    assert first.log_line == 5
    assert second.excerpt[0] == "mm/gup.c: At top level:"


def test_gcc_announces_the_function_of_what_follows() -> None:
    """`In function` holds until `At top level` or the next object."""
    assert [diagnostic.function for diagnostic in parse(GCC).diagnostics] == ["helper", None, None, None]


@pytest.mark.parametrize(
    ("lead", "function"),
    [
        ("mm/a.c: In function 'gup':", "gup"),
        ("mm/a.c: In function \u2018gup\u2019:", "gup"),
        ("a.cc: In member function 'virtual unsigned int {anonymous}::pass::execute(function*)':", "execute"),
        ("a.cc: In static member function 'static int ns::T::get(const char*)':", "get"),
        ("a.cc: In destructor 'virtual T::~T()':", "~T"),
        ("a.cc: In member function 'int T::size() const':", "size"),
        ("a.cc: In lambda function:", None),
        ("mm/a.c: At top level:", None),
    ],
)
def test_a_lead_names_the_function(lead: str, function: str | None) -> None:
    """C and C++; a scope without a name is no function."""
    log = f"b.c: In function 'before':\n{lead}\nmm/a.c:1:2: warning: x\n"
    assert [diagnostic.function for diagnostic in parse(log).diagnostics] == [function]


def test_only_compilers_speak_of_the_function_announced() -> None:
    """The assembler and the linker that run after the compiler say nothing of its functions, nor it of theirs."""
    log = (
        "a.c: In function 'f':\na.c:1:2: warning: x\n"
        "{standard input}: Assembler messages:\n{standard input}:9: Error: y\n"
        "ld: a.o: in function `g':\nld: a.o(.text+0x1): undefined reference to `h'\nld: warning: orphan section\n"
        "b.c:1:2: warning: z\n"
    )
    assert [diagnostic.function for diagnostic in parse(log).diagnostics] == ["f", None, "h", None, "f"]


def test_an_inlined_function_gives_way_to_the_one_it_is_inlined_in() -> None:
    """`In function 'memcpy', inlined from 'f' at ..`: the code is f's."""
    log = (
        "In function 'memcpy',\n    inlined from 'f' at lib/a.c:7:2:\n"
        "include/linux/fortify.h:5:1: error: call to '__bad' declared with attribute error: no\n"
    )
    (found,) = parse(log).diagnostics
    assert found.function == "f"
    assert len(found.excerpt) == 3


def test_rustc_names_its_place_on_the_next_line() -> None:
    """`error[E0425]: M`, then `  --> F:L:C`; the same header without a place is a driver's message."""
    log = (
        "error[E0425]: cannot find value `x`\n   --> rust/kernel/a.rs:64:35\n    |\n64  | x\n    |\n"
        "    = note: n\n\nwarning: unused\n  --> rust/b.rs:1:2\n\nerror: nowhere\n"
        "error: aborting due to 1 previous error\n"
    )
    places = [(d.kind, d.file, d.line, d.column, d.flag) for d in parse(log).diagnostics]
    assert places == [
        ("rustc", "rust/kernel/a.rs", 64, 35, "E0425"),
        ("rustc", "rust/b.rs", 1, 2, None),
        ("driver", None, None, None, None),
    ]


def test_a_section_mismatch_is_one_diagnostic_with_its_block() -> None:
    """The block of an old modpost, up to its empty line, is the excerpt."""
    log = (
        "  MODPOST vmlinux.o\n"
        "WARNING: vmlinux.o(.text+0x1): Section mismatch in reference from the function f() to the function "
        ".init.text:g()\n"
        "The function f() references\nthe function __init g().\nThis is often because f lacks a __init\n"
        "annotation or the annotation of g is wrong.\n\nunrelated\n"
    )
    (found,) = parse(log).diagnostics
    assert (found.object, found.file, found.function, len(found.excerpt)) == ("vmlinux.o", "vmlinux.o", "f", 5)


def test_each_undefined_reference_counts() -> None:
    """Every symbol at every place is a diagnostic, and so is the count that ld stops at."""
    log = (
        "  LD      .tmp_vmlinux1\nld: mm/a.o: in function `f':\na.c:(.text+0x1): undefined reference to `x'\n"
        "ld: a.c:(.text+0x9): undefined reference to `y'\n"
        "ld: mm/a.o:a.c:(.text+0xf): more undefined references to `y' follow\n"
        "make[2]: *** [scripts/Makefile.vmlinux:34: vmlinux] Error 1\n"
    )
    parsed = parse(log)
    assert [(d.function, d.object) for d in parsed.diagnostics] == [
        ("x", "vmlinux"),
        ("y", "vmlinux"),
        ("y", "vmlinux"),
    ]
    assert (parsed.attempted, parsed.failed) == (("vmlinux",), ("vmlinux",))


@pytest.mark.parametrize(
    ("echo", "name"),
    [
        ("  CC      mm/gup.o", "mm/gup.o"),
        ("  CC [M]  a/b.o", "a/b.o"),
        ("  AS [M]  a/b.o", "a/b.o"),
        ("  RUSTC L rust/core.o", "rust/core.o"),
        ("  RUSTC [M] a/b.o", "a/b.o"),
        ("  DTC [C] a/b.dtb", "a/b.dtb"),
        ("  HOSTCC  scripts/x", "scripts/x"),
        ("  VDSO32A arch/x/v.o", "arch/x/v.o"),
        ("  OBJCOPY a/b.so", "a/b.so"),
        ("  CC       /out/tools/a.o", "tools/a.o"),
        ("  MODPOST Module.symvers", "Module.symvers"),
        ("  MODPOST 123 modules", "modpost"),
        ("  LD      .tmp_vmlinux.kallsyms1", "vmlinux"),
        ("  LD      vmlinux.unstripped", "vmlinux"),
        ("  LD      vmlinux", "vmlinux"),
        ("  CHECK   /src/mm/gup.c", "mm/gup.c"),
        ("  CHECK   a/b.dtb", "a/b.dtb"),
        ("  CALL    /src/scripts/checksyscalls.sh", "scripts/checksyscalls.sh"),
        ("  YACC    scripts/kconfig/parser.tab.[ch]", "scripts/kconfig/parser.tab.[ch]"),
        ("  STRIP\t  a/b", "a/b"),
    ],
)
@pytest.mark.parametrize(
    "form", ["{}", "{}\n", "{}\r\n", "12:34:56 {}\n", "2024-01-01T00:00:00.0000000Z {}\n", "\x1b[32m{}\x1b[0m\n"]
)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_an_echo_line_names_an_object(echo: str, name: str, form: str, as_bytes: bool) -> None:
    """Whatever the command, the tag and the line's wrapping; twice in a row is once attempted."""
    line = form.format(echo)
    parsed = parse_lines([line.encode(), line.encode()] if as_bytes else [line, line])
    assert parsed.attempted == (name,)


@pytest.mark.parametrize(
    "text", ["  Building modules, stage 2.", "  FYI this is prose", "   12 | CC x", "  ERROR: x", "  X = y"]
)
def test_prose_is_no_echo_line(text: str) -> None:
    """The command is upper case and padded, and the target starts in the tenth column or later."""
    assert parse_lines([text]).attempted == ()


def test_an_object_echoed_twice_keeps_the_diagnostics_of_both_groups() -> None:
    """Two passes over one object add up."""
    log = "  CC      a.o\na.c:1:1: warning: x\n  CC      b.o\n  CC      a.o\na.c:2:1: warning: y\n"
    parsed = parse(log)
    assert [(d.object, d.line) for d in parsed.diagnostics] == [("a.o", 1), ("a.o", 2)]
    assert parsed.attempted == ("a.o", "b.o")


def test_the_checker_is_an_object_of_its_own() -> None:
    """sparse and gcc print alike: the echo line tells them apart; kernel-doc stays with the compiler's object."""
    log = (
        "  CC      mm/gup.o\nmm/gup.c:1:2: warning: x [-Wx]\n"
        "  CHECK   /src/mm/gup.c\n/src/mm/gup.c:3:4: warning: cast\n"
        "/src/mm/gup.c:5: warning: Function parameter or member 'x' not described in 'f'\n"
    )
    found = [(d.kind, d.object, d.file) for d in parse(log).diagnostics]
    assert found == [
        ("cc", "mm/gup.o", "mm/gup.c"),
        ("sparse", "mm/gup.c", "mm/gup.c"),
        ("kernel-doc", "mm/gup.o", "mm/gup.c"),
    ]


def test_make_and_kconfig_speak_outside_of_recipes() -> None:
    """A missing rule belongs to who needs it; makefile and Kconfig messages to no object, unless SYNC stands above."""
    log = (
        "  CC      a.o\nmake[1]: *** No rule to make target 'b.o', needed by '/out/c.a'.\n"
        "  HOSTCC  scripts/kconfig/conf\ninit/Kconfig:1: syntax error\narch/x86/Makefile:3: odd\n"
        "  SYNC    include/config/auto.conf\n"
        ".config:3:warning: override: reassigning to symbol X\n"
    )
    assert [d.object for d in parse(log).diagnostics] == ["c.a", "", "", "include/config/auto.conf"]


def test_error_two_is_passed_on_only_above_a_deeper_failure() -> None:
    """A tool may exit with 2 itself; a directory's Error 2 after a deeper failure names no object."""
    assert parse("make[1]: *** [Makefile:3: a.txt] Error 2\n").failed == ("a.txt",)
    assert parse("  GEN     a.txt\nmake[2]: *** [b] Error 1\nmake[1]: *** [Makefile:3: a.txt] Error 2\n").failed == (
        "b",
        "a.txt",
    )
    assert parse("make[2]: *** [b] Error 1\nmake[1]: *** [Makefile:3: dir] Error 2\n").failed == ("b",)
    assert parse("make[2]: *** [b] Terminated\nmake[1]: *** [Makefile:3: dir] Terminated\n").failed == ("b",)
    assert parse("make[2]: *** [b] Error 1\nmake[1]: *** [Makefile:3: c] Segmentation fault\n").failed == ("b", "c")


def test_only_our_own_prefixes_are_cut() -> None:
    """The path is as printed but for the directories given, whole components only."""
    lines = [
        "/src/mm/../a.c:1:2: error: x",
        "/srcs/a.c:1:2: error: x",
        "../a.c:1:2: error: x",
        "/out/i.h:1:2: error: x",
    ]
    assert [d.file for d in iter_diagnostics(lines)] == ["mm/../a.c", "/srcs/a.c", "../a.c", "i.h"]
    relative = [d.file for d in iter_diagnostics(lines, source_prefixes=("..",), build_prefixes=())]
    assert relative == ["/src/mm/../a.c", "/srcs/a.c", "a.c", "/out/i.h"]


def test_lines_that_parallel_make_glued_are_taken_apart() -> None:
    """A flag or an echo line ends the first, a whole place starts the second."""
    log = "a.c:1:2: warning: x [-Wx]mm/b.c:3:4: error: y [-Wy]\n  CC [M]  q/r.omm/b.c:5:6: error: z\n"
    parsed = parse(log)
    assert [(d.file, d.message) for d in parsed.diagnostics] == [("a.c", "x"), ("mm/b.c", "y"), ("mm/b.c", "z")]
    assert parsed.attempted == ("q/r.o",)


def test_an_echo_line_inside_another_line_is_taken_out() -> None:
    """As two pipes deliver it: the message is cut, and what follows has its object."""
    log = "a.c:1:2: warning: unused varia  CC      mm/b.o\nble 'x' [-Wx]\nmm/b.c:3:4: error: y\nld: no such a.o\n"
    parsed = parse(log)
    assert [(d.file, d.message, d.object) for d in parsed.diagnostics] == [
        ("a.c", "unused varia", ""),
        ("mm/b.c", "y", "mm/b.o"),
        (None, "no such a.o", "mm/b.o"),
    ]
    assert parsed.attempted == ("mm/b.o",)


def test_carriage_returns_separate_and_long_lines_are_cut() -> None:
    """Progress bars overwrite themselves; a line of megabytes keeps its head."""
    log = "10%\r20%\rmm/a.c:1:2: error: x\n" + "mm/a.c:3:4: error: " + "y" * (1 << 20) + "\n"
    first, second = parse_lines(log.split("\n")).diagnostics
    assert (first.file, first.line, first.log_line) == ("mm/a.c", 1, 1)
    assert (second.line, len(second.raw)) == (3, LINE_CAP)


def test_the_excerpt_is_bounded() -> None:
    """At most MAX_LINES lines and MAX_CHARACTERS beside the diagnostic's own line."""
    (many,) = parse("a.c:1:2: error: x\n" + "   1 | y\n" * 500).diagnostics
    (long,) = parse("a.c:1:2: error: x\n" + ("   1 | " + "y" * 5000 + "\n") * 20).diagnostics
    assert len(many.excerpt) == MAX_LINES
    assert sum(map(len, long.excerpt)) <= MAX_CHARACTERS + len(long.raw)


def test_bytes_and_text_are_read_alike() -> None:
    """A file opened in binary mode and one decoded give the same result."""
    assert parse_lines(GCC.encode().splitlines(keepends=True)) == parse(GCC)


def test_a_diagnostic_is_given_out_as_soon_as_the_next_group_starts() -> None:
    """Streaming: the state is that of one diagnostic."""
    parser = LogParser()
    lines = ["  CC      a.o", "a.c:1:1: error: x", "  CC      b.o", "b.c:1:1: error: y"]
    seen = [f"{diagnostic.file}@{parser.lines}" for diagnostic in parser.feed(lines)]
    assert seen == ["a.c@3", "b.c@4"]
    assert parser.attempted == ("a.o", "b.o")


def test_the_json_line_has_exactly_the_fields_of_the_contract() -> None:
    """`kmatrix parse` prints one such object a line; any bytes of the log survive as ASCII."""
    (found,) = parse_lines([b"mm/\xff.c:1:2: warning: \xe2\x80\x98x\xe2\x80\x99 [-Wx]"]).diagnostics
    line = to_json_line(found)
    assert line.isascii()
    assert "\n" not in line
    assert list(json.loads(line)) == [
        *("severity", "kind", "file", "line", "column", "message", "flag", "function", "object", "log_line", "raw")
    ]
    assert json.loads(line)["severity"] == Severity.WARNING
