// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Memory maps behind profiles of older kinds, and the samples that lie in them. See legacy.h.
 *
 * A line is one of /proc/PID/maps, or short: "START-END: FILE", "START-END [r-xp] FILE [(@OFFSET)]
 * [BUILDID]". Before it may stand what a log writes before each line, "...] ". A line NAME=VALUE says
 * what $NAME stands for in lines that follow.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "legacy.h"

/* Where a program that is not loaded anywhere begins. */
#define PROGRAM_START UINT64_C(0x400000)
#define VARIABLE_MAX  16

/* What $NAME stands for. */
struct variable {
	const char *name, *value;
	size_t name_len;
};

struct variables {
	struct variable items[VARIABLE_MAX];
	size_t count;
};

bool weft_legacy__is_map_start(const char *line)
{
	return strstr(line, "--- Memory map: ---") || strstr(line, "MAPPED_LIBRARIES:");
}

/* ---- One line ---- */

static bool parse_hex(const char **at, uint64_t *ret_number)
{
	char *end;

	if (!isxdigit((unsigned char)**at)) {
		return false;
	}
	errno = 0;
	*ret_number = strtoull(*at, &end, 16);
	*at = end;
	return errno == 0;
}

/* Moves behind blanks. */
static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

/* The copy of a word, with variables replaced. NULL: out of memory. */
static const char *copy_word(struct legacy *legacy, const struct variables *variables,
			     const char *word, size_t len)
{
	const struct variable *variable = NULL;
	void *copy;
	size_t i, value_len = 0;

	for (i = 0; i < variables->count && len > 1 && word[0] == '$'; i++) {
		if (variables->items[i].name_len <= len - 1 &&
		    memcmp(word + 1, variables->items[i].name, variables->items[i].name_len) == 0) {
			variable = &variables->items[i];
		}
	}
	if (variable) {
		value_len = strlen(variable->value);
		word += 1 + variable->name_len;
		len -= 1 + variable->name_len;
	}
	if (weft_arena_take(legacy->arena, value_len + len + 1, &copy) < 0) {
		return NULL;
	}
	if (variable) {
		memcpy(copy, variable->value, value_len);
	}
	memcpy((char *)copy + value_len, word, len);
	((char *)copy)[value_len + len] = '\0';
	return copy;
}

/* "r-xp": whether there is such a word, and whether it lets code run. */
static bool parse_permissions(const char **at, bool *ret_is_code)
{
	size_t len = strspn(*at, "-rwxsp");

	if (len < 3 || len > 5 || ((*at)[len] && !isblank((unsigned char)(*at)[len]))) {
		return false;
	}
	*ret_is_code = memchr(*at, 'x', len) != NULL;
	*at += len;
	skip_blanks(at);
	return true;
}

/* "00001000 08:01 123 ": offset, device, inode. Leaves *at alone when it is not that. */
static bool parse_kernel_fields(const char **at, uint64_t *ret_offset)
{
	const char *end = *at;
	uint64_t number;

	if (!parse_hex(&end, ret_offset) || !isblank((unsigned char)*end)) {
		return false;
	}
	skip_blanks(&end);
	if (!parse_hex(&end, &number) || *end++ != ':' || !parse_hex(&end, &number) ||
	    !isblank((unsigned char)*end)) {
		return false;
	}
	skip_blanks(&end);
	end += strspn(end, "0123456789");
	skip_blanks(&end);
	*at = end;
	return true;
}

/* "FILE (@OFFSET) BUILDID", each of which may be missing. 0; -ENOMEM. */
static int parse_file(struct legacy *legacy, const struct variables *variables, const char *at,
		      struct legacy_map *map)
{
	size_t len = strcspn(at, " \t");

	if (strncmp(at, "(@", 2) == 0) {
		len = 0;
	}
	map->file = copy_word(legacy, variables, at, len);
	at += len;
	skip_blanks(&at);
	if (strncmp(at, "(@", 2) == 0) {
		at += 2;
		if (!parse_hex(&at, &map->offset)) {
			map->offset = 0;
		}
		at += *at == ')';
		skip_blanks(&at);
	}
	len = strspn(at, "0123456789abcdefABCDEF");
	map->build_id = copy_word(legacy, variables, at, at[len] == '\0' ? len : 0);
	return map->file && map->build_id ? 0 : -ENOMEM;
}

static const char *skip_log_prefix(const char *line)
{
	const char *end = strstr(line, "] ");

	/* "I0101 12:00:00 7 file.cc:10] ": no bracket before it, a number in front. */
	if (end && end > line && isdigit((unsigned char)end[-1]) &&
	    strcspn(line, "[") > (size_t)(end - line)) {
		return end + 2;
	}
	return line;
}

/* 0: see ret_map, whose limit is 0 when the line is none or not of code; -ENOMEM. */
static int parse_line(struct legacy *legacy, const struct variables *variables, const char *line,
		      struct legacy_map *ret_map)
{
	struct legacy_map map = {.file = "", .build_id = ""};
	const char *at = skip_log_prefix(line);
	bool is_code = true;
	int ret;

	*ret_map = map;
	skip_blanks(&at);
	if (!parse_hex(&at, &map.start) || *at++ != '-' || !parse_hex(&at, &map.limit) ||
	    (*at && *at != ':' && !isblank((unsigned char)*at))) {
		return 0;
	}
	at += *at == ':';
	skip_blanks(&at);
	if (parse_permissions(&at, &is_code)) {
		(void)parse_kernel_fields(&at, &map.offset);
	}
	if (!is_code || map.limit <= map.start) {
		return 0;
	}
	ret = parse_file(legacy, variables, at, &map);
	if (ret == 0) {
		*ret_map = map;
	}
	return ret;
}

/* "NAME=VALUE", in the text, which stays. */
static bool take_variable(struct variables *variables, char *line)
{
	char *equals = strchr(line, '=');
	size_t len = equals ? (size_t)(equals - line) : 0;

	while (len && isblank((unsigned char)line[len - 1])) {
		len--;
	}
	if (!equals || len == 0 || strcspn(line, " \t-:") < len) {
		return false;
	}
	if (variables->count < VARIABLE_MAX) {
		equals++;
		variables->items[variables->count++] = (struct variable){
			.name = line, .value = equals + strspn(equals, " \t"), .name_len = len};
	}
	return true;
}

/* ---- All of them ---- */

static bool are_adjacent(const struct legacy_map *a, const struct legacy_map *b)
{
	bool is_other_file = *a->file && *b->file && strcmp(a->file, b->file) != 0;
	bool is_other_build = *a->build_id && *b->build_id && strcmp(a->build_id, b->build_id) != 0;

	return !is_other_file && !is_other_build && a->limit == b->start &&
	       (a->offset == 0 || b->offset == 0 || a->offset + (a->limit - a->start) == b->offset);
}

static int add_map(struct legacy *legacy, const struct legacy_map *map)
{
	void *maps = legacy->maps;
	struct legacy_map *last = legacy->map_count ? &legacy->maps[legacy->map_count - 1] : NULL;

	if (last && are_adjacent(last, map)) {
		last->limit = map->limit;
		last->file = *map->file ? map->file : last->file;
		last->build_id = *map->build_id ? map->build_id : last->build_id;
		return 0;
	}
	if (weft_arena_grow_array(legacy->arena, &maps, &legacy->map_capacity,
				  (size_t)legacy->map_count + 1, sizeof(*legacy->maps)) < 0) {
		return -ENOMEM;
	}
	legacy->maps = maps;
	legacy->maps[legacy->map_count++] = *map;
	return 0;
}

/* "libc.so.6", "libc-2.36.so": no program. */
static bool is_library(const char *file)
{
	const char *at = file;
	size_t len = strlen(file);

	if (len >= 3 && strcmp(file + len - 3, ".so") == 0) {
		return true;
	}
	while ((at = strstr(at, ".so"))) {
		at += 3;
		if ((*at == '.' || *at == '_') && isdigit((unsigned char)at[1])) {
			return true;
		}
	}
	return false;
}

/* The program comes first. */
static void put_program_first(struct legacy *legacy)
{
	uint32_t i;

	for (i = 0; i < legacy->map_count; i++) {
		struct legacy_map map = legacy->maps[i];

		if (*map.file && *map.file != '[' && !is_library(map.file)) {
			memmove(legacy->maps + 1, legacy->maps, i * sizeof(map));
			legacy->maps[0] = map;
			break;
		}
	}
	if (legacy->map_count && legacy->maps[0].start - legacy->maps[0].offset == PROGRAM_START) {
		legacy->maps[0].start = PROGRAM_START;
		legacy->maps[0].offset = 0;
	}
}

static int make_mapping(struct legacy *legacy, const struct legacy_map *map)
{
	const struct weft_pprof_mapping mapping = {.start = map->start,
						   .limit = map->limit,
						   .offset = map->offset,
						   .file = map->file,
						   .build_id = map->build_id};
	uint32_t index;

	return weft_pprof_add_mapping(legacy->profile, &mapping, &index);
}

static int read_lines(struct legacy *legacy, struct legacy_lines lines)
{
	struct variables variables = {.count = 0};
	bool is_inside = false;
	char *line;
	int ret = 0;

	while (ret == 0 && (line = weft_legacy__next_line(&lines))) {
		struct legacy_map map = {.limit = 0};

		if (!is_inside) {
			is_inside = weft_legacy__is_map_start(line);
			continue;
		}
		if (!take_variable(&variables, line)) {
			ret = parse_line(legacy, &variables, line, &map);
		}
		if (ret == 0 && map.limit) {
			ret = add_map(legacy, &map);
		}
	}
	return ret;
}

int weft_legacy__read_maps(struct legacy *legacy, const char *text, size_t size)
{
	struct legacy_lines lines;
	void *copy;
	uint32_t i;
	int ret = weft_arena_take(legacy->arena, size + 1, &copy);

	if (ret < 0) {
		return ret;
	}
	lines = (struct legacy_lines){.at = copy, .end = (char *)copy + size};
	memcpy(copy, text, size);
	*lines.end = '\0';
	ret = read_lines(legacy, lines);
	put_program_first(legacy);
	for (i = 0; ret == 0 && i < legacy->map_count; i++) {
		ret = make_mapping(legacy, &legacy->maps[i]);
	}
	return ret;
}

/* ---- Samples ---- */

/* The mapping of an address, made to fit where its start was cut off. 0; -ENOMEM. */
static int find_mapping(struct legacy *legacy, uint64_t address, uint32_t *ret_index)
{
	const struct legacy_map everything = {.limit = UINT64_MAX, .file = "", .build_id = ""};
	struct weft_pprof_mapping mapping;
	uint32_t i;
	int ret;

	for (i = 0; i < legacy->map_count; i++) {
		if (address >= legacy->maps[i].start && address < legacy->maps[i].limit) {
			*ret_index = i;
			return 0;
		}
	}
	for (i = 0; i < legacy->map_count; i++) {
		struct legacy_map *map = &legacy->maps[i];

		if (map->offset && address < map->start && address >= map->start - map->offset) {
			map->start -= map->offset;
			map->offset = 0;
			mapping = *weft_pprof_get_mapping(legacy->profile, i);
			mapping.start = map->start;
			mapping.offset = 0;
			*ret_index = i;
			return weft_pprof_set_mapping(legacy->profile, i, &mapping);
		}
	}
	*ret_index = legacy->map_count;
	if (legacy->has_whole_space) {
		return 0;
	}
	ret = make_mapping(legacy, &everything);
	legacy->has_whole_space = ret == 0;
	return ret;
}

static int add_location(struct legacy *legacy, uint64_t address, uint32_t *ret_index)
{
	struct weft_pprof_location location = {.address = address, .mapping = WEFT_PPROF_NONE};
	int ret = address ? find_mapping(legacy, address, &location.mapping) : 0;

	return ret < 0 ? ret : weft_pprof_add_location(legacy->profile, &location, ret_index);
}

int weft_legacy__add_sample(struct legacy *legacy, const int64_t *values,
			    const int64_t *bytes_label)
{
	const struct weft_pprof_label label = {.key = "bytes",
					       .num = bytes_label ? *bytes_label : 0};
	uint32_t *places = calloc(legacy->depth + 1U, sizeof(*places));
	struct weft_pprof_sample sample = {.locations = places,
					   .location_count = legacy->depth,
					   .label_count = bytes_label ? 1 : 0,
					   .values = values,
					   .labels = &label};
	uint32_t i;
	int ret = places ? 0 : -ENOMEM;

	for (i = 0; ret == 0 && i < legacy->depth; i++) {
		ret = add_location(legacy, legacy->addresses[i], &places[i]);
	}
	ret = ret < 0 ? ret : weft_pprof_append_sample(legacy->profile, &sample);
	free(places);
	return ret;
}
