# SPDX-License-Identifier: GPL-2.0-or-later
# A small Kconfig: bool and tristate symbols with `default`, `depends on A && !B` and `source`. mode is the make goal,
# input a .config or defconfig; writes .config, and for syncconfig what the build reads.
function fail(file, line, text) { print file ":" line ": " text > "/dev/stderr"; failed = 1; exit 1 }

function parse(name,    path, text, line, word, rest, symbol) {
	path = srctree "/" name
	if ((getline text < path) < 0) fail(name, 1, "cannot read it")
	kconfigs = kconfigs " " path
	line = 0
	do {
		line++
		sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text)
		word = text; sub(/[ \t].*/, "", word)
		rest = substr(text, length(word) + 1); sub(/^[ \t]+/, "", rest)
		if (word == "" || word ~ /^#/ || help) { if (help && word !~ /^(config|source|endmenu)$/) continue }
		help = 0
		if (word == "" || word ~ /^#/ || word == "menu" || word == "endmenu" || word == "mainmenu") continue
		if (word == "config") { symbol = rest; if (!(symbol in type)) symbols[++count] = symbol; type[symbol] = "bool" }
		else if (word == "bool" || word == "tristate") { type[symbol] = word }
		else if (word == "default") { defaults[symbol] = rest }
		else if (word == "depends" && sub(/^on[ \t]+/, "", rest)) { depends[symbol] = depends[symbol] " && " rest }
		else if (word == "help") { help = 1 }
		else if (word == "source") { gsub(/"/, "", rest); gsub(/\$\(SRCARCH\)/, srcarch, rest); parse(rest); help = 0 }
		else fail(name, line, "unknown statement \"" word "\"")
	} while ((getline text < path) > 0)
	close(path)
}

function limit(symbol,    words, n, i, best, value) {	# the best value that its dependencies allow
	best = type[symbol] == "bool" ? "y" : "m"
	if (type[symbol] == "tristate") best = "y"
	n = split(depends[symbol], words, /[ \t]*&&[ \t]*/)
	for (i = 1; i <= n; i++) {
		if (words[i] ~ /^[ \t]*$/) continue
		if (words[i] ~ /^!/) value = values[substr(words[i], 2)] == "y" ? "n" : "y"
		else value = (words[i] in values) ? values[words[i]] : "n"
		if (rank[value] < rank[best]) best = value
	}
	return type[symbol] == "bool" && best == "m" ? "y" : best
}

function emit(file, text) { printf "%s", text > file; close(file) }

BEGIN {
	rank["n"] = 0; rank["m"] = 1; rank["y"] = 2
	parse("Kconfig")
	if (input != "") {
		while ((status = (getline text < input)) > 0) {
			if (text ~ /^CONFIG_[A-Za-z0-9_]+=/) given[substr(text, 8, index(text, "=") - 8)] = substr(text, index(text, "=") + 1)
			else if (text ~ /^# CONFIG_.* is not set$/) { split(text, words, " "); given[substr(words[2], 8)] = "n" }
		}
		if (status < 0) { print "***\n*** Can't find default configuration \"" input "\"!\n***" > "/dev/stderr"; exit 1 }
	}
	for (i = 1; i <= count; i++) {
		symbol = symbols[i]
		value = (symbol in given) ? given[symbol] : mode == "allyesconfig" ? "y" : mode == "allnoconfig" ? "n" : \
			(symbol in defaults) ? defaults[symbol] : "n"
		best = limit(symbol)
		if (!(value in rank)) value = "n"
		if (type[symbol] == "bool" && value == "m") value = "y"
		values[symbol] = rank[value] > rank[best] ? best : value
		if (best == "n") continue
		config = config (values[symbol] == "n" ? "# CONFIG_" symbol " is not set" : "CONFIG_" symbol "=" values[symbol]) "\n"
		if (values[symbol] != "n") {
			auto = auto "CONFIG_" symbol "=" values[symbol] "\n"
			header = header "#define CONFIG_" symbol (values[symbol] == "m" ? "_MODULE" : "") " 1\n"
		}
	}
	if (mode == "syncconfig") sync()
	else { emit(".config", config); print "#\n# configuration written to .config\n#" }
}

function sync(    old, text, i, symbol) {
	while ((getline text < "include/config/auto.conf") > 0) old[substr(text, 8, index(text, "=") - 8)] = substr(text, index(text, "=") + 1)
	close("include/config/auto.conf")
	for (i = 1; i <= count; i++) {
		symbol = symbols[i]
		if ((symbol in old ? old[symbol] : "n") != values[symbol]) emit("include/config/" symbol, "")
		delete old[symbol]
	}
	for (symbol in old) emit("include/config/" symbol, "")
	emit(".config", config)
	emit("include/config/auto.conf.cmd", "kconfig-files :=" kconfigs "\n")
	emit("include/generated/autoconf.h", header)
	emit("include/config/auto.conf", auto)
}
