// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Inside one compile unit. See symbol-unit.h.
 *
 * The walk over a unit's entries goes wherever functions may be, those of local classes and lambdas
 * included, and remembers what they are in where DWARF has no full name for them.
 */
#include "symbol-unit.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "symbol-range.h"
#include "symbol-scopes.h"

/* Steps between two looks at the clock: some microseconds. */
#define TICKS 1024U
/* Deeper nesting of entries is damage. */
#define NESTING_MAX        200U
#define FUNCTION_COUNT_MAX 4000000U
/* How many functions before an address may reach over it. */
#define LOOK_BACK 8U
/* What a row of the line table takes in libdw. */
#define LINE_BYTES 64U

struct function {
	uint64_t begin, end;
	uint64_t entry; /* Where the function begins, whose part this may be. */
	Dwarf_Die die;
};

struct weft_symbol_unit {
	Dwarf_Off offset;
	uint64_t size_bytes;
	Dwarf_Die lines_die; /* Has the line table. */
	Dwarf_Die die;       /* Has the entries: the same unless it is split off. */
	bool is_valid;
	struct function *functions; /* By begin. */
	size_t function_count, function_capacity;
	struct weft_symbol_scopes scopes;
};

bool weft_symbol_dwarf_is_late(struct weft_symbol_dwarf *dwarf)
{
	struct timespec now;

	if (dwarf->late || ++dwarf->ticks % TICKS || !dwarf->deadline_ns) {
		return dwarf->late;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail. */
	dwarf->late =
		(uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec >= dwarf->deadline_ns;
	return dwarf->late;
}

/* ---- Index of functions ---- */

struct indexing {
	struct weft_symbol_dwarf *dwarf;
	struct weft_symbol_unit *unit;
	uint64_t entries_left; /* An entry takes a byte at least: more is a loop. */
};

/* What the entries that are walked over are in. Becomes a scope only when it is needed. */
struct level {
	struct level *outer; /* NULL: the unit. */
	Dwarf_Die *die;
	size_t scope;              /* WEFT_SYMBOL_SCOPE_NONE: not yet. */
	unsigned int lambda_count; /* In it, so far. */
};

static int add_function(struct weft_symbol_unit *unit, const struct function *function)
{
	if (weft_array_reserve(&unit->functions, &unit->function_capacity, unit->function_count + 1,
			       FUNCTION_COUNT_MAX, sizeof(*function)) < 0) {
		return -ENOMEM;
	}
	unit->functions[unit->function_count++] = *function;
	return 0;
}

static int index_function(struct indexing *indexing, const Dwarf_Die *die)
{
	struct function function = {.die = *die};
	Dwarf_Addr base = 0;
	ptrdiff_t at = 0;
	int ret = 0;

	while (ret == 0 && !weft_symbol_dwarf_is_late(indexing->dwarf) &&
	       (at = dwarf_ranges(&function.die, at, &base, &function.begin, &function.end)) > 0) {
		/* Linkers leave code that they dropped at address 0. */
		if (function.begin == 0 || function.begin >= function.end) {
			continue;
		}
		function.entry = function.entry ? function.entry : function.begin;
		ret = add_function(indexing->unit, &function);
	}
	return ret;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute)) {
		return dwarf_formstring(&attribute);
	}
	return NULL;
}

/*
 * Scopes of the level and of those around it. A class without a name that has functions is a lambda's;
 * gcc numbers these within a function. 0; -ENOMEM.
 */
static int get_scope(struct weft_symbol_scopes *scopes, struct level *level, size_t *ret_scope)
{
	struct weft_symbol_scope scope = {.parent = WEFT_SYMBOL_SCOPE_NONE};
	int ret = 0;

	if (!level || level->scope) {
		*ret_scope = level ? level->scope : WEFT_SYMBOL_SCOPE_NONE;
		return 0;
	}
	scope.name = linkage_name(level->die);
	if (scope.name) {
		scope.is_mangled = true;
	} else {
		scope.name = dwarf_diename(level->die);
		ret = get_scope(scopes, level->outer, &scope.parent);
	}
	if (!scope.name && dwarf_tag(level->die) == DW_TAG_namespace) {
		scope.name = "(anonymous namespace)";
	} else if (!scope.name) {
		scope.number = level->outer ? ++level->outer->lambda_count : 1;
	}
	if (ret == 0) {
		ret = weft_symbol_scopes_add(scopes, &scope, &level->scope);
	}
	*ret_scope = level->scope;
	return ret;
}

static int index_children(struct indexing *indexing, Dwarf_Die *parent, struct level *level,
			  unsigned int nesting);

static int index_subprogram(struct indexing *indexing, Dwarf_Die *die, struct level *level)
{
	size_t scope;
	int ret = 0;

	if (level && !dwarf_hasattr(die, DW_AT_linkage_name)) {
		ret = get_scope(&indexing->unit->scopes, level, &scope);
		if (ret == 0) {
			ret = weft_symbol_scopes_add_function(&indexing->unit->scopes, scope,
							      dwarf_dieoffset(die));
		}
	}
	return ret < 0 ? ret : index_function(indexing, die);
}

static int index_entry(struct indexing *indexing, Dwarf_Die *die, struct level *level,
		       unsigned int nesting)
{
	struct level inner = {level, die, WEFT_SYMBOL_SCOPE_NONE, 0};
	int ret;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_entry_point:
		ret = index_subprogram(indexing, die, level);
		return ret < 0 ? ret : index_children(indexing, die, &inner, nesting);
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type: /* Rust's have functions. */
		return index_children(indexing, die, &inner, nesting);
	case DW_TAG_lexical_block:
		return index_children(indexing, die, level, nesting);
	default:
		return 0;
	}
}

static int index_children(struct indexing *indexing, Dwarf_Die *parent, struct level *level,
			  unsigned int nesting)
{
	Dwarf_Die die;
	int ret = 0;

	if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0) {
		return 0;
	}
	do {
		if (indexing->entries_left == 0 || weft_symbol_dwarf_is_late(indexing->dwarf)) {
			return 0;
		}
		indexing->entries_left--;
		ret = index_entry(indexing, &die, level, nesting + 1);
	} while (ret == 0 && dwarf_siblingof(&die, &die) == 0);
	return ret;
}

/* Of two that begin at one place the shorter comes last, and is found first. */
static int compare_functions(const void *left, const void *right)
{
	const struct function *a = (const struct function *)left;
	const struct function *b = (const struct function *)right;

	if (a->begin != b->begin) {
		return a->begin > b->begin ? 1 : -1;
	}
	if (a->end != b->end) {
		return a->end < b->end ? 1 : -1;
	}
	return ((uintptr_t)a->die.addr < (uintptr_t)b->die.addr) -
	       ((uintptr_t)a->die.addr > (uintptr_t)b->die.addr);
}

static int index_unit(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit *unit)
{
	struct indexing indexing = {dwarf, unit, unit->size_bytes};
	int ret = index_children(&indexing, &unit->die, NULL, 0);

	if (unit->function_count > 0) {
		qsort(unit->functions, unit->function_count, sizeof(*unit->functions),
		      compare_functions);
	}
	return ret;
}

static const struct function *find_function(const struct weft_symbol_unit *unit, uint64_t address)
{
	size_t low = weft_symbol_range_count_before(unit->functions, unit->function_count,
						    sizeof(*unit->functions), address);
	size_t steps;

	for (steps = 0; low > 0 && steps < LOOK_BACK; steps++) {
		if (address < unit->functions[--low].end) {
			return &unit->functions[low];
		}
	}
	return NULL;
}

/* ---- Units ---- */

struct weft_symbol_unit *weft_symbol_unit_create(struct weft_symbol_dwarf *dwarf, Dwarf_Off offset,
						 uint64_t size_bytes)
{
	struct weft_symbol_unit *unit = (struct weft_symbol_unit *)calloc(1, sizeof(*unit));
	Dwarf_Die split = {.addr = NULL};
	Dwarf_Lines *lines;
	uint8_t kind = 0;
	size_t line_count = 0;

	if (!unit) {
		return NULL;
	}
	unit->offset = offset;
	unit->size_bytes = size_bytes;
	if (!dwarf->dwarf || !dwarf_offdie(dwarf->dwarf, offset, &unit->lines_die)) {
		return unit;
	}
	unit->is_valid = true;
	unit->die = unit->lines_die;
	if (dwarf_cu_info(unit->die.cu, NULL, &kind, NULL, &split, NULL, NULL, NULL) == 0 &&
	    kind == DW_UT_skeleton && split.addr) {
		unit->die = split;
		unit->size_bytes = UINT32_MAX; /* Of another file; the deadline bounds it. */
	}
	if (index_unit(dwarf, unit) < 0) {
		weft_symbol_unit_destroy(unit);
		return NULL;
	}
	if (dwarf_getsrclines(&unit->lines_die, &lines, &line_count) == 0) {
		dwarf->decoded_bytes += line_count * LINE_BYTES;
	}
	dwarf->decoded_bytes += size_bytes / 16; /* Tables of abbreviations, roughly. */
	return unit;
}

void weft_symbol_unit_destroy(struct weft_symbol_unit *unit)
{
	if (unit) {
		weft_symbol_scopes_fini(&unit->scopes);
		free(unit->functions);
		free(unit);
	}
}

bool weft_symbol_unit_is_at(const struct weft_symbol_unit *unit, Dwarf_Off offset)
{
	return unit->offset == offset;
}

/* ---- Chains of inlined functions ---- */

/* Of one address: its function first, then what is inlined around it, inwards. */
struct chain {
	size_t count;
	Dwarf_Die dies[WEFT_SYMBOL_DEPTH_MAX];
};

struct walk {
	struct weft_symbol_dwarf *dwarf;
	const struct weft_symbol_asked *asked;
	size_t count;
	struct chain *chains; /* One for each that is asked. */
	uint64_t entries_left;
};

/* Puts an entry that covers addresses at the end of their chains; returns whether it covers any. */
static bool mark(struct walk *walk, Dwarf_Die *die, size_t depth, bool is_inlined)
{
	Dwarf_Addr base = 0;
	Dwarf_Addr begin;
	Dwarf_Addr end;
	ptrdiff_t at = 0;
	bool covers = false;
	size_t i;

	while (!weft_symbol_dwarf_is_late(walk->dwarf) &&
	       (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0) {
		for (i = 0; i < walk->count && walk->asked[i].address < end; i++) {
			struct chain *chain = &walk->chains[i];

			if (walk->asked[i].address < begin) {
				continue;
			}
			covers = true;
			if (is_inlined && chain->count == depth && depth < WEFT_SYMBOL_DEPTH_MAX) {
				chain->dies[chain->count++] = *die;
			}
		}
	}
	return covers;
}

/* depth: how many functions are around the parent's entries. */
static void walk_children(struct walk *walk, Dwarf_Die *parent, size_t depth, unsigned int nesting)
{
	Dwarf_Die die;

	if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0) {
		return;
	}
	do {
		int tag = dwarf_tag(&die);
		bool is_inlined = tag == DW_TAG_inlined_subroutine;

		if (walk->entries_left == 0 || weft_symbol_dwarf_is_late(walk->dwarf)) {
			return;
		}
		walk->entries_left--;
		if ((is_inlined || tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
		     tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt) &&
		    mark(walk, &die, depth, is_inlined)) {
			walk_children(walk, &die, depth + is_inlined, nesting + 1);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

/* ---- Answers ---- */

struct position {
	const char *file; /* Owned by libdw; "" unknown. */
	uint32_t line, column;
};

static const char *die_name(Dwarf_Die *die)
{
	const char *name = linkage_name(die);

	name = name ? name : dwarf_diename(die);
	return name && name[0] ? name : NULL;
}

static uint32_t die_number(Dwarf_Die *die, unsigned int attribute_name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	if (!dwarf_attr(die, attribute_name, &attribute) ||
	    dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX) {
		return 0;
	}
	return (uint32_t)value;
}

static const char *source_file(Dwarf_Die *unit, uint32_t number)
{
	Dwarf_Files *files;
	const char *file = NULL;
	size_t count;

	if (dwarf_getsrcfiles(unit, &files, &count) == 0 && number < count) {
		file = dwarf_filesrc(files, number, NULL, NULL);
	}
	return file ? file : "";
}

static struct position line_position(struct weft_symbol_unit *unit, uint64_t address)
{
	Dwarf_Line *line = dwarf_getsrc_die(&unit->lines_die, address);
	struct position position = {"", 0, 0};
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number = 0;

	if (file) {
		position.file = file;
		if (dwarf_lineno(line, &number) == 0 && number > 0) {
			position.line = (uint32_t)number;
		}
		if (dwarf_linecol(line, &number) == 0 && number > 0) {
			position.column = (uint32_t)number;
		}
	}
	return position;
}

/* Where a function is declared: the number counts in the unit that says it, which may be another. */
static const char *home_file(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number = 0;
	Dwarf_Die unit;

	if (!dwarf_attr_integrate(die, DW_AT_decl_file, &attribute) ||
	    dwarf_formudata(&attribute, &number) != 0 || number > INT32_MAX ||
	    dwarf_cu_info(attribute.cu, NULL, NULL, &unit, NULL, NULL, NULL, NULL) != 0) {
		return "";
	}
	return source_file(&unit, (uint32_t)number);
}

static struct weft_symbol_frame make_frame(Dwarf_Die *die, const struct position *position)
{
	struct weft_symbol_frame frame = {
		.system_name = die_name(die),
		.file = position->file,
		.home = home_file(die),
		.line = position->line,
		.column = position->column,
	};
	int line = 0;

	/* A declaration in a header is not where the function starts. */
	if (strcmp(frame.home, frame.file) == 0 && dwarf_decl_line(die, &line) == 0 && line > 0) {
		frame.start_line = (uint32_t)line;
	}
	return frame;
}

/*
 * The name with its namespaces, to be freed, of a function that has no name for linkers: where it was
 * declared, which an entry with code or an inlined call refers to. NULL: it is in none.
 */
static char *qualify(struct weft_symbol_unit *unit, const Dwarf_Die *die, const char *name)
{
	static const unsigned int references[] = {DW_AT_abstract_origin, DW_AT_specification};
	Dwarf_Die declared = *die;
	Dwarf_Attribute attribute;
	size_t i;

	if (unit->scopes.member_count == 0) {
		return NULL;
	}
	for (i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		Dwarf_Die referred;

		if (dwarf_attr(&declared, references[i], &attribute) &&
		    dwarf_formref_die(&attribute, &referred)) {
			declared = referred;
		}
	}
	return declared.cu == unit->die.cu
		       ? weft_symbol_scopes_qualify(&unit->scopes, dwarf_dieoffset(&declared), name)
		       : NULL;
}

/*
 * Makes paths absolute that are told as the compiler was given them. joined: all NULL; becomes what is
 * to be freed, for each frame that has something.
 */
static void join_folder(struct weft_symbol_unit *unit, struct weft_symbol_frame *frames,
			size_t count, char **joined)
{
	Dwarf_Attribute attribute;
	const char *folder =
		dwarf_formstring(dwarf_attr(&unit->lines_die, DW_AT_comp_dir, &attribute));
	size_t i;

	for (i = 0; i < count; i++) {
		if (!folder || folder[0] != '/' || !frames[i].file[0] || frames[i].file[0] == '/') {
			continue;
		}
		if (asprintf(&joined[i], "%s/%s", folder, frames[i].file) < 0) {
			joined[i] = NULL; /* Relative, then. */
		} else {
			frames[i].file = joined[i];
		}
	}
}

static int answer(struct weft_symbol_unit *unit, const struct weft_symbol_asked *asked,
		  struct chain *chain, uint64_t entry, const struct weft_symbol_dwarf_taker *taker)
{
	struct weft_symbol_frame frames[WEFT_SYMBOL_DEPTH_MAX];
	struct position position = line_position(unit, asked->address);
	struct weft_symbol symbol = {
		.index = asked->index,
		.frames = frames,
		.frame_count = chain->count,
		.entry = entry,
		.has_inlines = true,
	};
	char *joined[WEFT_SYMBOL_DEPTH_MAX] = {NULL};
	char *qualified[WEFT_SYMBOL_DEPTH_MAX] = {NULL};
	size_t i;
	int ret;

	for (i = 0; i < chain->count; i++) {
		Dwarf_Die *die = &chain->dies[chain->count - 1 - i];

		frames[i] = make_frame(die, &position);
		if (frames[i].system_name && strncmp(frames[i].system_name, "_Z", 2) != 0 &&
		    strncmp(frames[i].system_name, "_R", 2) != 0) {
			/* The linker's "__GI_abort" is "abort" in the source. */
			const char *name = dwarf_diename(die);

			name = name && name[0] ? name : frames[i].system_name;
			qualified[i] = qualify(unit, die, name);
			frames[i].function = qualified[i] ? qualified[i] : name;
		}
		position.file = source_file(&unit->die, die_number(die, DW_AT_call_file));
		position.line = die_number(die, DW_AT_call_line);
		position.column = die_number(die, DW_AT_call_column);
	}
	if (chain->count == 0) {
		/* Assembler code: a line, and a name in the symbol table at best. */
		frames[0] = (struct weft_symbol_frame){.file = position.file,
						       .home = "",
						       .line = position.line,
						       .column = position.column};
		symbol.frame_count = 1;
	}
	join_folder(unit, frames, symbol.frame_count, joined);
	ret = taker->take(taker->ctx, &symbol, frames);
	for (i = 0; i < symbol.frame_count; i++) {
		free(joined[i]);
		free(qualified[i]);
	}
	return ret;
}

/* Addresses of one function, or of none (NULL). */
static int find_in_function(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit *unit,
			    const struct function *function, const struct weft_symbol_asked *asked,
			    size_t count, const struct weft_symbol_dwarf_taker *taker)
{
	struct walk walk = {dwarf, asked, count, NULL, unit->size_bytes};
	int ret = 0;
	size_t i;

	walk.chains = (struct chain *)calloc(count, sizeof(*walk.chains));
	if (!walk.chains) {
		return -ENOMEM;
	}
	if (function) {
		Dwarf_Die die = function->die;

		for (i = 0; i < count; i++) {
			walk.chains[i].dies[walk.chains[i].count++] = die;
		}
		walk_children(&walk, &die, 1, 0);
	}
	for (i = 0; ret == 0 && i < count && !dwarf->late; i++) {
		ret = answer(unit, &asked[i], &walk.chains[i], function ? function->entry : 0,
			     taker);
	}
	free(walk.chains);
	return ret;
}

static bool is_same(const struct function *function, const struct function *other)
{
	return function && other ? function->die.addr == other->die.addr : function == other;
}

int weft_symbol_unit_find(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit *unit,
			  const struct weft_symbol_asked *asked, size_t count,
			  const struct weft_symbol_dwarf_taker *taker)
{
	size_t begin;
	size_t end;
	int ret = 0;

	if (!unit->is_valid) {
		return 0;
	}
	for (begin = 0; ret == 0 && begin < count; begin = end) {
		const struct function *function = find_function(unit, asked[begin].address);

		for (end = begin + 1;
		     end < count && is_same(function, find_function(unit, asked[end].address));
		     end++) {
		}
		ret = find_in_function(dwarf, unit, function, asked + begin, end - begin, taker);
	}
	return ret;
}
