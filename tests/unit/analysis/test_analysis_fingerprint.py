"""What moves is no part of a fingerprint, what matters is, and gcc and clang agree on the neutral form."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from factories import a_diagnostic
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.fingerprint import exact, neutral, normal_flag, normal_path
from orchestrator.logparse import parse_lines
from orchestrator.model.diagnostic import Diagnostic, Severity

LINE = re.compile(
    r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?:fatal )?(?P<severity>error|warning): (?P<rest>.*)$"
)


def said(text: str, *more: str, function: str | None = None) -> Diagnostic:
    """The diagnostic of a compiler's line; `more` are the lines below it."""
    found = LINE.match(text)
    assert found is not None
    message, _, flag = found["rest"].partition(" [-")
    return Diagnostic(
        severity=Severity(found["severity"]),
        kind="cc",
        message=message,
        raw=text,
        file=found["file"],
        line=int(found["line"]),
        column=int(found["column"]),
        flag=f"-{flag.removesuffix(']')}" if flag else None,
        function=function,
        object="mm/gup.o",
        excerpt=(text, *more),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mm/gup.c", "./mm/gup.c"),
        ("mm/gup.c", "mm//gup.c"),
        ("drivers/a/c.h", "drivers/a/b/../c.h"),
        ("mm/gup.c", "../mm/gup.c"),
        ("mm/gup.c", "../../linux-6.12/mm/gup.c"),
        ("mm/gup.c", "/build/2f3a/mm/gup.c"),
        (
            "arch/x86/include/asm/io.h",
            "/home/kernel/linux/arch/x86/include/asm/io.h",
        ),
        ("mm/gup.c", "/tmp/kernel/linux/mm/gup.c"),
        ("/tmp/ccAb12Cd.s", "/tmp/ccZz98Yx.s"),
        ("/tmp/gup-1f2e3d.s", "/tmp/gup-9a8b7c.s"),
    ],
)
def test_a_file_has_one_name(one: str, other: str) -> None:
    """Dots, double slashes, build directories and temporary names do not make another file."""
    assert normal_path(one) == normal_path(other)


def test_headers_of_the_system_are_not_the_kernels() -> None:
    """/usr/include is not the tree's usr/include."""
    assert normal_path("/usr/include/stdio.h") == "/usr/include/stdio.h"
    assert normal_path("<stdin>") == "<stdin>"


@pytest.mark.parametrize(
    ("flag", "plain"),
    [
        ("-Werror=unused-variable", "-Wunused-variable"),
        ("-Werror,-Wunused-variable", "-Wunused-variable"),
        ("-Wformat=2", "-Wformat"),
        ("-Werror=format=", "-Wformat"),
        ("-W#warnings", "-W#warnings"),
        ("-Werror", ""),
        ("clang-analyzer-core.NullDereference", "clang-analyzer-core.NullDereference"),
        (None, ""),
    ],
)
def test_werror_does_not_change_the_flag(flag: str | None, plain: str) -> None:
    """-Werror is told by the severity; the flag names the warning."""
    assert normal_flag(flag) == plain


SAME = [
    ("cc", "unused variable 'x'", "unused variable \u2018x\u2019"),
    ("as", "unknown opcode `foo'", "unknown opcode 'foo'"),
    ("cc", "'foo' undeclared (first use); did you mean 'bar'?", "'foo' undeclared (first use); did you mean 'baz'?"),
    ("cc", "unknown type name 'foo'; did you mean 'bar'?", "unknown type name 'foo'"),
    (
        "cc",
        "call to '__compiletime_assert_491' declared with attribute error: BUILD_BUG_ON failed: x",
        "call to '__compiletime_assert_7' declared with attribute error: BUILD_BUG_ON failed: x",
    ),
    (
        "cc",
        "the frame size of 1040 bytes is larger than 1024 bytes",
        "the frame size of 2064 bytes is larger than 1024 bytes",
    ),
    ("cc", "stack frame size (1104) exceeds limit (1024) in 'f'", "stack frame size (12) exceeds limit (10) in 'f'"),
    ("objtool", "foo()+0x10: unreachable instruction", "foo()+0x2c0: unreachable instruction"),
    ("objtool", "foo.isra.0+0x10: return with modified stack frame", "foo+0x18: return with modified stack frame"),
    ("objtool", "foo.constprop.0.cold() falls through to bar()", "foo() falls through to bar()"),
    (
        "modpost",
        "vmlinux: section mismatch in reference: f+0x1d10 (section: .text) -> g (section: .init.text)",
        "vmlinux: section mismatch in reference: f+0x44 (section: .text) -> g (section: .init.text)",
    ),
    ("modpost", "modpost: \"foo\" [fs/x.ko] undefined!", "\"foo\" [fs/x.ko] undefined!"),
    ("ld", "undefined reference to `__UNIQUE_ID_x123'", "undefined reference to `__UNIQUE_ID_x77'"),
    ("ld", "(.text+0x1d10): undefined reference to `f'", "(.text+0x20): undefined reference to `f'"),
    ("lld", "relocation out of range: 5000 is not in [-128, 127]", "relocation out of range: -7 is not in [-128, 127]"),
    ("modpost", "modpost: Found 3 section mismatch(es).", "Found 4 section mismatch(es)."),
    ("coccinelle", "alloc with no test, possible model on line 131", "alloc with no test, possible model on line 140"),
    ("smatch", "we assumed 'p' could be null (see line 70)", "we assumed 'p' could be null (see line 7)"),
    ("smatch", "inconsistent returns 'x'. locked on: lines 3,5", "inconsistent returns 'x'. locked on: lines 4,6,9"),
    ("ld", "region `r' overflowed by 4 bytes", "region `r' overflowed by 132 bytes"),
    (
        "ld",
        "section .a LMA [0000000000000100,0000000000000103] overlaps section .b LMA [00000000,000001ff]",
        "section .a LMA [0000000000000200,0000000000000203] overlaps section .b LMA [00000000,000002ff]",
    ),
    ("as", "/tmp/ccAb12Cd.s: can't open", "/tmp/cc99xxYY.s: can't open"),
    ("cc", "redefinition of 'f' at ./include/linux/mm.h:12:3", "redefinition of 'f' at include/linux/mm.h:40:3"),
    ("shell", "/bin/sh: 1: bc: not found", "/bin/sh: 12: bc: not found"),
    ("cc", "member of anonymous struct  here", "member of anonymous struct here"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_what_moves_is_not_in_the_fingerprint(kind: str, one: str, other: str) -> None:
    """Counters, offsets, sizes, temporary names, quotes and did-you-mean tails are not what a message says."""
    left, right = a_diagnostic(one, kind=kind, flag=None), a_diagnostic(other, kind=kind, flag=None, line=99)
    assert exact(left) == exact(right)
    assert neutral(left) == neutral(right)


DIFFERENT = [
    ("cc", "unused variable 'x'", "unused variable 'y'"),
    ("cc", "array subscript 5 is outside 'int[4]'", "array subscript 6 is outside 'int[4]'"),
    ("cc", "unknown type name 'u32x'", "unknown type name 'u64x'"),
    ("ld", "undefined reference to `f1'", "undefined reference to `f2'"),
    ("modpost", '"foo" [fs/x.ko] undefined!', '"foo" [fs/y.ko] undefined!'),
    ("cc", "conversion changes value from 0x100 to 0", "conversion changes value from 0x200 to 0"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT)
def test_what_a_message_is_about_is_in_the_fingerprint(kind: str, one: str, other: str) -> None:
    """Names, and numbers that are the mistake itself, tell two diagnostics apart."""
    assert exact(a_diagnostic(one, kind=kind, flag=None)) != exact(a_diagnostic(other, kind=kind, flag=None))


def test_place_does_not_count_but_file_function_severity_and_flag_do() -> None:
    """A moved line is the same diagnostic; another file, function, severity or flag is another."""
    base = a_diagnostic(function="f")
    assert exact(base) == exact(replace(base, line=400, column=9, log_line=7, object="mm/other.o"))
    for change in ({"file": "mm/x.c"}, {"function": "g"}, {"severity": Severity.ERROR}, {"flag": "-Wfoo"}):
        assert exact(base) != exact(replace(base, **change))
    assert exact(base) == exact(replace(base, flag="-Werror=unused-variable"))
    assert exact(base) == exact(replace(base, function="f.constprop.0"))


# What gcc 14 and clang 19 say of the same line. Types of an argument are in gcc's note, a callee in clang's.
E, W = "t.c:9:3: error: ", "t.c:9:7: error: "
PAIRS = """\
'struct h' declared inside parameter list will not be visible outside of this definition or declaration
declaration of 'struct h' will not be visible outside of this function [-Wvisibility]
implicit declaration of function 'f'; did you mean 'g'? [-Wimplicit-function-declaration]
call to undeclared function 'f'; ISO C99 and later do not support implicit function declarations \
[-Wimplicit-function-declaration]
'v' undeclared (first use in this function)
use of undeclared identifier 'v'; did you mean 'w'?
unknown type name 't'
unknown type name 't'
'struct s' has no member named 'm'; did you mean 'n'?
no member named 'm' in 'struct s'; did you mean 'n'?
assignment to 'struct a *' from incompatible pointer type 'struct b *' [-Wincompatible-pointer-types]
incompatible pointer types assigning to 'struct a *' from 'struct b *' [-Wincompatible-pointer-types]
initialization of 'int' from 'struct b *' makes integer from pointer without a cast [-Wint-conversion]
incompatible pointer to integer conversion initializing 'int' with an expression of type 'struct b *' [-Wint-conversion]
returning 'p_t' {aka 'struct b *'} from a function with incompatible return type 'struct a *' [-Wx]
incompatible pointer types returning 'p_t' (aka 'struct b *') from a function with result type 'struct a *' [-Wx]
incompatible types when assigning to type 'struct s' from type 'int'
assigning to 'struct s' from incompatible type 'int'
unused variable 'x' [-Wunused-variable]
unused variable 'x' [-Wunused-variable]
'f' defined but not used [-Wunused-function]
unused function 'f' [-Wunused-function]
label 'out' defined but not used [-Wunused-label]
unused label 'out' [-Wunused-label]
variable 'x' set but not used [-Wunused-but-set-variable]
variable 'x' set but not used [-Wunused-but-set-variable]
no previous prototype for 'f' [-Wmissing-prototypes]
no previous prototype for function 'f' [-Wmissing-prototypes]
linux/nope.h: No such file or directory
'linux/nope.h' file not found
redefinition of 'struct s'
redefinition of 's'
"M" redefined
'M' macro redefined [-Wmacro-redefined]
conflicting types for 'f'; have 'long int(int)'
conflicting types for 'f'
control reaches end of non-void function [-Wreturn-type]
non-void function does not return a value [-Wreturn-type]
'u' may be used uninitialized [-Wmaybe-uninitialized]
variable 'u' is used uninitialized whenever 'if' condition is false [-Wsometimes-uninitialized]
format '%lu' expects argument of type 'long unsigned int', but argument 3 has type 'int' [-Wformat=]
format specifies type 'unsigned long' but the argument has type 'int' [-Wformat]
static assertion failed: "sizeof(int) == 8"
static assertion failed due to requirement 'sizeof(int) == 8': sizeof(int) == 8
invalid use of undefined type 'struct o'
incomplete definition of type 'struct o'
left shift count >= width of type [-Wshift-count-overflow]
shift count >= width of type [-Wshift-count-overflow]
call to '__compiletime_assert_4' declared with attribute error: BUILD_BUG_ON failed: 1
call to '__compiletime_assert_9' declared with 'error' attribute: BUILD_BUG_ON failed: 1
expected ';' before '}' token
expected ';' after return statement
control reaches end of non-void function
non-void function does not return a value in all control paths
initialized field overwritten [-Woverride-init]
initializer overrides prior initialization of this subobject [-Winitializer-overrides]
initialization of 'int (*)(int)' from incompatible pointer type 'int (*)(long int)' [-Wincompatible-pointer-types]
incompatible function pointer types initializing 'int (*)(int)' with an expression of type 'int (*)(long)' [-Wx]
'return' with a value, in function returning void [-Wreturn-mismatch]
void function 'f' should not return a value [-Wreturn-mismatch]
expected ';' before '}' token
expected ';' after return statement
expected expression before ')' token
expected expression
expected identifier or '(' before numeric constant
expected identifier or '('
expected '=', ',', ';', 'asm' or '__attribute__' before 'int'
expected ';' after top level declarator
expected declaration or statement at end of input
expected '}'
label 'out' used but not defined
use of undeclared label 'out'
duplicate label 'out'
redefinition of label 'out'
'return' with no value, in function returning non-void [-Wreturn-mismatch]
non-void function 'f' should return a value [-Wreturn-mismatch]
missing initializer for field 'm' of 'struct s' [-Wmissing-field-initializers]
missing field 'm' initializer [-Wmissing-field-initializers]
unknown conversion type character 'y' in format [-Wformat=]
invalid conversion specifier 'y' [-Wformat-invalid-specifier]
suggest braces around empty body in an 'if' statement [-Wempty-body]
if statement has empty body [-Wempty-body]
comparison of unsigned expression in '< 0' is always false [-Wtype-limits]
result of comparison of unsigned expression < 0 is always false [-Wtautological-unsigned-zero-compare]
comparison is always false due to limited range of data type [-Wtype-limits]
result of comparison of constant 300 with expression of type 'u8' is always false [-Wtautological]
comparison of constant '3' with boolean expression is always false [-Wbool-compare]
result of comparison of constant 3 with boolean expression is always false [-Wtautological]
comparison of integer expressions of different signedness: 'int' and 'long unsigned int' [-Wsign-compare]
comparison of integers of different signs: 'int' and 'unsigned long' [-Wsign-compare]
suggest parentheses around assignment used as truth value [-Wparentheses]
using the result of an assignment as a condition without parentheses [-Wparentheses]
suggest parentheses around comparison in operand of '&' [-Wparentheses]
& has lower precedence than ==; == will be evaluated first [-Wparentheses]
suggest parentheses around '&&' within '||' [-Wparentheses]
'&&' within '||' [-Wlogical-op-parentheses]
suggest explicit braces to avoid ambiguous 'else' [-Wdangling-else]
add explicit braces to avoid dangling else [-Wdangling-else]
storage size of 'v' isn't known
variable has incomplete type 'struct o'
invalid application of 'sizeof' to incomplete type 'struct o'
invalid application of 'sizeof' to an incomplete type 'struct o'
assignment of read-only location '*p'
read-only variable is not assignable
lvalue required as left operand of assignment
expression is not assignable
invalid operands to binary + (have 'struct s' and 'int')
invalid operands to binary expression ('struct s' and 'int')
subscripted value is neither array nor pointer nor vector
subscripted value is not an array, pointer, or vector
invalid type argument of unary '*' (have 'long int')
indirection requires pointer operand ('long' invalid)
'p' is a pointer; did you mean to use '->'?
member reference type 'struct s *' is a pointer; did you mean to use '->'?
invalid type argument of '->' (have 'struct s')
member reference type 'struct s' is not a pointer; did you mean to use '.'?
request for member 'm' in something not a structure or union
member reference base type 'int' is not a structure or union
used struct type value where scalar is required
statement requires expression of scalar type ('struct s' invalid)
break statement not within loop or switch
'break' statement not in loop or switch statement
case label not within a switch statement
'case' statement not in switch statement
duplicate case value
duplicate case value '1'
conflicting types for 'v'; have 'float'
redefinition of 'v' with a different type: 'float' vs 'int'
'v' redeclared as different kind of symbol
redefinition of 'v' as different kind of symbol
comparison between 'enum a' and 'enum b' [-Wenum-compare]
comparison of different enumeration types ('enum a' and 'enum b') [-Wenum-compare]
comparison of distinct pointer types lacks a cast [-Wcompare-distinct-pointer-types]
comparison of distinct pointer types ('int *' and 'char *') [-Wcompare-distinct-pointer-types]
comparison between pointer and integer
comparison between pointer and integer ('int *' and 'int') [-Wpointer-integer-compare]
argument 1 null where non-null expected [-Wnonnull]
null passed to a callee that requires a non-null argument [-Wnonnull]
declaration of 'x' shadows a previous local [-Wshadow]
declaration shadows a local variable [-Wshadow]
pointer of type 'void *' used in arithmetic [-Wpointer-arith]
arithmetic on a pointer to void is a GNU extension [-Wgnu-pointer-arith]
excess elements in array initializer
excess elements in array initializer [-Wexcess-initializers]
'struct s' has no member named 'm'
field designator 'm' does not refer to any field in type 'struct s'
cast from pointer to integer of different size [-Wpointer-to-int-cast]
cast to smaller integer type 'int' from 'char *' [-Wpointer-to-int-cast]
cast to pointer from integer of different size [-Wint-to-pointer-cast]
cast to 'long *' from smaller integer type 'int' [-Wint-to-pointer-cast]
overflow in conversion from 'int' to 'char' changes value from '300' to '44' [-Woverflow]
implicit conversion from 'int' to 'char' changes value from 300 to 44 [-Wconstant-conversion]
integer overflow in expression of type 'long int' results in '1410065408' [-Woverflow]
overflow in expression; result is 1'410'065'408 with type 'long' [-Winteger-overflow]
ISO C90 forbids variable length array 'v' [-Wvla]
variable length array used [-Wvla]
ISO C90 forbids mixed declarations and code [-Wdeclaration-after-statement]
mixing declarations and code is incompatible with standards before C99 [-Wdeclaration-after-statement]
logical not is only applied to the left hand side of comparison [-Wlogical-not-parentheses]
logical not is only applied to the left hand side of this comparison [-Wlogical-not-parentheses]
ignoring '#pragma foo bar' [-Wunknown-pragmas]
unknown pragma ignored [-Wunknown-pragmas]
'odd' attribute directive ignored [-Wattributes]
unknown attribute 'odd' ignored [-Wunknown-attributes]
initializer element is not constant
initializer element is not a compile-time constant
size of array 'a' is negative
'a' declared as an array with a negative size
width of 'b' exceeds its type
width of bit-field 'b' (40 bits) exceeds the width of its type (32 bits)
statement with no effect [-Wunused-value]
expression result unused [-Wunused-value]
ignoring return value of 'f' declared with attribute 'warn_unused_result' [-Wunused-result]
ignoring return value of function declared with 'warn_unused_result' attribute [-Wunused-result]
array subscript 5 is above array bounds of 'int[3]' [-Warray-bounds=]
array index 5 is past the end of the array (that has type 'int[3]') [-Warray-bounds]
impossible constraint in 'asm'
invalid input constraint 'Z' in asm
macro "M" requires 2 arguments, but only 1 given
too few arguments provided to function-like macro invocation
returning 'int (*)(void)' from a function with return type 'int' makes integer from pointer without a cast [-Wx]
incompatible pointer to integer conversion returning 'int (void)' from a function with result type 'int' [-Wx]
initialization of 'int' from 'char *' makes integer from pointer without a cast [-Wint-conversion]
incompatible pointer to integer conversion initializing 'int' with an expression of type 'char[4]' [-Wint-conversion]
"""
PAIR_LINES = PAIRS.splitlines()


@pytest.mark.parametrize(("gcc", "clang"), list(zip(PAIR_LINES[::2], PAIR_LINES[1::2], strict=True)))
def test_gcc_and_clang_mean_the_same(gcc: str, clang: str) -> None:
    """The neutral forms of both compilers' words for one mistake are equal; the function only gcc names is left out."""
    assert neutral(said(E + gcc, function="f")) == neutral(said(W + clang))


@pytest.mark.parametrize("line", PAIR_LINES)
def test_quotes_lines_and_directories_do_not_change_what_a_compiler_said(line: str) -> None:
    """UTF-8 quotes, another line and column, another build directory: the same fingerprints, both of them."""
    plain = said(E + line)
    moved = said(("/build/x1/mm/t.c:400:1: error: " + line).replace(" '", " \u2018").replace("' ", "\u2019 "))
    moved = replace(moved, file="/build/x1/mm/t.c", excerpt=plain.excerpt)
    plain = replace(plain, file="./mm/t.c")
    assert exact(plain) == exact(moved)
    assert neutral(plain) == neutral(moved)


def test_mistakes_of_different_classes_or_names_stay_apart() -> None:
    """The pairs above are of different mistakes, but for the few that repeat a class with the same names."""
    seen = {neutral(said(E + gcc)) for gcc in PAIR_LINES[::2]}
    assert len(seen) >= len(set(PAIR_LINES[::2])) - 6


def test_types_of_a_bad_argument_are_taken_from_the_note() -> None:
    """gcc's note and clang's message name the same types; another type is another mistake."""
    gcc = E + "passing argument 1 of 'takes' from incompatible pointer type [-Wincompatible-pointer-types]"
    note = "t.c:4:22: note: expected 'struct s *' but argument is of type 'pgtable_t' {aka 'struct page *'}"
    clang = (
        "incompatible pointer types passing '{}' (aka 'struct page *') to parameter of type 'struct s *' "
        "[-Wincompatible-pointer-types]"
    )
    assert neutral(said(gcc, note)) == neutral(said(W + clang.format("pgtable_t")))
    assert neutral(said(gcc, note)) != neutral(said(W + clang.format("ptdesc_t")))


def test_the_callee_of_a_bad_call_is_taken_from_clangs_note() -> None:
    """clang counts arguments in the message and names the function below it."""
    gcc = said(E + "too few arguments to function 'two'", "t.c:5:6: note: declared here")
    clang = said(W + "too few arguments to function call, expected 2, have 1", "t.c:5:6: note: 'two' declared here")
    assert neutral(gcc) == neutral(clang)


def test_directives_are_one_mistake() -> None:
    """gcc repeats #error and #warning, clang does not."""
    gcc, clang = said(E + '#error "no way out"'), said(W + '"no way out"', '    9 | #error "no way out"')
    assert neutral(gcc) == neutral(clang)
    warns = said('t.c:9:2: warning: #warning "look" [-Wcpp]'), said('t.c:9:2: warning: "look" [-W#warnings]')
    assert neutral(warns[0]) == neutral(warns[1])


def test_an_unused_macro_is_named_in_the_message_or_in_the_source_line() -> None:
    """gcc says the name, clang shows the line."""
    gcc = said('t.c:9:9: warning: macro "LIMIT" is not used [-Wunused-macros]')
    clang = said(
        "t.c:9:9: warning: macro is not used [-Wunused-macros]", "    9 | #define LIMIT 3", "      |         ^"
    )
    assert neutral(gcc) == neutral(clang)
    assert neutral(clang) != neutral(said(clang.raw, "    9 | #define OTHER 3"))


@pytest.mark.parametrize(
    ("ld", "lld"),
    [
        ("multiple definition of `f'; b.o:(.text+0x0): first defined here", "duplicate symbol: f"),
        ("relocation truncated to fit: R_PPC64_REL24 (stub) against symbol `f' defined in .text section in b.o",
         "mm/a.o:(.text+0x8): relocation R_PPC64_REL24 out of range: 99 is not in [-8, 7]; references 'f'"),
        ("cannot find -lelf: No such file or directory", "unable to find library -lelf"),
        ("cannot find mm/a.o: No such file or directory", "cannot open mm/a.o: No such file or directory"),
        ("orphan section `.odd' from `mm/a.o' being placed in section `.odd'",
         "vmlinux.a(mm/a.o):(.odd) is being placed in '.odd'"),
    ],
)  # fmt: skip
def test_ld_and_lld_mean_the_same(ld: str, lld: str) -> None:
    """Both linkers' words for one mistake."""
    one = a_diagnostic(ld, kind="ld", file="mm/a.c", line=None, flag=None, object="vmlinux")
    assert neutral(one) == neutral(replace(one, message=lld, kind="lld", file=None))
    assert "|ld|" not in neutral(one)


def test_ld_and_lld_miss_the_same_symbol() -> None:
    """A missing symbol is one mistake, in whichever file the linker says it is used."""
    ld = a_diagnostic("undefined reference to `f'", kind="ld", file="mm/gup.c", line=None, flag=None, object="vmlinux")
    lld = a_diagnostic("undefined symbol: f", kind="lld", file=None, line=None, flag=None, object="vmlinux")
    assert neutral(ld) == neutral(lld)


def test_an_unknown_message_stands_for_itself_without_quotes() -> None:
    """Where no pair is known, only the quotes and the `aka`s are dropped."""
    one = said(E + "no such thing as 'x' {aka 'y'} here")
    assert neutral(one) == neutral(said(W + "no such thing as \u2018x\u2019 (aka 'z') here"))
    assert neutral(one) != neutral(said(W + "no such thing as 'w' here"))


@given(
    message=st.text(max_size=80),
    file=st.none() | st.text(max_size=40),
    function=st.none() | st.text(max_size=20),
    flag=st.none() | st.text(max_size=20),
    kind=st.sampled_from(("cc", "ld", "lld", "modpost", "shell", "make")),
)
def test_anything_has_a_fingerprint(
    message: str, file: str | None, function: str | None, flag: str | None, kind: str
) -> None:
    """No text makes it raise, and the line never counts."""
    one = Diagnostic(
        severity=Severity.ERROR,
        kind=kind,
        message=message,
        raw=message,
        file=file,
        function=function,
        flag=flag,
        line=1,
    )
    other = replace(one, line=2, column=5)
    assert exact(one) == exact(other)
    assert neutral(one) == neutral(other)


LOGS = Path(__file__).resolve().parents[2] / "logs"
RECORDED = sorted(LOGS.glob("*/*.log"))
SOURCE_LINE = re.compile(r"(\.(?:[chSsly]|dtsi?|rs|lds)|Kconfig[.\w]*|Makefile):(\d+)")
OFFSET = re.compile(r"\+0x[0-9a-f]+")
TEMPORARY = re.compile(r"/tmp/cc\w{6}\.")


def moved(line: str, shift: int) -> str:
    """The line as the same tool prints it after `shift` lines were added above, in another run."""
    line = SOURCE_LINE.sub(lambda place: f"{place[1]}:{int(place[2]) + shift}", line)
    line = OFFSET.sub(lambda offset: f"+{int(offset[0][1:], 16) + 16 * shift:#x}", line)
    return TEMPORARY.sub("/tmp/ccOther1.", line)


@pytest.mark.parametrize("log", RECORDED, ids=lambda log: f"{log.parent.name}/{log.stem}")
@pytest.mark.parametrize("prefix", ["", "./", "/home/me/build-17/", "../src/"])
def test_recorded_diagnostics_keep_their_fingerprints_when_code_moves(log: Path, prefix: str) -> None:
    """Other lines, offsets, temporary names and, for paths that say where in the tree they are, another directory."""
    lines = log.read_text(encoding="utf-8").splitlines()
    before = parse_lines(lines).diagnostics
    after = parse_lines([moved(line, 111) for line in lines]).diagnostics
    after = tuple(replace(d, file=f"{prefix}{d.file}") if (d.file or "").startswith("lib/") else d for d in after)
    assert [exact(d) for d in before] == [exact(d) for d in after]
    assert [neutral(d) for d in before] == [neutral(d) for d in after]
