#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails on functions over 80 lines, files over 800 lines, missing licence lines, banned calls, and
# comments that point at files which do not exist.
# Usage: readable.sh SOURCE_DIR
cd "$1" || exit 1
status=0
complain() { echo "$1"; status=1; }
files=$(find pprof tracer converter viewer examples tests -name '*.[ch]' -o -name '*.cc')
[ -n "$files" ] || complain "no sources found"
for file in $files; do
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
	lines=$(wc -l <"$file")
	[ "$lines" -le 800 ] || complain "$file: $lines lines"
	awk -v file="$file" '
		/^\{/ { start = FNR }
		/^\}/ { if (start && FNR - start > 80) { print file ":" start ": " FNR - start " lines"; bad = 1 } start = 0 }
		END { exit bad }' "$file" || status=1
done
product=$(echo "$files" | grep -v '^tests/')
if grep -nE '(^|[^a-zA-Z0-9_>.])(sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|alloca|signal|system|gets|rand)\(' $product; then
	complain "banned function"
fi
for pointer in $(grep -ohE '\b(tests|tracer|converter|viewer|pprof|examples)/[a-zA-Z0-9_/.-]+\.(c|h|cc|py|sh|md)\b' $files | sort -u); do
	[ -e "$pointer" ] || complain "a comment names $pointer, which does not exist"
done
exit $status
