"""Every tool's line by itself: what is read of it, and which lines are not diagnostics."""

import pytest

from orchestrator.logparse import parse_lines
from orchestrator.model.diagnostic import Diagnostic

Expected = tuple[str, str, str | None, int | None, int | None, str | None, str]


def only(text: str) -> Diagnostic:
    """The one diagnostic of a log of one line."""
    found = parse_lines([text]).diagnostics
    assert len(found) == 1, found
    assert found[0].raw == text
    return found[0]


COMPILERS: dict[str, Expected] = {
    "mm/gup.c:12:34: warning: unused variable 'x' [-Wunused-variable]": (
        "cc", "warning", "mm/gup.c", 12, 34, "-Wunused-variable", "unused variable 'x'"),
    "mm/gup.c:12:34: error: too many arguments [-Werror,-Wfoo-bar]": (
        "cc", "error", "mm/gup.c", 12, 34, "-Werror,-Wfoo-bar", "too many arguments"),
    "mm/gup.c:1:2: error: format '%d' expects [-Werror=format=]": (
        "cc", "error", "mm/gup.c", 1, 2, "-Werror=format=", "format '%d' expects"),
    "<stdin>:1515:2: warning: syscall clone3 not implemented [-W#warnings]": (
        "cc", "warning", "<stdin>", 1515, 2, "-W#warnings", "syscall clone3 not implemented"),
    "./arch/x86/../x86/include/asm/a.h:7:10: fatal error: b.h: No such file or directory": (
        "cc", "error", "./arch/x86/../x86/include/asm/a.h", 7, 10, None, "b.h: No such file or directory"),
    "kernel/a.S:9:1: error: <inline asm> junk [0, 4]": (
        "cc", "error", "kernel/a.S", 9, 1, None, "<inline asm> junk [0, 4]"),
    "<inline asm>:3:7: error: unknown token": ("cc", "error", "<inline asm>", 3, 7, None, "unknown token"),
    "<instantiation>:2:1: warning: deep": ("cc", "warning", "<instantiation>", 2, 1, None, "deep"),
    "lib/a.c:44: warning: \"END\" redefined": ("cc", "warning", "lib/a.c", 44, None, None, '"END" redefined'),
    "lib/a.c:5:6: internal compiler error: in expand_expr, at expr.c:100": (
        "cc", "error", "lib/a.c", 5, 6, None, "internal compiler error: in expand_expr, at expr.c:100"),
    "lib/a.c:5:6: sorry, unimplemented: mangling": (
        "cc", "error", "lib/a.c", 5, 6, None, "sorry, unimplemented: mangling"),
    "lib/a.c:5:6: warning: leak of 'p' [CWE-401] [-Wanalyzer-malloc-leak]": (
        "cc", "warning", "lib/a.c", 5, 6, "-Wanalyzer-malloc-leak", "leak of 'p' [CWE-401]"),
    "lib/a.c:5:6: warning: Value stored to 'p' is never read [clang-analyzer-deadcode.DeadStores]": (
        "clang-analyzer", "warning", "lib/a.c", 5, 6, "clang-analyzer-deadcode.DeadStores",
        "Value stored to 'p' is never read"),
    "clang diag: include/a.h:4:5: warning: no previous prototype for function 'f' [-Wmissing-prototypes]": (
        "cc", "warning", "include/a.h", 4, 5, "-Wmissing-prototypes", "no previous prototype for function 'f'"),
    "rust/a.rs:4:21: error[E0425]: cannot find function `f` in this scope": (
        "rustc", "error", "rust/a.rs", 4, 21, "E0425", "cannot find function `f` in this scope"),
    ":165:5: warning: lost its file": ("cc", "warning", None, 165, 5, None, "lost its file"),
    "kernel/a.S:10: Error: no such instruction: `foo'": (
        "as", "error", "kernel/a.S", 10, None, None, "no such instruction: `foo'"),
    "{standard input}:88: Warning: section changed": (
        "as", "warning", "{standard input}", 88, None, None, "section changed"),
    "/tmp/ccABC.s: Error: .size expression for f does not evaluate to a constant": (
        "as", "error", "/tmp/ccABC.s", None, None, None, ".size expression for f does not evaluate to a constant"),
    "/tmp/ccABC.s:7: Internal error in output_insn at tc-any.c:42.": (
        "as", "error", "/tmp/ccABC.s", 7, None, None, "Internal error in output_insn at tc-any.c:42."),
    "<command-line>: warning: \"DEBUG\" redefined": (
        "cc", "warning", "<command-line>", None, None, None, '"DEBUG" redefined'),
    "Unable to bind: Diagnostic(\"include/a.h:4:5: error: unknown type name 'x'": (
        "cc", "error", "include/a.h", 4, 5, None, "unknown type name 'x'"),
}  # fmt: skip

CHECKERS: dict[str, Expected] = {
    "a/b.c:7:8: sparse: sparse: cast to restricted __be16": (
        "sparse", "warning", "a/b.c", 7, 8, None, "cast to restricted __be16"),
    "a/b.c:7:8: sparse: error: undefined identifier 'x'": (
        "sparse", "error", "a/b.c", 7, 8, None, "undefined identifier 'x'"),
    "a/b.c:70 probe() warn: possible memory leak of 'p'": (
        "smatch", "warning", "a/b.c", 70, None, None, "possible memory leak of 'p'"),
    "a/b.c:70 probe() error: uninitialized symbol 'ret'.": (
        "smatch", "error", "a/b.c", 70, None, None, "uninitialized symbol 'ret'."),
    "a/b.c:5: warning: Function parameter or member 'x' not described in 'f'": (
        "kernel-doc", "warning", "a/b.c", 5, None, None, "Function parameter or member 'x' not described in 'f'"),
    "a/b.c:5: warning: No description found for return value of 'f'": (
        "kernel-doc", "warning", "a/b.c", 5, None, None, "No description found for return value of 'f'"),
    "Warning: a/b.c:5 function parameter 'x' not described in 'f'": (
        "kernel-doc", "warning", "a/b.c", 5, None, None, "function parameter 'x' not described in 'f'"),
    "a/b.c:19:1-3: WARNING: PTR_ERR_OR_ZERO can be used": (
        "coccinelle", "warning", "a/b.c", 19, 1, None, "WARNING: PTR_ERR_OR_ZERO can be used"),
    "a/b.c:19:2-8: ERROR: missing put_device": (
        "coccinelle", "error", "a/b.c", 19, 2, None, "ERROR: missing put_device"),
    "a/b.c:19:2-3: Unneeded semicolon": ("coccinelle", "warning", "a/b.c", 19, 2, None, "Unneeded semicolon"),
    "a/b.h: linux/types.h is included more than once.": (
        "includecheck", "warning", "a/b.h", None, None, None, "linux/types.h is included more than once."),
    "a/b.c: 13 linux/version.h not needed.": (
        "versioncheck", "warning", "a/b.c", 13, None, None, "linux/version.h not needed."),
    "a/b.c: 1:28 Invalid License ID: GPL-2": (
        "spdxcheck", "warning", "a/b.c", 1, 28, None, "Invalid License ID: GPL-2"),
    "Documentation/a.rst:13: WARNING: Unknown target name: \"x\".": (
        "sphinx", "warning", "Documentation/a.rst", 13, None, None, 'Unknown target name: "x".'),
    "Documentation/a.rst:13: ERROR: Unexpected indentation. [docutils]": (
        "sphinx", "error", "Documentation/a.rst", 13, None, "docutils", "Unexpected indentation."),
    "Documentation/a.rst: WARNING: document isn't included in any toctree": (
        "sphinx", "warning", "Documentation/a.rst", None, None, None, "document isn't included in any toctree"),
    "Documentation/core/a:9: ./include/linux/b.h:40: WARNING: Inline literal without end.": (
        "sphinx", "warning", "./include/linux/b.h", 40, None, None, "Inline literal without end."),
    "Documentation/a.rst:: WARNING: duplicate label": (
        "sphinx", "warning", "Documentation/a.rst", None, None, None, "duplicate label"),
    "Warning: Documentation/a.rst references a file that doesn't exist: b.txt": (
        "doc", "warning", "Documentation/a.rst", None, None, None, "references a file that doesn't exist: b.txt"),
    "usr/include/a.h:29: found __[us]{8,16,32,64} type without #include <linux/types.h>": (
        "headers_check", "warning", "usr/include/a.h", 29, None, None,
        "found __[us]{8,16,32,64} type without #include <linux/types.h>"),
    "usr/include/a.h:15: included file 'b.h' is not exported": (
        "headers_check", "error", "usr/include/a.h", 15, None, None, "included file 'b.h' is not exported"),
    "error: include/uapi/a.h: missing \"WITH Linux-syscall-note\" for SPDX-License-Identifier": (
        "headers_install", "error", "include/uapi/a.h", None, None, None,
        'missing "WITH Linux-syscall-note" for SPDX-License-Identifier'),
    "warning: include/uapi/a.h: leak CONFIG_X to user-space": (
        "headers_install", "warning", "include/uapi/a.h", None, None, None, "leak CONFIG_X to user-space"),
}  # fmt: skip

LINKERS: dict[str, Expected] = {
    "a.c:(.text+0x18): undefined reference to `f'": (
        "ld", "error", "a.c", None, None, None, "undefined reference to `f'"),
    "m68k-linux-gnu-ld: drivers/a.o:a.c:12: undefined reference to `f'": (
        "ld", "error", "a.c", 12, None, None, "undefined reference to `f'"),
    "(.text+0x7c): undefined reference to `f'": ("ld", "error", None, None, None, None, "undefined reference to `f'"),
    "ld: drivers/a.o:a.c:(.text+0x1): more undefined references to `f' follow": (
        "ld", "error", "a.c", None, None, None, "more undefined references to `f' follow"),
    "include/a.h:45: multiple definition of `f'; b.o:include/a.h:45: first defined here": (
        "ld", "error", "include/a.h", 45, None, None,
        "multiple definition of `f'; b.o:include/a.h:45: first defined here"),
    "a.o:(.text+0x5c): relocation truncated to fit: R_ARM_JUMP24 against `.init.text'": (
        "ld", "error", "a.o", None, None, None, "relocation truncated to fit: R_ARM_JUMP24 against `.init.text'"),
    "/usr/bin/ld: warning: orphan section `.x' from `a.o' being placed in section `.x'": (
        "ld", "warning", None, None, None, None, "orphan section `.x' from `a.o' being placed in section `.x'"),
    "s390x-linux-ld: .tmp_vmlinux1: warning: allocated section `.m' not in segment": (
        "ld", "warning", ".tmp_vmlinux1", None, None, None, "allocated section `.m' not in segment"),
    "arm-linux-gnueabi-ld:./arch/arm/kernel/vmlinux.lds:30: syntax error": (
        "ld", "error", "./arch/arm/kernel/vmlinux.lds", 30, None, None, "syntax error"),
    "ld: cannot find -lelf": ("ld", "error", None, None, None, None, "cannot find -lelf"),
    "ld: final link failed: bad value": ("ld", "error", None, None, None, None, "final link failed: bad value"),
    "ld.lld: error: too many errors emitted, stopping now": (
        "lld", "error", None, None, None, None, "too many errors emitted, stopping now"),
    "a.c:(.text+0x4): relocation truncated to fit: R_PPC64_REL24 (stub) against symbol `f' defined in .text in b.o": (
        "ld", "error", "a.c", None, None, None,
        "relocation truncated to fit: R_PPC64_REL24 (stub) against symbol `f' defined in .text in b.o"),
    "`.exit.text' referenced in section `.alt' of a.o: defined in discarded section `.exit.text' of a.o": (
        "ld", "error", None, None, None, None,
        "`.exit.text' referenced in section `.alt' of a.o: defined in discarded section `.exit.text' of a.o"),
    "lib/a.c:(.text+0x4): dangerous relocation: call8: call target out of range: f": (
        "ld", "error", "lib/a.c", None, None, None, "dangerous relocation: call8: call target out of range: f"),
    "xtensa-linux-ld: lib/a.o:lib/a.c:7:(.text+0x4): unsupported relocation": (
        "ld", "error", "lib/a.c", 7, None, None, "unsupported relocation"),
    "a.o(.init.text+0x300): cannot reach f": ("ld", "error", "a.o", None, None, None, "cannot reach f"),
    "/usr/bin/ld: a.c:(.text+0x4): warning: the `f' function is dangerous": (
        "ld", "warning", "a.c", None, None, None, "the `f' function is dangerous"),
    "lib/a.o: file not recognized: file truncated": (
        "ld", "error", "lib/a.o", None, None, None, "file not recognized: file truncated"),
    "ld: Warning: alignment 4 of symbol `x' in a.o is smaller than 8 in b.o": (
        "ld", "warning", None, None, None, None, "alignment 4 of symbol `x' in a.o is smaller than 8 in b.o"),
    "ld: skipping incompatible /usr/lib/liby.so when searching for -ly": (
        "ld", "warning", None, None, None, None, "skipping incompatible /usr/lib/liby.so when searching for -ly"),
    "lib/a.c:31: error: undefined reference to 'f'": (
        "ld", "error", "lib/a.c", 31, None, None, "undefined reference to 'f'"),
    "lib/a.o:lib/a.c:function g(.text+0x5): error: undefined reference to 'f'": (
        "ld", "error", "lib/a.c", None, None, None, "undefined reference to 'f'"),
    "ld.lld: error: undefined symbol: f": ("lld", "error", None, None, None, None, "undefined symbol: f"),
    "ld.lld-19: warning: a.o:(.x) is being placed in '.x'": (
        "lld", "warning", None, None, None, None, "a.o:(.x) is being placed in '.x'"),
}  # fmt: skip

KBUILD: dict[str, Expected] = {
    "ERROR: modpost: \"f\" [drivers/a.ko] undefined!": (
        "modpost", "error", "drivers/a.ko", None, None, None, '"f" [drivers/a.ko] undefined!'),
    "ERROR: \"f\" [drivers/a.ko] undefined!": (
        "modpost", "error", "drivers/a.ko", None, None, None, '"f" [drivers/a.ko] undefined!'),
    "WARNING: vmlinux.o(.text+0x1): Section mismatch in reference from the function f() to the variable .init.data:v": (
        "modpost", "warning", "vmlinux.o", None, None, None,
        "vmlinux.o(.text+0x1): Section mismatch in reference from the function f() to the variable .init.data:v"),
    "WARNING: modpost: vmlinux: section mismatch in reference: f+0x1 (section: .text) -> g (section: .init.text)": (
        "modpost", "warning", "vmlinux", None, None, None,
        "vmlinux: section mismatch in reference: f+0x1 (section: .text) -> g (section: .init.text)"),
    "FATAL: modpost: GPL-incompatible module a.ko uses GPL-only symbol 'f'": (
        "modpost", "error", "a.ko", None, None, None, "GPL-incompatible module a.ko uses GPL-only symbol 'f'"),
    "WARNING: modpost: missing MODULE_DESCRIPTION() in lib/a.o": (
        "modpost", "warning", "lib/a.o", None, None, None, "missing MODULE_DESCRIPTION() in lib/a.o"),
    "WARNING: module a uses symbol f from namespace N, but does not import it.": (
        "modpost", "warning", None, None, None, None,
        "module a uses symbol f from namespace N, but does not import it."),
    "WARNING: modpost: lib/b: 'f' exported twice. Previous export was in lib/a.ko": (
        "modpost", "warning", "lib/b", None, None, None, "lib/b: 'f' exported twice. Previous export was in lib/a.ko"),
    "WARNING: lib/b.o (.odd): unexpected non-allocatable section.": (
        "modpost", "warning", "lib/b.o", None, None, None, "lib/b.o (.odd): unexpected non-allocatable section."),
    "vmlinux.o: warning: objtool: f+0x14 (.text+0x92): return with modified stack frame": (
        "objtool", "warning", "vmlinux.o", None, None, None, "f+0x14 (.text+0x92): return with modified stack frame"),
    "a.o: error: objtool: f(): bad": ("objtool", "error", "a.o", None, None, None, "f(): bad"),
    "error: objtool: can't open": ("objtool", "error", None, None, None, None, "can't open"),
    "drivers/Kconfig:24:error: recursive dependency detected!": (
        "kconfig", "error", "drivers/Kconfig", 24, None, None, "recursive dependency detected!"),
    "error: recursive dependency detected!": (
        "kconfig", "error", None, None, None, None, "recursive dependency detected!"),
    "init/Kconfig:18: syntax error": ("kconfig", "error", "init/Kconfig", 18, None, None, "syntax error"),
    "fs/Kconfig.x:43: can't open file \"fs/y\"": (
        "kconfig", "error", "fs/Kconfig.x", 43, None, None, "can't open file \"fs/y\""),
    "fs/Kconfig:4: warning: menuconfig statement without prompt": (
        "kconfig", "warning", "fs/Kconfig", 4, None, None, "menuconfig statement without prompt"),
    ".config:51:warning: override: reassigning to symbol X": (
        "kconfig", "warning", ".config", 51, None, None, "override: reassigning to symbol X"),
    "WARNING: unmet direct dependencies detected for X": (
        "kconfig", "warning", None, None, None, None, "unmet direct dependencies detected for X"),
    "kismet: WARNING: unmet direct dependencies detected for X when selected by Y": (
        "kconfig", "warning", None, None, None, None, "unmet direct dependencies detected for X when selected by Y"),
    "warning: (A && B) selects C which has unmet direct dependencies (D)": (
        "kconfig", "warning", None, None, None, None, "(A && B) selects C which has unmet direct dependencies (D)"),
    "a/b.dts:61.10-71.4: Warning (unit_address_vs_reg): /soc@0: no reg": (
        "dtc", "warning", "a/b.dts", 61, 10, "unit_address_vs_reg", "/soc@0: no reg"),
    "a/b.dtsi:6.1-4: ERROR (phandle_references): /x: bad": (
        "dtc", "error", "a/b.dtsi", 6, 1, "phandle_references", "/x: bad"),
    "a/b.dtb: Warning (reg_format): /x: bad": ("dtc", "warning", "a/b.dtb", None, None, "reg_format", "/x: bad"),
    "Error: a/b.dts:9.1-7 Label or path x not found": (
        "dtc", "error", "a/b.dts", 9, 1, None, "Label or path x not found"),
    "FATAL ERROR: Unable to parse input tree": ("dtc", "error", None, None, None, None, "Unable to parse input tree"),
    "a/b.dtb: clock@1: 'x' is a required property": (
        "dtschema", "warning", "a/b.dtb", None, None, None, "clock@1: 'x' is a required property"),
    "a/b.dtb:0:0: /clock@1: failed to match any schema with compatible: ['v,c']": (
        "dtschema", "warning", "a/b.dtb", 0, 0, None, "/clock@1: failed to match any schema with compatible: ['v,c']"),
    "D/b.yaml:31:4: could not find expected ':'": (
        "dtschema", "warning", "D/b.yaml", 31, 4, None, "could not find expected ':'"),
    "./D/b.yaml:26:9: [warning] wrong indentation: expected 8 (indentation)": (
        "dtschema", "warning", "./D/b.yaml", 26, 9, "indentation", "wrong indentation: expected 8"),
    "make[5]: *** No rule to make target 'a.o', needed by 'b.a'.": (
        "make", "error", None, None, None, None, "No rule to make target 'a.o', needed by 'b.a'."),
    "make[2]: *** [a/Makefile:4: b] Segmentation fault (core dumped)": (
        "make", "error", None, None, None, None, "[a/Makefile:4: b] Segmentation fault (core dumped)"),
    "Makefile:3: *** NOPE is not set.  Stop.": ("make", "error", "Makefile", 3, None, None, "NOPE is not set."),
    "Makefile:36: x/y.mk: No such file or directory": (
        "make", "error", "Makefile", 36, None, None, "x/y.mk: No such file or directory"),
    "lib/Makefile:9: warning: overriding recipe for target 'lib/x'": (
        "make", "warning", "lib/Makefile", 9, None, None, "overriding recipe for target 'lib/x'"),
    "make: vfork: Resource temporarily unavailable": (
        "make", "error", None, None, None, None, "vfork: Resource temporarily unavailable"),
    "make[2]: write error: stdout": ("make", "error", None, None, None, None, "write error: stdout"),
    "  ERROR: Kernel configuration is invalid.": (
        "driver", "error", None, None, None, None, "Kernel configuration is invalid."),
    "arch/x86/Makefile:148: CONFIG_X86_X32 enabled but no binutils support": (
        "make", "warning", "arch/x86/Makefile", 148, None, None, "CONFIG_X86_X32 enabled but no binutils support"),
    "make[1]: warning: jobserver unavailable: using -j1.  Add '+' to parent make rule.": (
        "make", "warning", None, None, None, None, "jobserver unavailable: using -j1.  Add '+' to parent make rule."),
    "make: gcc-99: No such file or directory": (
        "make", "error", None, None, None, None, "gcc-99: No such file or directory"),
}  # fmt: skip

TOOLS: dict[str, Expected] = {
    "clang-19: error: unknown argument: '-mx'": ("driver", "error", None, None, None, None, "unknown argument: '-mx'"),
    "mips-linux-gcc: error: unrecognized command line option '-x'": (
        "driver", "error", None, None, None, None, "unrecognized command line option '-x'"),
    "cc1: warning: result needs 44 bits [-Wshift-overflow=]": (
        "driver", "warning", None, None, None, "-Wshift-overflow=", "result needs 44 bits"),
    "collect2: error: ld returned 1 exit status": (
        "driver", "error", None, None, None, None, "ld returned 1 exit status"),
    "llvm-nm: error: a.so.dbg: No such file or directory": (
        "driver", "error", None, None, None, None, "a.so.dbg: No such file or directory"),
    "scripts/genksyms/parse.y: warning: 9 shift/reduce conflicts [-Wconflicts-sr]": (
        "driver", "warning", "scripts/genksyms/parse.y", None, None, "-Wconflicts-sr", "9 shift/reduce conflicts"),
    "error: Unrecognized option: 'remap'": ("driver", "error", None, None, None, None, "Unrecognized option: 'remap'"),
    "error[E0425]: cannot find value `x`": ("rustc", "error", None, None, None, "E0425", "cannot find value `x`"),
    "warning: 'a.o' will not be linked": ("driver", "warning", None, None, None, None, "'a.o' will not be linked"),
    "fatal error: too many errors emitted, stopping now [-ferror-limit=]": (
        "driver", "error", None, None, None, "-ferror-limit=", "too many errors emitted, stopping now"),
    "fatal error: error in backend: no": ("driver", "error", None, None, None, None, "error in backend: no"),
    "LLVM ERROR: out of registers": ("driver", "error", None, None, None, None, "LLVM ERROR: out of registers"),
    "sed: can't read x: No such file or directory": (
        "driver", "error", None, None, None, None, "can't read x: No such file or directory"),
    "FAILED unresolved symbol vfs_truncate": (
        "driver", "error", None, None, None, None, "FAILED unresolved symbol vfs_truncate"),
    "ModuleNotFoundError: No module named 'x'": (
        "driver", "error", None, None, None, None, "ModuleNotFoundError: No module named 'x'"),
    "*** C compiler is too old.": ("driver", "error", None, None, None, None, "C compiler is too old."),
    "scripts/dtc/grammar.y:12.3-9: warning: deprecated directive: '%x' [-Wdeprecated]": (
        "driver", "warning", "scripts/dtc/grammar.y", 12, 3, "-Wdeprecated", "deprecated directive: '%x'"),
    "scripts/a.y: conflicts: 2 shift/reduce": (
        "driver", "warning", "scripts/a.y", None, None, None, "conflicts: 2 shift/reduce"),
    "scripts/a.l:30: warning, rule cannot be matched": (
        "driver", "warning", "scripts/a.l", 30, None, None, "rule cannot be matched"),
    "include/a.h:30: syntax error near 'x'": (
        "driver", "error", "include/a.h", 30, None, None, "syntax error near 'x'"),
    "scripts/a.py:4: SyntaxWarning: invalid escape sequence": (
        "driver", "warning", "scripts/a.py", 4, None, None, "SyntaxWarning: invalid escape sequence"),
    "syntax error at scripts/a.pl line 9, near \"){\"": (
        "driver", "error", "scripts/a.pl", 9, None, None, "syntax error"),
    "Use of uninitialized value $n in addition (+) at ./scripts/kernel-doc line 88, <IN> line 12.": (
        "driver", "warning", "./scripts/kernel-doc", 88, None, None, "Use of uninitialized value $n in addition (+)"),
    "gawk: scripts/a.awk:3: (FILENAME=b FNR=8) fatal: division by zero attempted": (
        "driver", "error", None, None, None, None, "scripts/a.awk:3: division by zero attempted"),
    "scripts/mod/tool: error while loading shared libraries: liby.so.1: cannot open shared object file": (
        "driver", "error", None, None, None, None,
        "scripts/mod/tool: error while loading shared libraries: liby.so.1: cannot open shared object file"),
    "scripts/any-tool: certs/key.pem: No such file or directory": (
        "driver", "error", None, None, None, None, "scripts/any-tool: certs/key.pem: No such file or directory"),
    "ld.lld: /b/ELF/Writer.cpp:70: bool f(): Assertion `n > 0' failed.": (
        "driver", "error", None, None, None, None, "ld.lld: /b/ELF/Writer.cpp:70: bool f(): Assertion `n > 0' failed."),
    "virtual memory exhausted: Cannot allocate memory": (
        "driver", "error", None, None, None, None, "virtual memory exhausted: Cannot allocate memory"),
    "unifdef: include/uapi/a.h: 12: Inappropriate #endif": (
        "driver", "error", None, None, None, None, "include/uapi/a.h: 12: Inappropriate #endif"),
    "/bin/sh: 1: flex: not found": ("shell", "error", None, None, None, None, "flex: not found"),
    "/bin/bash: line 1: bison: command not found": (
        "shell", "error", None, None, None, None, "bison: command not found"),
    "scripts/check-it: line 54: wait: pid 17 is not a child of this shell": (
        "shell", "error", "scripts/check-it", 54, None, None, "wait: pid 17 is not a child of this shell"),
    "/bin/bash: --: invalid option": ("shell", "error", None, None, None, None, "--: invalid option"),
    "a/check.sh: 36: a/check.sh: Syntax error: \"(\" unexpected": (
        "shell", "error", None, None, None, None, "a/check.sh: Syntax error: \"(\" unexpected"),
    "Segmentation fault (core dumped)": ("shell", "error", None, None, None, None, "Segmentation fault (core dumped)"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [*{**COMPILERS, **CHECKERS, **LINKERS, **KBUILD, **TOOLS}.items()],
    ids=lambda value: str(value)[:60],
)
def test_a_line_is_read_as_its_tool_means_it(text: str, expected: Expected) -> None:
    """Kind, severity, place, flag and message of one line of every known tool."""
    found = only(text)
    seen = (found.kind, found.severity.value, found.file, found.line, found.column, found.flag, found.message)
    assert seen == expected


CHATTER = [
    "1 error generated.",
    "2 warnings and 1 error generated.",
    "cc1: all warnings being treated as errors",
    "cc1: some warnings being treated as errors",
    "compilation terminated.",
    "make[3]: *** [scripts/Makefile.build:243: mm/gup.o] Error 1",
    "make[2]: *** [scripts/Makefile.build:497: mm] Error 2 shuffle=12",
    "make: *** [Makefile:240: __sub-make] Error 2",
    "make[3]: *** Waiting for unfinished jobs....",
    "make[3]: *** Deleting file 'mm/gup.o'",
    "make[1]: Target 'all' not remade because of errors.",
    "make[1]: Entering directory '/out'",
    "make[1]: [Makefile:4: x] Error 1 (ignored)",
    "scripts/Makefile.build:303: recipe for target 'mm/gup.o' failed",
    "error: aborting due to 2 previous errors; 1 warning emitted",
    "warning: 3 warnings emitted",
    "mm/gup.c:12:34: note: declared here",
    "mm/gup.c: In function 'gup':",
    "mm/gup.c:3: note: this is the location of the previous definition",
    "In file included from mm/gup.c:3:",
    "kernel/a.S: Assembler messages:",
    "ld: mm/gup.o: in function `gup':",
    "ld: NOTE: This behaviour is deprecated and will be removed in a future version of the linker",
    "drivers/net/phy/Kconfig:243: symbol PHYLIB is selected by ETHTOOL_NETLINK",
    "\tsymbol FIRST depends on SECOND",
    "a/b.c:7:8: sparse:     expected int *",
    "a/b.c:7:8: sparse:     got void *",
    "a/b.c:7:8:    got void *",
    "a/b.c:7:8: sparse: note: in included file:",
    "a/b.c: note: in included file (through a/c.h):",
    "core.c:(.text+0x3b): additional relocation overflows omitted from the output",
    "ld: have you installed the static version of the y library ?",
    "Warning: Permanently added 'host' (ED25519) to the list of known hosts.",
    "dpkg-source: warning: extracting unsigned source package",
    "remote: warning: large file",
    "DEBUG: parser: error: 0",
    "FAIL: error: a test's own words",
    "warning: File listed twice: /usr/bin/x",
    "ERROR: linux-1.0-r0 do_compile: oe_runmake failed",
    "vmlinux.o: warning: objtool:   f+0x20: (branch)",
    ">>> referenced by init/main.c:664",
    "#error this is source",
    "   12 |  error: this is an excerpt",
    "static int error: 3;",
    "  CC      mm/gup.o",
    "  Building modules, stage 2.",
    "Kernel: arch/x86/boot/bzImage is ready  (#1)",
    "#",
    "# configuration written to .config",
    "***",
    "*** Execute 'make' to start the build or try 'make help'.",
    "*** Default configuration is based on 'defconfig'",
    "gcc -Werror -Wall -DX='error: y' -o a.o a.c",
    "ar: creating lib.a",
    "bash: -c: line 1: `if ) then'",
    "clang version 19.1.7 (3+b1)",
    "Use -header-filter=.* to display errors from all non-system headers.",
    "Suppressed 3 warnings (3 in non-user code).",
    "Error: Process completed with exit code 2.",
    "",
]


@pytest.mark.parametrize("text", CHATTER)
def test_chatter_is_no_diagnostic(text: str) -> None:
    """Propagation, counts, notes, context and source lines are never diagnostics of their own."""
    assert parse_lines([text]).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("a.c:(.text+0x18): undefined reference to `f'", "f"),
        ("ld.lld: error: undefined symbol: f", "f"),
        ("ld.lld: error: undefined hidden symbol: f", "f"),
        ("ERROR: modpost: \"f\" [drivers/a.ko] undefined!", "f"),
        ("vmlinux.o: warning: objtool: f.part.0+0x14 (.text+0x92): bad", "f.part.0"),
        ("a.o: warning: objtool: f()+0x14: bad", "f"),
        ("a.o: warning: objtool: f() falls through to next function g()", "f"),
        ("WARNING: modpost: a: section mismatch in reference: f+0x1 (section: .text) -> g (section: .init.text)", "f"),
        ("WARNING: a.o(.text+0x1): Section mismatch in reference from the function f() to the function .init.text:g()",
         "f"),
        ("a/b.c:70 f() warn: leak", "f"),
        ("a.c:3:6: warning: stack frame size (4104) exceeds limit (2048) in 'f' [-Wframe-larger-than]", "f"),
    ],
)  # fmt: skip
def test_a_message_that_names_its_function_or_symbol_says_so(text: str, function: str) -> None:
    """`function` is the symbol of a linker's message or the function that the message places itself in."""
    assert only(text).function == function
