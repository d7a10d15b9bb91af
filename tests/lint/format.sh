#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails on sources that clang-format would change. To mend: clang-format-14 -i FILE.
# Usage: format.sh SOURCE_DIR
command -v clang-format-14 >/dev/null || {
	echo "skipped: clang-format 14 is not installed (package clang-format)"
	exit 77
}
cd "$1" || exit 1
find pprof tracer converter viewer examples tests -name '*.[ch]' -o -name '*.cc' |
	xargs clang-format-14 --dry-run -Werror
