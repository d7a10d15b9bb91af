// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for people, behind weft_symbol_demangle() of <weft/symbol-file.h>: demangle.c has C++ and what
 * all have in common, demangle-rust.c and demangle-rust-v0.c the two of Rust.
 *
 * Names come from files that may hold anything: output and work are bounded.
 */
#ifndef WEFT_PPROF_DEMANGLE_H
#define WEFT_PPROF_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/* Longest readable name; a short mangled one can stand for much. */
#define WEFT_DEMANGLED_MAX 16384U

/* A text that is being written; what does not fit sets is_full. */
struct weft_demangled {
	char text[WEFT_DEMANGLED_MAX + 1];
	size_t len;
	bool is_full;
};

/* An empty one, to be freed by the caller; NULL: no memory. Too large for a stack. */
struct weft_demangled *weft_demangled_create(void);
void weft_demangled_add(struct weft_demangled *out, const char *text, size_t len);

/* "_ZN3foo3bar17h0123456789abcdefE" → "foo::bar". False: not Rust's; `out` is as it was. */
bool weft_demangle_rust_legacy(const char *name, struct weft_demangled *out);
/* "_RNvC3foo3bar" → "foo::bar". False: not Rust's, or damaged; `out` holds anything. */
bool weft_demangle_rust_v0(const char *name, struct weft_demangled *out);

#endif
