// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Namespaces of functions. See symbol-scopes.h.
 */
#include "symbol-scopes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than any unit has: beyond, a file is damage. */
#define COUNT_MAX 1000000U

struct weft_symbol_scope {
	const char *name;
	size_t parent;
};

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

/* Returns the array with room for one more; NULL: no memory, the old one stays. */
static void *make_room(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *grown;

	if (count < *capacity) {
		return array;
	}
	grown = wanted > COUNT_MAX ? NULL : reallocarray(array, wanted, size);
	if (grown) {
		*capacity = wanted;
	}
	return grown;
}

int weft_symbol_scopes_add(struct weft_symbol_scopes *scopes, size_t parent, const char *name,
			   size_t *ret_scope)
{
	struct weft_symbol_scope *grown = (struct weft_symbol_scope *)make_room(
		scopes->scopes, scopes->scope_count, &scopes->scope_capacity, sizeof(*grown));

	if (!grown) {
		return -ENOMEM;
	}
	scopes->scopes = grown;
	grown[scopes->scope_count++] =
		(struct weft_symbol_scope){name ? name : "(anonymous namespace)", parent};
	*ret_scope = scopes->scope_count;
	return 0;
}

int weft_symbol_scopes_add_function(struct weft_symbol_scopes *scopes, size_t scope,
				    uint64_t offset)
{
	struct weft_symbol_scope_member *grown = (struct weft_symbol_scope_member *)make_room(
		scopes->members, scopes->member_count, &scopes->member_capacity, sizeof(*grown));

	if (!grown) {
		return -ENOMEM;
	}
	scopes->members = grown;
	grown[scopes->member_count++] = (struct weft_symbol_scope_member){offset, scope};
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

char *weft_symbol_scopes_qualify(const struct weft_symbol_scopes *scopes, uint64_t offset,
				 const char *name)
{
	size_t innermost = find_scope(scopes, offset);
	size_t len = strlen(name);
	size_t scope;
	char *qualified;

	if (innermost == WEFT_SYMBOL_SCOPE_NONE) {
		return NULL;
	}
	for (scope = innermost; scope; scope = scopes->scopes[scope - 1].parent) {
		len += strlen(scopes->scopes[scope - 1].name) + 2;
	}
	qualified = (char *)malloc(len + 1);
	if (!qualified) {
		return NULL;
	}
	/* From the end: the innermost is next to the name. */
	qualified[len] = '\0';
	len -= strlen(name);
	memcpy(qualified + len, name, strlen(name));
	for (scope = innermost; scope; scope = scopes->scopes[scope - 1].parent) {
		const char *outer = scopes->scopes[scope - 1].name;

		len -= strlen(outer) + 2;
		memcpy(qualified + len, outer, strlen(outer));
		memcpy(qualified + len + strlen(outer), "::", 2);
	}
	return qualified;
}
