#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets real `go tool trace` and `go tool pprof` programs of several Go versions out of Debian's
# packages, without installing anything: Debian 12's own Go (1.19) reads none of our files.
# Readers that are there already are kept; one that cannot be had is said and left out, which makes
# the tests that need it skip.
#
# Usage: go-readers.sh [VERSION...]      (default: all that are known below)
# Result: $WEFT_GO_READERS (default ~/.cache/weft-tests)/go-1.NN/tool/{trace,pprof}
set -u
versions=${*:-1.22 1.23 1.24 1.25 1.26 1.27}
cache=${WEFT_GO_READERS:-${XDG_CACHE_HOME:-$HOME/.cache}/weft-tests}
arch=$(dpkg --print-architecture)
work=

cleanup() { [ -z "$work" ] || rm -rf "$work"; }
trap cleanup EXIT

suite_of() {
	case $1 in
	1.22 | 1.23) echo bookworm-backports ;;
	1.24) echo trixie ;;
	*) echo trixie-backports ;;
	esac
}

# apt with lists and cache of its own: the machine's sources stay as they are.
private_apt() {
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

# Each suite on its own: one that cannot be reached or trusted must not spoil the others.
update_lists() {
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	echo "deb [signed-by=$keys] http://deb.debian.org/debian $1 main" >"$work/sources.list"
	private_apt apt-get update >"$work/log" 2>&1 && ! grep -q '^[WE]:' "$work/log"
}

# Packages up to 1.24 contain the finished tools; later ones build them from their own sources.
fetch() {
	version=$1 target=$cache/go-$1
	update_lists "$(suite_of "$version")" || return 1
	packages=golang-$version-go:$arch
	case $version in
	1.22 | 1.23 | 1.24) ;;
	*) packages="$packages golang-$version-src" ;;
	esac
	mkdir -p "$work/deb" "$work/root"
	(cd "$work/deb" && private_apt apt-get download $packages) >>"$work/log" 2>&1 || return 1
	for package in "$work"/deb/*.deb; do
		dpkg-deb -x "$package" "$work/root" || return 1
	done
	mkdir -p "$work/tool"
	for tool in trace pprof; do
		ready=$work/root/usr/lib/go-$version/pkg/tool/linux_$arch/$tool
		if [ -x "$ready" ]; then
			cp "$ready" "$work/tool/$tool" || return 1
		else
			build "$version" "$tool" || return 1
		fi
	done
	mkdir -p "$target"
	mv "$work/tool" "$target/tool"
}

build() {
	libs=$work/root/usr/lib/go-$1 shared=$work/root/usr/share/go-$1
	# The package's links point to where it would be installed.
	root=$work/goroot
	if [ ! -d "$root" ]; then
		mkdir -p "$root" && cp -rLT "$shared" "$root" 2>/dev/null
		for part in bin pkg; do
			mkdir -p "$root/$part" && cp -r "$libs/$part/." "$root/$part/" 2>/dev/null
		done
		cp "$libs/VERSION" "$root/" 2>/dev/null
	fi
	(cd "$root/src/cmd/$2" &&
		env GOROOT="$root" GOCACHE="$work/gocache" GOPATH="$work/gopath" GOTOOLCHAIN=local \
			GOFLAGS=-mod=vendor GOPROXY=off GOTELEMETRY=off CGO_ENABLED=0 \
			"$root/bin/go" build -o "$work/tool/$2" .) >>"$work/log" 2>&1
}

for version in $versions; do
	if [ -x "$cache/go-$version/tool/trace" ] && [ -x "$cache/go-$version/tool/pprof" ]; then
		continue
	fi
	work=$(mktemp -d) || exit 1
	if fetch "$version"; then
		echo "go $version readers: $cache/go-$version/tool"
	else
		echo "go $version readers cannot be had: $(tail -n 1 "$work/log" 2>/dev/null)"
	fi
	cleanup
	work=
done
exit 0
