#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails on what clang-tidy finds in the product's sources, by the rules of .clang-tidy.
# Usage: tidy.sh SOURCE_DIR BUILD_DIR
command -v run-clang-tidy-14 >/dev/null || {
	echo "skipped: clang-tidy 14 is not installed (package clang-tidy)"
	exit 77
}
cd "$1" || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
run-clang-tidy-14 -quiet -p "$2" "^$PWD/(pprof|tracer|converter|viewer)/.*\.(c|cc)\$" >"$log" 2>&1
status=$?
grep -E '(warning|error): ' "$log" | sort -u
[ "$status" -eq 0 ]
