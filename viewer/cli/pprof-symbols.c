// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for profiles. See pprof-symbols.h.
 */
#include "pprof-symbols.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <weft/symbol-file.h>
#include <weft/symbolize.h>

#include "now.h"
#include "pprof-binaries.h"

/* Reading debug information ends then, with the names found so far. */
#define TIMEOUT_S 120U

/* ---- Modes ---- */

static bool take_word(struct pprof_symbols_mode *mode, const char *word)
{
	static const struct {
		const char *word;
		struct pprof_symbols_mode mode;
	} words[] = {
		{"none", {.local = false}},
		{"no", {.local = false}},
		{"local", {.local = true}},
		{"fastlocal", {.local = true, .names_only = true}},
		{"remote", {.remote = true}},
		{"force", {.force = true}},
		{"demangle=none", {.force = true, .demangle = PPROF_DEMANGLE_NONE}},
		{"demangle=default", {.force = true, .demangle = PPROF_DEMANGLE_SHORT}},
		{"demangle=templates", {.force = true, .demangle = PPROF_DEMANGLE_USUAL}},
		{"demangle=full", {.force = true, .demangle = PPROF_DEMANGLE_FULL}},
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct pprof_symbols_mode *taken = &words[i].mode;

		if (strcasecmp(words[i].word, word) == 0) {
			mode->local |= taken->local;
			mode->remote |= taken->remote;
			mode->names_only |= taken->names_only;
			mode->force |= taken->force;
			mode->demangle = taken->demangle ? taken->demangle : mode->demangle;
			return true;
		}
	}
	return false;
}

struct pprof_symbols_mode pprof_symbols_parse(const char *words)
{
	struct pprof_symbols_mode mode = {.local = false};
	bool says_where = false;
	char word[64];

	while (*words) {
		size_t len = strcspn(words, ":");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, words);
		words += len + (words[len] == ':');
		if (*word == '\0') {
			continue;
		}
		if (!take_word(&mode, word)) {
			(void)fprintf(stderr, "ignoring unrecognized symbolization option: %s\n",
				      word);
			continue;
		}
		says_where =
			says_where || strncasecmp(word, "no", 2) == 0 || mode.local || mode.remote;
	}
	if (!says_where) {
		mode.local = mode.remote = true;
	}
	return mode;
}

/* ---- What names look like ---- */

/* Cuts what stands between < and >, but for those of an operator's own name. */
static void cut_templates(char *name)
{
	char *to = name;
	const char *at;
	int depth = 0;

	for (at = name; *at; at++) {
		bool is_operator = depth == 0 && at - name >= 8 &&
				   strncmp(at - 8, "operator", 8) == 0 && strchr("<>-", *at);

		if (is_operator) {
			while (*at && strchr("<>-=", *at)) {
				*to++ = *at++;
			}
			at--;
			continue;
		}
		depth += *at == '<';
		if (depth == 0) {
			*to++ = *at;
		}
		depth -= *at == '>' && depth > 0;
	}
	*to = '\0';
}

/* The name to show, to be freed; NULL: as it is, or out of memory. */
static char *rename_function(const struct weft_pprof_function *function,
			     enum pprof_demangle demangle)
{
	char *name = NULL;

	if (demangle == PPROF_DEMANGLE_NONE && *function->system_name) {
		name = strdup(function->system_name);
	} else if (demangle == PPROF_DEMANGLE_FULL) {
		name = weft_symbol_demangle_full(function->system_name);
	} else if (demangle == PPROF_DEMANGLE_SHORT) {
		name = strdup(function->name);
		if (name) {
			cut_templates(name);
		}
	}
	return name;
}

/* The function of a line, as the mode wants it. 0; -ENOMEM; -E2BIG. */
static int change_function(struct weft_pprof *profile, const struct pprof_symbols_mode *mode,
			   struct weft_pprof_line *line)
{
	struct weft_pprof_function function = *weft_pprof_get_function(profile, line->function);
	char *name = rename_function(&function, mode->demangle);
	int ret;

	function.name = name ? name : function.name;
	if (mode->names_only) {
		function.file = "";
		function.start_line = 0;
		line->line = line->column = 0;
	}
	ret = weft_pprof_add_function(profile, &function, &line->function);
	free(name);
	return ret;
}

/* Without lines there are no inlined functions: the last has the machine code. */
static int change_location(struct weft_pprof *profile, const struct pprof_symbols_mode *mode,
			   uint32_t index)
{
	const struct weft_pprof_location *location = weft_pprof_get_location(profile, index);
	uint32_t first = mode->names_only ? location->line_count - 1 : 0;
	uint32_t count = location->line_count - first, i;
	struct weft_pprof_line *lines = calloc(count, sizeof(*lines));
	int ret = lines ? 0 : -ENOMEM;

	if (lines) {
		memcpy(lines, location->lines + first, count * sizeof(*lines));
	}
	for (i = 0; ret == 0 && i < count; i++) {
		ret = change_function(profile, mode, &lines[i]);
	}
	ret = ret < 0 ? ret : weft_pprof_set_location_lines(profile, index, lines, count);
	free(lines);
	return ret;
}

/* ---- Local files ---- */

/* What was there before names are looked up anew. */
struct old_lines {
	const struct weft_pprof_line *lines; /* The profile's, to its end. */
	uint32_t count;
};

/* Remembers all lines; takes them away when all are to be looked up. */
static int start_lookup(struct weft_pprof *profile, bool is_forced, struct old_lines *old)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_location_count(profile); i++) {
		const struct weft_pprof_location *location = weft_pprof_get_location(profile, i);

		old[i] = (struct old_lines){location->lines, location->line_count};
		if (is_forced) {
			ret = weft_pprof_set_location_lines(profile, i, NULL, 0);
		}
	}
	for (i = 0; ret == 0 && is_forced && i < weft_pprof_mapping_count(profile); i++) {
		struct weft_pprof_mapping mapping = *weft_pprof_get_mapping(profile, i);

		mapping.has_functions = mapping.has_filenames = false;
		mapping.has_line_numbers = mapping.has_inline_frames = false;
		ret = weft_pprof_set_mapping(profile, i, &mapping);
	}
	return ret;
}

/* Puts old lines back where nothing was found; gives new ones the form that is wanted. */
static int finish_lookup(struct weft_pprof *profile, const struct pprof_symbols_mode *mode,
			 const struct old_lines *old)
{
	bool is_changing = mode->names_only || mode->demangle != PPROF_DEMANGLE_USUAL;
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_location_count(profile); i++) {
		uint32_t count = weft_pprof_get_location(profile, i)->line_count;

		if (count == 0 && old[i].count) {
			ret = weft_pprof_set_location_lines(profile, i, old[i].lines, old[i].count);
		} else if (count && is_changing && (mode->force || old[i].count == 0)) {
			ret = change_location(profile, mode, i);
		}
	}
	return ret;
}

static void print_failure(void *ctx, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "Local symbolization failed: %s\n", text);
}

/* Whether there is anything to look up. */
static bool has_bare_places(const struct weft_pprof *profile)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_location_count(profile); i++) {
		const struct weft_pprof_location *location = weft_pprof_get_location(profile, i);

		if (location->line_count == 0 && location->mapping != WEFT_PPROF_NONE &&
		    !weft_pprof_get_mapping(profile, location->mapping)->has_functions) {
			return true;
		}
	}
	return false;
}

int pprof_symbols_find_local(struct weft_pprof *profile, const struct pprof_symbols_mode *mode,
			     struct weft_error *err)
{
	const struct weft_symbolize_options options = {
		.deadline_ns = weft_now_ns() + TIMEOUT_S * WEFT_NS_PER_S, .tell = print_failure};
	struct old_lines *old;
	int ret;

	if (!mode->local || (!mode->force && !has_bare_places(profile))) {
		return 0;
	}
	old = calloc(weft_pprof_location_count(profile) + 1U, sizeof(*old));
	ret = old ? pprof_binaries_find(profile) : -ENOMEM;
	ret = ret < 0 ? ret : start_lookup(profile, mode->force, old);
	ret = ret < 0 ? ret : weft_pprof_symbolize(profile, &options, err);
	ret = ret < 0 ? ret : finish_lookup(profile, mode, old);
	free(old);
	return ret < 0 ? weft_error_set_errno(err, ret, "look up names") : 0;
}

/* ---- The server ---- */

/* The addresses without names, as the page wants them; NULL: none, or out of memory. */
static char *list_addresses(const struct weft_pprof *profile)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *separator = "";
	uint32_t i;

	for (i = 0; out && i < weft_pprof_location_count(profile); i++) {
		const struct weft_pprof_location *location = weft_pprof_get_location(profile, i);

		if (location->line_count == 0 && location->address) {
			(void)fprintf(out, "%s0x%" PRIx64, separator, location->address);
			separator = "+";
		}
	}
	if (!out || fclose(out) != 0 || *separator == '\0') {
		free(text);
		return NULL;
	}
	return text;
}

struct named_address {
	uint64_t address;
	const char *name; /* In the answer. */
};

static int compare_addresses(const void *left, const void *right)
{
	const struct named_address *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

/* Lines "0x401000 main"; others, such as "num_symbols: 1", are none. NULL: out of memory. */
static struct named_address *parse_answer(char *text, size_t *ret_count)
{
	struct named_address *names = NULL;
	size_t count = 0, capacity = 0;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *end;
		uint64_t address = strtoull(line, &end, 16);

		if (strncmp(line, "0x", 2) != 0 || !isblank((unsigned char)*end)) {
			continue;
		}
		if (count == capacity) {
			size_t more = capacity ? 2 * capacity : 64;
			struct named_address *larger = realloc(names, more * sizeof(*names));

			if (!larger) {
				free(names);
				return NULL;
			}
			names = larger;
			capacity = more;
		}
		end += strspn(end, " \t");
		end[strcspn(end, "\r")] = '\0';
		if (*end) {
			names[count++] = (struct named_address){address, end};
		}
	}
	*ret_count = count;
	names = names ? names : calloc(1, sizeof(*names));
	if (names) {
		qsort(names, count, sizeof(*names), compare_addresses);
	}
	return names;
}

static int name_location(struct weft_pprof *profile, uint32_t index, const char *name)
{
	uint32_t mapping_index = weft_pprof_get_location(profile, index)->mapping;
	char *readable = weft_symbol_demangle(name);
	const struct weft_pprof_function function = {.name = readable ? readable : name,
						     .system_name = name};
	struct weft_pprof_line line = {.line = 0};
	int ret = weft_pprof_add_function(profile, &function, &line.function);

	free(readable);
	ret = ret < 0 ? ret : weft_pprof_set_location_lines(profile, index, &line, 1);
	if (ret == 0 && mapping_index != WEFT_PPROF_NONE) {
		struct weft_pprof_mapping mapping = *weft_pprof_get_mapping(profile, mapping_index);

		mapping.has_functions = true;
		ret = weft_pprof_set_mapping(profile, mapping_index, &mapping);
	}
	return ret;
}

static int use_answer(struct weft_pprof *profile, char *text)
{
	size_t count;
	struct named_address *names = parse_answer(text, &count);
	uint32_t i;
	int ret = names ? 0 : -ENOMEM;

	for (i = 0; ret == 0 && i < weft_pprof_location_count(profile); i++) {
		const struct weft_pprof_location *location = weft_pprof_get_location(profile, i);
		const struct named_address wanted = {.address = location->address};
		const struct named_address *found;

		if (location->line_count) {
			continue;
		}
		found = bsearch(&wanted, names, count, sizeof(*names), compare_addresses);
		if (found) {
			ret = name_location(profile, i, found->name);
		}
	}
	free(names);
	return ret;
}

int pprof_symbols_find_remote(struct weft_pprof *profile, const char *url,
			      const struct pprof_url_options *options, struct weft_error *err)
{
	struct pprof_url_answer answer = {.bytes = NULL};
	char *page, *addresses;
	int ret = 0;

	if (!has_bare_places(profile)) {
		return 0;
	}
	page = pprof_url_find_symbols(url);
	addresses = list_addresses(profile);
	if (page && addresses) {
		ret = pprof_url_post(page, addresses, options, &answer, err);
		if (ret < 0) {
			weft_error_prepend(err, "%s", page);
		}
	}
	if (ret == 0 && answer.bytes) {
		ret = use_answer(profile, answer.bytes);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "use the names of %s", page);
		}
	}
	free(answer.bytes);
	free(addresses);
	free(page);
	return ret;
}
