// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for people: Rust's older mangling. See demangle.h.
 *
 * Source: rust-lang/rust, compiler/rustc_symbol_mangling/src/legacy.rs, for the facts: an Itanium nested
 * name whose last part is "h" and 16 hexadecimal digits, and escapes for what an identifier cannot hold.
 */
#include "demangle.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_LEN 17U

static bool is_hash(const char *part, size_t len)
{
	size_t i;

	if (len != HASH_LEN || part[0] != 'h') {
		return false;
	}
	for (i = 1; i < len; i++) {
		if (!strchr("0123456789abcdef", part[i]) || !part[i]) {
			return false;
		}
	}
	return true;
}

/* Takes "3foo" apart; returns what follows, NULL: it is no such part. */
static const char *next_part(const char *at, const char **ret_part, size_t *ret_len)
{
	size_t len = 0;

	if (*at < '1' || *at > '9') {
		return NULL;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		len = len * 10 + (size_t)(*at - '0');
		if (len > WEFT_DEMANGLED_MAX) {
			return NULL;
		}
	}
	if (strnlen(at, len) < len) {
		return NULL;
	}
	*ret_part = at;
	*ret_len = len;
	return at + len;
}

struct escape {
	const char *escaped, *text;
};

static const struct escape escapes[] = {
	{"$SP$", "@"}, {"$BP$", "*"}, {"$RF$", "&"}, {"$LT$", "<"}, {"$GT$", ">"},
	{"$LP$", "("}, {"$RP$", ")"}, {"$C$", ","},  {"..", "::"},
};

static void add_code_point(struct weft_demangled *out, unsigned long point)
{
	char bytes[4];
	size_t len = 0;

	if (point < 0x80) {
		bytes[len++] = (char)point;
	} else if (point < 0x800) {
		bytes[len++] = (char)(0xc0 | point >> 6);
		bytes[len++] = (char)(0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		bytes[len++] = (char)(0xe0 | point >> 12);
		bytes[len++] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[len++] = (char)(0x80 | (point & 0x3f));
	} else {
		bytes[len++] = (char)(0xf0 | (point >> 18 & 7));
		bytes[len++] = (char)(0x80 | (point >> 12 & 0x3f));
		bytes[len++] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[len++] = (char)(0x80 | (point & 0x3f));
	}
	weft_demangled_add(out, bytes, len);
}

/* "$u7e$" is the character U+007E. Returns how many bytes that were; 0: something else. */
static size_t add_numbered(struct weft_demangled *out, const char *at, size_t len)
{
	unsigned long point = 0;
	size_t i;

	if (len < 4 || at[0] != '$' || at[1] != 'u') {
		return 0;
	}
	for (i = 2; i < len && i < 8 && at[i] != '$'; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = at[i] ? strchr(digits, at[i]) : NULL;

		if (!digit) {
			return 0;
		}
		point = point * 16 + (unsigned long)(digit - digits);
	}
	if (i == 2 || i >= len || at[i] != '$' || point < ' ' || point > 0x10ffff) {
		return 0;
	}
	add_code_point(out, point);
	return i + 1;
}

static size_t add_escape(struct weft_demangled *out, const char *at, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		size_t size = strlen(escapes[i].escaped);

		if (size <= len && memcmp(at, escapes[i].escaped, size) == 0) {
			weft_demangled_add(out, escapes[i].text, strlen(escapes[i].text));
			return size;
		}
	}
	return add_numbered(out, at, len);
}

static void add_part(struct weft_demangled *out, const char *part, size_t len)
{
	size_t at = len >= 2 && part[0] == '_' && part[1] == '$' ? 1 : 0;

	if (out->len > 0) {
		weft_demangled_add(out, "::", 2);
	}
	while (at < len) {
		size_t size = add_escape(out, part + at, len - at);

		if (size == 0) {
			weft_demangled_add(out, part + at, 1);
			size = 1;
		}
		at += size;
	}
}

/* Whether it is a nested name that ends in a hash; more may follow behind a dot. */
static bool is_legacy(const char *name)
{
	const char *at = name + 3;
	const char *part = NULL;
	size_t len = 0;
	size_t count = 0;

	if (strncmp(name, "_ZN", 3) != 0) {
		return false;
	}
	while (*at != 'E') {
		at = next_part(at, &part, &len);
		if (!at) {
			return false;
		}
		count++;
	}
	return count >= 2 && is_hash(part, len) && (at[1] == '\0' || at[1] == '.');
}

bool weft_demangle_rust_legacy(const char *name, struct weft_demangled *out)
{
	const char *at = name + 3;
	const char *part;
	size_t len;

	if (!is_legacy(name)) {
		return false;
	}
	for (;;) {
		at = next_part(at, &part, &len);
		if (*at == 'E') {
			return true; /* This part was the hash. */
		}
		add_part(out, part, len);
	}
}
