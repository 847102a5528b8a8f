#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# modpost.sh vmlinux.o MODULE.o...: prints what is exported; a symbol that a module needs and nobody exports is an error.
set -e
$NM -A "$@" | awk '
	{
		sub(/:$/, "", $1); split($1, at, ":"); object = at[1]; name = $NF; kind = $(NF - 1)
		if (!(object in seen)) { seen[object] = 1; order[++objects] = object }
	}
	sub(/^__export_symbol_/, "", name) { exported[name] = object; next }
	sub(/^__license_/, "", name) { licensed[object] = 1; next }
	kind == "U" && object != "vmlinux.o" { needs[object] = needs[object] " " name }
	END {
		for (i = 1; i <= objects; i++) {
			object = order[i]; module = object; sub(/\.o$/, "", module)
			if (object != "vmlinux.o" && !(object in licensed)) {
				print "ERROR: modpost: missing MODULE_LICENSE() in " object > "/dev/stderr"; bad = 1
			}
			count = split(needs[object], wanted, " ")
			for (j = 1; j <= count; j++) if (!(wanted[j] in exported)) {
				print "ERROR: modpost: \"" wanted[j] "\" [" module ".ko] undefined!" > "/dev/stderr"; bad = 1
			}
		}
		for (name in exported) print "0x00000000\t" name "\t" exported[name] "\tEXPORT_SYMBOL" | "LC_ALL=C sort"
		close("LC_ALL=C sort")
		exit bad
	}'
