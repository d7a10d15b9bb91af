// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for people: Rust's newer mangling. See demangle.h.
 *
 * A name is a tree in prefix notation: one letter says what a node is, its parts follow. Each part has a
 * function of its own name below. "B" and a number refer back to a part that was told before, which is
 * then read again; depth, steps and output are bounded, because that can be nested.
 *
 * Left as they are: identifiers that are not ASCII ("punycode{...}"), constants of unusual types.
 *
 * Source: the Rust reference on symbol mangling, "v0 symbol format" (RFC 2603).
 */
#include "demangle.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 128U
#define STEPS_MAX 100000U

struct reader {
	const char *name; /* Behind "_R": what references count from. */
	size_t at, len;
	struct weft_demangled *out; /* NULL: nothing shall be written. */
	unsigned int depth, steps;
	uint64_t lifetime_count; /* Bound around this place. */
	bool is_broken;
};

static void read_path(struct reader *reader, bool is_value);
static void read_type(struct reader *reader);

/* ---- Bytes ---- */

static char peek(const struct reader *reader)
{
	return reader->is_broken || reader->at >= reader->len ? '\0' : reader->name[reader->at];
}

static char next(struct reader *reader)
{
	char byte = peek(reader);

	if (byte) {
		reader->at++;
	} else {
		reader->is_broken = true;
	}
	return byte;
}

static bool skip(struct reader *reader, char byte)
{
	if (peek(reader) != byte) {
		return false;
	}
	reader->at++;
	return true;
}

static void print(struct reader *reader, const char *text, size_t len)
{
	if (reader->out && !reader->is_broken) {
		weft_demangled_add(reader->out, text, len);
		reader->is_broken = reader->out->is_full;
	}
}

static void print_text(struct reader *reader, const char *text)
{
	print(reader, text, strlen(text));
}

static void print_number(struct reader *reader, uint64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	print_text(reader, text);
}

/* Whether there is one level more to go down; leave() follows when there is. */
static bool enter(struct reader *reader)
{
	if (reader->depth >= DEPTH_MAX || ++reader->steps > STEPS_MAX) {
		reader->is_broken = true;
	}
	reader->depth += !reader->is_broken;
	return !reader->is_broken;
}

static void leave(struct reader *reader)
{
	reader->depth--;
}

/* ---- Numbers and identifiers ---- */

/* Digits 0-9, a-z, A-Z and "_": "_" is 0, "0_" is 1, "Z_" is 62. */
static uint64_t read_base_62(struct reader *reader)
{
	uint64_t number = 0;

	if (skip(reader, '_')) {
		return 0;
	}
	while (!reader->is_broken && !skip(reader, '_')) {
		char byte = next(reader);
		uint64_t digit;

		if (byte >= '0' && byte <= '9') {
			digit = (uint64_t)(byte - '0');
		} else if (byte >= 'a' && byte <= 'z') {
			digit = 10 + (uint64_t)(byte - 'a');
		} else if (byte >= 'A' && byte <= 'Z') {
			digit = 36 + (uint64_t)(byte - 'A');
		} else {
			digit = 0;
			reader->is_broken = true;
		}
		if (number > (UINT64_MAX - digit - 1) / 62) {
			reader->is_broken = true;
			return 0;
		}
		number = number * 62 + digit;
	}
	return number + 1;
}

/* Behind a letter that need not be there: absent 0, "s_" 1, "s0_" 2. */
static uint64_t read_optional(struct reader *reader, char letter)
{
	return skip(reader, letter) ? read_base_62(reader) + 1 : 0;
}

struct identifier {
	const char *text;
	size_t len;
	uint64_t number; /* Tells it from others of the same name. */
	bool is_punycode;
};

static struct identifier read_plain_identifier(struct reader *reader)
{
	struct identifier identifier = {"", 0, 0, skip(reader, 'u')};
	size_t len = 0;

	if (peek(reader) < '0' || peek(reader) > '9') {
		reader->is_broken = true;
	} else if (!skip(reader, '0')) {
		while (peek(reader) >= '0' && peek(reader) <= '9' && len <= reader->len) {
			len = len * 10 + (size_t)(next(reader) - '0');
		}
	}
	(void)skip(reader, '_'); /* Parts the length from a name that begins with a digit. */
	if (reader->is_broken || len > reader->len - reader->at) {
		reader->is_broken = true;
		return identifier;
	}
	identifier.text = reader->name + reader->at;
	identifier.len = len;
	reader->at += len;
	return identifier;
}

static struct identifier read_identifier(struct reader *reader)
{
	uint64_t number = read_optional(reader, 's');
	struct identifier identifier = read_plain_identifier(reader);

	identifier.number = number;
	return identifier;
}

static void print_identifier(struct reader *reader, const struct identifier *identifier)
{
	if (identifier->is_punycode) {
		print_text(reader, "punycode{");
	}
	print(reader, identifier->text, identifier->len);
	if (identifier->is_punycode) {
		print_text(reader, "}");
	}
}

/* Reads the part that a reference means by `read`, then goes on behind the reference. */
static void follow(struct reader *reader, void (*read)(struct reader *reader, bool flag), bool flag)
{
	size_t from = reader->at - 1; /* Where the "B" is. */
	uint64_t to = read_base_62(reader);
	size_t back = reader->at;

	if (reader->is_broken || to >= from) {
		reader->is_broken = true;
		return;
	}
	if (!reader->out) {
		return; /* It has been checked when it was first read. */
	}
	reader->at = (size_t)to;
	read(reader, flag);
	reader->at = back;
}

/* ---- Types ---- */

static const char *basic_type(char letter)
{
	static const char letters[] = "abcdefhijlmnopstuvxyz";
	static const char *const names[] = {"i8",    "bool",  "char", "f64", "str",  "f32",  "u8",
					    "isize", "usize", "i32",  "u32", "i128", "u128", "_",
					    "i16",   "u16",   "()",   "...", "i64",  "u64",  "!"};
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? names[found - letters] : NULL;
}

/* 0 is a lifetime that nobody named; others count the binders outwards. */
static void print_lifetime(struct reader *reader, uint64_t number)
{
	char text[32] = "'_";

	if (number > reader->lifetime_count) {
		reader->is_broken = true;
		return;
	}
	if (number > 0) {
		uint64_t depth = reader->lifetime_count - number;

		if (depth < 26) {
			(void)snprintf(text, sizeof(text), "'%c", (char)('a' + depth));
		} else {
			(void)snprintf(text, sizeof(text), "'_%" PRIu64, depth);
		}
	}
	print_text(reader, text);
}

/* "for<'a, 'b> "; returns how many lifetimes are to be forgotten behind the part. */
static uint64_t read_binder(struct reader *reader)
{
	uint64_t count = read_optional(reader, 'G');
	uint64_t i;

	if (count > reader->len) {
		reader->is_broken = true;
		return 0;
	}
	for (i = 0; i < count && !reader->is_broken; i++) {
		print_text(reader, i ? ", " : "for<");
		reader->lifetime_count++;
		print_lifetime(reader, 1);
	}
	if (count > 0) {
		print_text(reader, "> ");
	}
	return count;
}

static void read_reference(struct reader *reader, const char *mutability)
{
	print_text(reader, "&");
	if (skip(reader, 'L')) {
		uint64_t lifetime = read_base_62(reader);

		if (lifetime > 0) {
			print_lifetime(reader, lifetime);
			print_text(reader, " ");
		}
	}
	print_text(reader, mutability);
	read_type(reader);
}

static void read_tuple(struct reader *reader)
{
	size_t count = 0;

	print_text(reader, "(");
	while (!reader->is_broken && !skip(reader, 'E')) {
		print_text(reader, count++ ? ", " : "");
		read_type(reader);
	}
	print_text(reader, count == 1 ? ",)" : ")");
}

static void print_abi(struct reader *reader)
{
	struct identifier abi = {"C", 1, 0, false};
	size_t i;

	if (!skip(reader, 'C')) {
		abi = read_plain_identifier(reader);
	}
	print_text(reader, "extern \"");
	for (i = 0; i < abi.len; i++) {
		print(reader, abi.text[i] == '_' ? "-" : &abi.text[i], 1);
	}
	print_text(reader, "\" ");
}

static void read_function_type(struct reader *reader)
{
	uint64_t bound = read_binder(reader);
	size_t count = 0;

	if (skip(reader, 'U')) {
		print_text(reader, "unsafe ");
	}
	if (skip(reader, 'K')) {
		print_abi(reader);
	}
	print_text(reader, "fn(");
	while (!reader->is_broken && !skip(reader, 'E')) {
		print_text(reader, count++ ? ", " : "");
		read_type(reader);
	}
	print_text(reader, ")");
	if (!skip(reader, 'u')) {
		print_text(reader, " -> ");
		read_type(reader);
	}
	reader->lifetime_count -= reader->is_broken ? 0 : bound;
}

/* Types that are set for names of a trait go into its list of arguments. */
static void read_trait(struct reader *reader)
{
	bool is_open = false;

	if (peek(reader) == 'I') {
		size_t count = 0;

		reader->at++;
		read_path(reader, false);
		print_text(reader, "<");
		while (!reader->is_broken && !skip(reader, 'E')) {
			print_text(reader, count++ ? ", " : "");
			if (skip(reader, 'L')) {
				print_lifetime(reader, read_base_62(reader));
			} else {
				read_type(reader);
			}
		}
		is_open = true;
	} else {
		read_path(reader, false);
	}
	while (skip(reader, 'p')) {
		struct identifier name = read_plain_identifier(reader);

		print_text(reader, is_open ? ", " : "<");
		is_open = true;
		print_identifier(reader, &name);
		print_text(reader, " = ");
		read_type(reader);
	}
	print_text(reader, is_open ? ">" : "");
}

static void read_dynamic(struct reader *reader)
{
	uint64_t bound;
	uint64_t lifetime;
	size_t count = 0;

	print_text(reader, "dyn ");
	bound = read_binder(reader);
	while (!reader->is_broken && !skip(reader, 'E')) {
		print_text(reader, count++ ? " + " : "");
		read_trait(reader);
	}
	reader->lifetime_count -= reader->is_broken ? 0 : bound;
	if (!skip(reader, 'L')) {
		reader->is_broken = true;
		return;
	}
	lifetime = read_base_62(reader);
	if (lifetime > 0) {
		print_text(reader, " + ");
		print_lifetime(reader, lifetime);
	}
}

/* ---- Constants ---- */

static void read_constant(struct reader *reader, bool flag);

/* Hexadecimal digits and "_". Returns how many; the value only counts up to 16 of them. */
static size_t read_hexadecimal(struct reader *reader, uint64_t *ret_value)
{
	static const char digits[] = "0123456789abcdef";
	size_t count = 0;

	*ret_value = 0;
	while (!reader->is_broken && !skip(reader, '_')) {
		char byte = next(reader);
		const char *digit = byte ? strchr(digits, byte) : NULL;

		if (!digit) {
			reader->is_broken = true;
			return 0;
		}
		*ret_value = *ret_value << 4 | (uint64_t)(digit - digits);
		count++;
	}
	return count;
}

static void read_value(struct reader *reader, char type)
{
	bool is_negative = skip(reader, 'n');
	size_t begin = reader->at;
	uint64_t value;
	size_t count = read_hexadecimal(reader, &value);
	char text[32];

	if (type == 'b') {
		print_text(reader, value ? "true" : "false");
	} else if (type == 'c' && value >= ' ' && value < 0x7f) {
		(void)snprintf(text, sizeof(text), "'%c'", (char)value);
		print_text(reader, text);
	} else if (count > 16) {
		print_text(reader, is_negative ? "-0x" : "0x");
		print(reader, reader->name + begin, count);
	} else {
		print_text(reader, is_negative ? "-" : "");
		print_number(reader, value);
	}
}

static void read_constant(struct reader *reader, bool flag)
{
	char type = next(reader);

	(void)flag;
	if (!enter(reader)) {
		return;
	}
	if (type == 'B') {
		follow(reader, read_constant, false);
	} else if (type == 'p') {
		print_text(reader, "_");
	} else if (type && strchr("abchijlmnostxy", type)) {
		read_value(reader, type);
	} else {
		reader->is_broken = true;
	}
	leave(reader);
}

/* ---- Types, all ---- */

static void read_array(struct reader *reader)
{
	print_text(reader, "[");
	read_type(reader);
	print_text(reader, "; ");
	read_constant(reader, false);
	print_text(reader, "]");
}

static void read_compound_type(struct reader *reader, char letter)
{
	switch (letter) {
	case 'A':
		read_array(reader);
		return;
	case 'S':
		print_text(reader, "[");
		read_type(reader);
		print_text(reader, "]");
		return;
	case 'T':
		read_tuple(reader);
		return;
	case 'R':
		read_reference(reader, "");
		return;
	case 'Q':
		read_reference(reader, "mut ");
		return;
	case 'P':
		print_text(reader, "*const ");
		read_type(reader);
		return;
	case 'O':
		print_text(reader, "*mut ");
		read_type(reader);
		return;
	case 'F':
		read_function_type(reader);
		return;
	case 'D':
		read_dynamic(reader);
		return;
	default:
		reader->at--;
		read_path(reader, false);
	}
}

static void read_type_again(struct reader *reader, bool flag)
{
	(void)flag;
	read_type(reader);
}

static void read_type(struct reader *reader)
{
	char letter = next(reader);
	const char *basic = basic_type(letter);

	if (reader->is_broken || !enter(reader)) {
		return;
	}
	if (basic) {
		print_text(reader, basic);
	} else if (letter == 'B') {
		follow(reader, read_type_again, false);
	} else {
		read_compound_type(reader, letter);
	}
	leave(reader);
}

/* ---- Paths ---- */

static void read_arguments(struct reader *reader)
{
	size_t count = 0;

	print_text(reader, "<");
	while (!reader->is_broken && !skip(reader, 'E')) {
		print_text(reader, count++ ? ", " : "");
		if (skip(reader, 'L')) {
			print_lifetime(reader, read_base_62(reader));
		} else if (skip(reader, 'K')) {
			read_constant(reader, false);
		} else {
			read_type(reader);
		}
	}
	print_text(reader, ">");
}

/* "{closure#0}" for what has no name in the source; else "::name". */
static void read_nested(struct reader *reader, bool is_value)
{
	char space = next(reader);
	struct identifier identifier;

	read_path(reader, is_value);
	identifier = read_identifier(reader);
	if (space >= 'a' && space <= 'z') {
		if (identifier.len > 0) {
			print_text(reader, "::");
			print_identifier(reader, &identifier);
		}
		return;
	}
	if (space < 'A' || space > 'Z') {
		reader->is_broken = true;
		return;
	}
	print_text(reader, "::{");
	if (space == 'C' || space == 'S') {
		print_text(reader, space == 'C' ? "closure" : "shim");
	} else {
		print(reader, &space, 1);
	}
	if (identifier.len > 0) {
		print_text(reader, ":");
		print_identifier(reader, &identifier);
	}
	print_text(reader, "#");
	print_number(reader, identifier.number);
	print_text(reader, "}");
}

/* Where an implementation is written; the type says more. */
static void skip_place(struct reader *reader)
{
	struct weft_demangled *out = reader->out;

	reader->out = NULL;
	(void)read_optional(reader, 's');
	read_path(reader, false);
	reader->out = out;
}

static void read_implementation(struct reader *reader, bool has_trait)
{
	print_text(reader, "<");
	read_type(reader);
	if (has_trait) {
		print_text(reader, " as ");
		read_path(reader, false);
	}
	print_text(reader, ">");
}

static void read_path_of(struct reader *reader, char letter, bool is_value)
{
	struct identifier identifier;

	switch (letter) {
	case 'C':
		identifier = read_identifier(reader);
		print_identifier(reader, &identifier);
		return;
	case 'N':
		read_nested(reader, is_value);
		return;
	case 'M':
	case 'X':
		skip_place(reader);
		read_implementation(reader, letter == 'X');
		return;
	case 'Y':
		read_implementation(reader, true);
		return;
	case 'I':
		read_path(reader, is_value);
		print_text(reader, is_value ? "::" : "");
		read_arguments(reader);
		return;
	case 'B':
		follow(reader, read_path, is_value);
		return;
	default:
		reader->is_broken = true;
	}
}

/* is_value: of a function rather than of a type, so that arguments stand behind "::". */
static void read_path(struct reader *reader, bool is_value)
{
	char letter = next(reader);

	if (!reader->is_broken && enter(reader)) {
		read_path_of(reader, letter, is_value);
		leave(reader);
	}
}

bool weft_demangle_rust_v0(const char *name, struct weft_demangled *out)
{
	struct reader reader = {.name = name + 2, .out = out};

	/* What follows a dot or a dollar is the linker's or the optimiser's. */
	reader.len = strcspn(reader.name, ".$");
	if (peek(&reader) < 'A' || peek(&reader) > 'Z') {
		return false; /* Of a version yet to come. */
	}
	read_path(&reader, true);
	if (!reader.is_broken && reader.at < reader.len) {
		reader.out = NULL; /* The crate that needed the instance. */
		read_path(&reader, false);
	}
	return !reader.is_broken && reader.at == reader.len;
}
