#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails when a shared library exports other symbols than the list beside this script says, or when
# its soname is not the expected one.
# Usage: exported-symbols.sh LIBRARY LIST SONAME
library=$1 list=$2 soname=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u >"$work/have"
grep -v '^#' "$list" | sort -u >"$work/want"
status=0
diff -u "$work/want" "$work/have" || { echo "$library: exported symbols differ from $list"; status=1; }
readelf -d "$library" | grep -q "SONAME.*\[$soname\]" || { echo "$library: soname is not $soname"; status=1; }
exit $status
