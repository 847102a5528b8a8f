#!/bin/sh
# Records the logs of this folder with real tools: [ONLY=PATTERN] ./record.sh IMAGE KERNEL_TREE
# IMAGE holds make >= 4.4, gcc-14 (x86_64, powerpc64, m68k), clang-19 and lld-19. Source trees are mounted read-only at
# /src and /kernel, everything is built under /out, as kmatrix does it: `make -k -O`, standard error joined, C locale.
# After a change of the sources: record, look at `git diff`, then `python tests/logs/expect.py`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=$1
kernel=$2

inside() { # LOG COMMAND: run a command line in the container, keep its output
	case $1 in ${ONLY:-*}) ;; *) return ;; esac
	mkdir -p "$here/$(dirname "$1")"
	docker run --rm --network none -e LC_ALL=C -e KBUILD_BUILD_TIMESTAMP=0 -v "$here/sources:/src:ro" \
		-v "$kernel:/kernel:ro" --tmpfs /out:exec,size=3g "$image" sh -c "exec 2>&1; cd /out; $2" >"$here/$1" || [ $? -lt 125 ]
}

toy() { # LOG VARIABLES...
	log=$1
	shift
	inside "$log" "cp -r /src/unit/. . && exec make -k -O -j2 $* CFLAGS='-O2 -Wall -Wextra -Wframe-larger-than=2048 -std=gnu11'"
}

toy gcc/x86_64.log CC=gcc-14 LD=ld
toy gcc/powerpc64.log CC=powerpc64-linux-gnu-gcc-14 LD=powerpc64-linux-gnu-ld
toy gcc/m68k.log CC=m68k-linux-gnu-gcc-14 LD=m68k-linux-gnu-ld
toy gcc/no-column.log CC="'gcc-14 -fno-diagnostics-show-caret -fno-show-column'" LD=ld
toy clang/x86_64.log CC=clang-19 LD=ld.lld-19
toy clang/powerpc64.log CC="'clang-19 --target=powerpc64le-linux-gnu'" LD=ld.lld-19
toy clang/unknown-option.log CC="'clang-19 -mno-such-option'" LD=ld.lld-19
toy gcc/unknown-option.log CC="'gcc-14 -mno-such-option'" LD=ld

inside make/no-rule.log "printf 'all: a.o b.o\n\t@true\nb.o:\n\t@echo \"  CC      b.o\"; false\n' >Makefile; make -k -O"
inside make/stop.log "printf 'ifndef NOPE\n\$(warning look here)\n\$(error NOPE is not set)\nendif\n' >Makefile; make"
inside make/missing-command.log "printf 'all:\n\tno-such-command --version\n' >Makefile; make; printf 'all:\n\tkill -SEGV \$\$\$\$\n' >Makefile; make"
inside shell/not-found.log "sh -c 'no-such-command'; bash -c 'no-such-command'; bash -c 'if ) then'; sed -n p no-such-file"

prepare="cp -r /src/module /tmp/module && make -s -C /kernel O=/out CC=gcc-14 HOSTCC=gcc-14 allnoconfig && \
	/kernel/scripts/config --file .config -e MODULES -e 64BIT -e UNWINDER_ORC && \
	make -s -j2 CC=gcc-14 HOSTCC=gcc-14 olddefconfig modules_prepare >/dev/null 2>&1"
inside kbuild/external-module.log "$prepare; exec make -k -O CC=gcc-14 HOSTCC=gcc-14 W=1 M=/tmp/module"
inside kbuild/subdirectory.log "$prepare; exec make -k -O -j2 CC=gcc-14 HOSTCC=gcc-14 W=1 KCFLAGS=-Wframe-larger-than=64 lib/math/ lib/lzo/"

conf="make -s -C /kernel O=/out HOSTCC=gcc-14 allnoconfig >/dev/null; cp -r /src/kconfig /tmp; cd /tmp/kconfig"
inside kconfig/broken.log "$conf; /out/scripts/kconfig/conf --alldefconfig Kconfig.broken"
inside kconfig/unmet.log "$conf; /out/scripts/kconfig/conf --alldefconfig Kconfig.unmet"
inside kconfig/loop.log "$conf; /out/scripts/kconfig/conf --alldefconfig Kconfig.loop"
inside kconfig/override.log "$conf; printf 'CONFIG_NEEDY=y\nCONFIG_NEEDY=n\nCONFIG_CHOOSER=7\nrubbish\n' >.config; \
	/out/scripts/kconfig/conf --olddefconfig Kconfig.unmet"

dtc="make -s -C /kernel O=/out HOSTCC=gcc-14 CONFIG_DTC=y allnoconfig scripts_dtc >/dev/null; cp -r /src/dts /tmp; cd /tmp/dts"
inside dtc/checks.log "$dtc; /out/scripts/dtc/dtc -O dtb -o /dev/null checks.dts"
inside dtc/broken.log "$dtc; /out/scripts/dtc/dtc -O dtb -o /dev/null broken.dts"
inside dtc/label.log "$dtc; /out/scripts/dtc/dtc -O dtb -o /dev/null label.dts"
