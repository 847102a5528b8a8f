#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# merge_config.sh -m -O DIR BASE FRAGMENT...: the later line of a symbol counts.
set -e
out=.
while getopts mO: option; do
	case $option in O) out=$OPTARG ;; *) ;; esac
done
shift $((OPTIND - 1))
cat "$@" > "$out/.tmp_config"
mv "$out/.tmp_config" "$out/.config"
