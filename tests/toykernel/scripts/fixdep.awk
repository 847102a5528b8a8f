# SPDX-License-Identifier: GPL-2.0-or-later
# The compiler's .d file in, make lines out: the target depends on each file it read, and on each CONFIG_ symbol that
# one of these mentions (include/config/SYMBOL is touched when its value changes) instead of on the whole .config. The
# source, which comes first, gets no rule: one that is gone is noticed in a clean build only, as with Kbuild.
{
	for (i = 1; i <= NF; i++)
		if ($i != "\\" && $i !~ /:$/ && $i != "include/generated/autoconf.h" && !($i in files)) {
			files[$i] = 1
			order[++count] = $i
		}
}
END {
	printf "\ndeps_%s := \\\n", target
	for (i = 1; i <= count; i++) {
		if (i > 1) print "  " order[i] " \\"
		while ((getline line < order[i]) > 0)
			while (match(line, /CONFIG_[A-Z0-9_]+/)) {
				symbol = substr(line, RSTART + 7, RLENGTH - 7)
				if (!(symbol in symbols)) print "  $(wildcard include/config/" symbol ") \\"
				symbols[symbol] = 1
				line = substr(line, RSTART + RLENGTH)
			}
		close(order[i])
	}
	printf "\n%s: $(deps_%s)\n$(deps_%s):\n", target, target, target
}
