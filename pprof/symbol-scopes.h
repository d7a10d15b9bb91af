// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a function of a unit is in (namespaces, classes, functions around a lambda's class), for those that
 * have no name for linkers: gcc gives none to what other units cannot call. Part of symbol-unit.c, which
 * fills it while it walks over the entries.
 *
 * Names are libdw's, good as long as the unit.
 */
#ifndef WEFT_PPROF_SYMBOL_SCOPES_H
#define WEFT_PPROF_SYMBOL_SCOPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In place of a scope: the unit itself. */
#define WEFT_SYMBOL_SCOPE_NONE 0U

struct weft_symbol_scopes {
	struct weft_symbol_scope *scopes; /* Scope N is at N - 1; its parent comes before it. */
	size_t scope_count, scope_capacity;
	struct weft_symbol_scope_member *members; /* By offset, as the entries come. */
	size_t member_count, member_capacity;
};

/* All zero is empty. */
void weft_symbol_scopes_fini(struct weft_symbol_scopes *scopes);

struct weft_symbol_scope {
	const char *name; /* NULL: a class without one, which is a lambda's. */
	size_t parent;
	unsigned int number; /* Of the lambda in its parent. */
	bool is_mangled;     /* The name is the linker's, and says it all. */
};

/* Adds a scope, copying it. 0; -ENOMEM. */
int weft_symbol_scopes_add(struct weft_symbol_scopes *scopes, const struct weft_symbol_scope *scope,
			   size_t *ret_scope);
/* Adds a function whose entry is at `offset`, behind those before. 0; -ENOMEM. */
int weft_symbol_scopes_add_function(struct weft_symbol_scopes *scopes, size_t scope,
				    uint64_t offset);

/* "ns::(anonymous namespace)::name", to be freed; NULL: it is in none, or out of memory. */
char *weft_symbol_scopes_qualify(const struct weft_symbol_scopes *scopes, uint64_t offset,
				 const char *name);

#endif
