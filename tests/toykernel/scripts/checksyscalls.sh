#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in every build, whatever changed. A system call that is declared and has no number is a warning.
sed -n 's/^long sys_\([a-z]*\)(.*/\1/p' "$srctree/include/linux/syscalls.h" | while read -r name; do
	grep -q "__NR_$name " "$srctree/include/linux/unistd.h" ||
		echo "<stdin>:1:2: warning: #warning syscall $name not implemented [-Wcpp]" >&2
done
