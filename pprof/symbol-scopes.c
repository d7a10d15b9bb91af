// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What functions are in. See symbol-scopes.h.
 */
#include "symbol-scopes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

#include "array.h"
#include "demangle.h"

/* More than any unit has: beyond, a file is damage. */
#define COUNT_MAX 1000000U

struct weft_symbol_scope_member {
	uint64_t offset;
	size_t scope;
};

void weft_symbol_scopes_fini(struct weft_symbol_scopes *scopes)
{
	free(scopes->scopes);
	free(scopes->members);
	*scopes = (struct weft_symbol_scopes){NULL, 0, 0, NULL, 0, 0};
}

int weft_symbol_scopes_add(struct weft_symbol_scopes *scopes, const struct weft_symbol_scope *scope,
			   size_t *ret_scope)
{
	if (weft_array_reserve(&scopes->scopes, &scopes->scope_capacity, scopes->scope_count + 1,
			       COUNT_MAX, sizeof(*scope)) < 0) {
		return -ENOMEM;
	}
	scopes->scopes[scopes->scope_count++] = *scope;
	*ret_scope = scopes->scope_count;
	return 0;
}

int weft_symbol_scopes_add_function(struct weft_symbol_scopes *scopes, size_t scope,
				    uint64_t offset)
{
	if (weft_array_reserve(&scopes->members, &scopes->member_capacity, scopes->member_count + 1,
			       COUNT_MAX, sizeof(*scopes->members)) < 0) {
		return -ENOMEM;
	}
	scopes->members[scopes->member_count++] = (struct weft_symbol_scope_member){offset, scope};
	return 0;
}

static size_t find_scope(const struct weft_symbol_scopes *scopes, uint64_t offset)
{
	size_t low = 0;
	size_t high = scopes->member_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scopes->members[middle].offset < offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < scopes->member_count && scopes->members[low].offset == offset
		       ? scopes->members[low].scope
		       : WEFT_SYMBOL_SCOPE_NONE;
}

static void add_name(const struct weft_symbol_scope *scope, struct weft_demangled *out)
{
	char *readable = scope->is_mangled ? weft_symbol_demangle(scope->name) : NULL;
	char lambda[32];
	const char *name = readable ? readable : scope->name;

	if (!name) {
		(void)snprintf(lambda, sizeof(lambda), "{lambda#%u}", scope->number);
		name = lambda;
	}
	weft_demangled_add(out, name, strlen(name));
	free(readable);
}

/* Outermost first. Parents come before their children, so this ends. */
static void add_scope(const struct weft_symbol_scopes *scopes, size_t scope,
		      struct weft_demangled *out)
{
	const struct weft_symbol_scope *shown;

	if (scope == WEFT_SYMBOL_SCOPE_NONE) {
		return;
	}
	shown = &scopes->scopes[scope - 1];
	if (!shown->is_mangled) {
		add_scope(scopes, shown->parent, out);
	}
	add_name(shown, out);
	weft_demangled_add(out, "::", 2);
}

char *weft_symbol_scopes_qualify(const struct weft_symbol_scopes *scopes, uint64_t offset,
				 const char *name)
{
	size_t scope = find_scope(scopes, offset);
	struct weft_demangled *out;
	char *qualified = NULL;

	if (scope == WEFT_SYMBOL_SCOPE_NONE) {
		return NULL;
	}
	out = weft_demangled_create();
	if (!out) {
		return NULL;
	}
	add_scope(scopes, scope, out);
	weft_demangled_add(out, name, strlen(name));
	if (!out->is_full) {
		qualified = strdup(out->text);
	}
	free(out);
	return qualified;
}
