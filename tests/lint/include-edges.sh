#!/bin/sh
# SPDX-License-Identifier: MIT
# Fails on any #include that crosses a folder boundary against the table.
#   <weft/x.h>  another folder's public API, or one's own
#   "x.h"       same folder, never with ..
# Usage: include-edges.sh SOURCE_DIR
cd "$1" || exit 1
allowed() {
	case $1 in
	pprof) echo "error output-file pprof pprof-text symbol-file symbolize report pprof-legacy" ;;
	tracer) echo "trace events export helper labels profile runtime" ;;
	tracer/helper) echo "helper own-pid" ;;
	tracer/record) echo "record error events own-pid" ;;
	converter) echo "convert error events output-file pprof symbol-file symbolize" ;;
	viewer) echo "http convert record error output-file pprof pprof-text symbolize helper own-pid report pprof-legacy symbol-file" ;;
	examples) echo "trace http error labels profile runtime" ;;
	esac
}
# Sources of a folder, without those of a subfolder that has its own row.
sources() {
	case $1 in
	tracer) find tracer \( -path tracer/record -o -path tracer/helper \) -prune -o -name '*.[ch]' -print ;;
	*) find "$1" -name '*.[ch]' -o -name '*.cc' ;;
	esac
}
status=0
for folder in pprof tracer tracer/helper tracer/record converter viewer examples; do
	files=$(sources "$folder")
	[ -n "$files" ] || continue
	for header in $(grep -hoE '^#[[:space:]]*include <weft/[a-z-]+\.h>' $files |
		sed 's|.*<weft/||; s|\.h>||' | sort -u); do
		case " $(allowed "$folder") " in
		*" $header "*) ;;
		*) echo "$folder may not include <weft/$header.h>"; status=1 ;;
		esac
	done
	if grep -nE '^#[[:space:]]*include "(\.\.|.*/\.\./|(pprof|tracer|converter|viewer|tests)/)' $files; then
		echo "$folder: include across folders by path"
		status=1
	fi
done
exit $status
