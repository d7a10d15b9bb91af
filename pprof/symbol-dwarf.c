// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which compile unit an address is in, and the answers in order of units. See symbol-dwarf.h;
 * symbol-unit.c has the work inside a unit.
 */
#include "symbol-dwarf.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "symbol-range.h"
#include "symbol-unit.h"

/* More than any program has: beyond, a file is damage. */
#define RANGE_COUNT_MAX 4000000U
#define PLACE_COUNT_MAX 1000000U
/* How many ranges before an address may reach over it. */
#define LOOK_BACK 8U
/* What libdw may hold before the session with it starts over. */
#define DECODED_BYTES_MAX (UINT64_C(64) << 20)

struct weft_symbol_unit_place {
	Dwarf_Off offset;    /* Of the unit's first entry. */
	uint64_t size_bytes; /* Of the unit, which bounds the number of its entries. */
};

/* Addresses that one compile unit covers. */
struct weft_symbol_unit_range {
	uint64_t begin, end;
	size_t place;
};

void weft_symbol_dwarf_init(struct weft_symbol_dwarf *dwarf, Elf *elf, uint64_t deadline_ns)
{
	*dwarf = (struct weft_symbol_dwarf){
		.elf = elf,
		.deadline_ns = deadline_ns,
		.ticks = UINT32_MAX, /* The next step looks at the clock. */
	};
	dwarf->dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
}

static void forget_units(struct weft_symbol_dwarf *dwarf)
{
	size_t i;

	for (i = 0; i < WEFT_SYMBOL_UNITS_KEPT; i++) {
		weft_symbol_unit_destroy(dwarf->kept[i]);
		dwarf->kept[i] = NULL;
	}
}

void weft_symbol_dwarf_fini(struct weft_symbol_dwarf *dwarf)
{
	forget_units(dwarf);
	(void)dwarf_end(dwarf->dwarf); /* Nothing that can fail. */
	free(dwarf->places);
	free(dwarf->ranges);
	*dwarf = (struct weft_symbol_dwarf){.elf = NULL};
}

/* Gives back what libdw has decoded. Offsets stay what they are. */
static void start_over(struct weft_symbol_dwarf *dwarf)
{
	forget_units(dwarf);
	(void)dwarf_end(dwarf->dwarf); /* Nothing that can fail. */
	dwarf->dwarf = dwarf_begin_elf(dwarf->elf, DWARF_C_READ, NULL);
	dwarf->decoded_bytes = 0;
}

/* ---- Units and their ranges ---- */

static int add_range(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit_range range)
{
	if (weft_array_reserve(&dwarf->ranges, &dwarf->range_capacity, dwarf->range_count + 1,
			       RANGE_COUNT_MAX, sizeof(range)) < 0) {
		return -ENOMEM;
	}
	dwarf->ranges[dwarf->range_count++] = range;
	return 0;
}

static int add_place(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit_place place)
{
	if (weft_array_reserve(&dwarf->places, &dwarf->place_capacity, dwarf->place_count + 1,
			       PLACE_COUNT_MAX, sizeof(place)) < 0) {
		return -ENOMEM;
	}
	dwarf->places[dwarf->place_count++] = place;
	return 0;
}

/* Linkers leave code that they dropped at address 0. */
static bool is_range(uint64_t begin, uint64_t end)
{
	return begin != 0 && begin < end;
}

static int read_unit_ranges(struct weft_symbol_dwarf *dwarf, Dwarf_Die *die)
{
	struct weft_symbol_unit_range range = {0, 0, dwarf->place_count - 1};
	Dwarf_Addr base = 0;
	ptrdiff_t at = 0;
	int ret = 0;

	while (ret == 0 && !weft_symbol_dwarf_is_late(dwarf) &&
	       (at = dwarf_ranges(die, at, &base, &range.begin, &range.end)) > 0) {
		if (is_range(range.begin, range.end)) {
			ret = add_range(dwarf, range);
		}
	}
	return ret;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct weft_symbol_unit_range *a = (const struct weft_symbol_unit_range *)left;
	const struct weft_symbol_unit_range *b = (const struct weft_symbol_unit_range *)right;

	if (a->begin != b->begin) {
		return a->begin > b->begin ? 1 : -1;
	}
	return (a->place > b->place) - (a->place < b->place);
}

/* One walk over the first entries of all units. */
static int read_units(struct weft_symbol_dwarf *dwarf)
{
	Dwarf_Off offset = 0;
	Dwarf_Off next = 0;
	size_t header_size = 0;
	int ret = 0;

	dwarf->read = true;
	while (ret == 0 && !weft_symbol_dwarf_is_late(dwarf) &&
	       dwarf_nextcu(dwarf->dwarf, offset, &next, &header_size, NULL, NULL, NULL) == 0 &&
	       next > offset) {
		struct weft_symbol_unit_place place = {offset + header_size, next - offset};
		Dwarf_Die die;

		if (dwarf_offdie(dwarf->dwarf, place.offset, &die) &&
		    (dwarf_tag(&die) == DW_TAG_compile_unit ||
		     dwarf_tag(&die) == DW_TAG_skeleton_unit)) {
			ret = add_place(dwarf, place);
			if (ret == 0) {
				ret = read_unit_ranges(dwarf, &die);
			}
		}
		offset = next;
	}
	if (dwarf->range_count > 0) {
		qsort(dwarf->ranges, dwarf->range_count, sizeof(*dwarf->ranges), compare_ranges);
	}
	return ret;
}

static size_t find_in_ranges(const struct weft_symbol_dwarf *dwarf, uint64_t address)
{
	size_t low = weft_symbol_range_count_before(dwarf->ranges, dwarf->range_count,
						    sizeof(*dwarf->ranges), address);
	size_t steps;

	for (steps = 0; low > 0 && steps < LOOK_BACK; steps++) {
		if (address < dwarf->ranges[--low].end) {
			return dwarf->ranges[low].place;
		}
	}
	return SIZE_MAX;
}

/* Some units tell their addresses in .debug_aranges only. */
static size_t find_in_index(const struct weft_symbol_dwarf *dwarf, uint64_t address)
{
	Dwarf_Die die;
	Dwarf_Off offset;
	size_t low = 0;
	size_t high = dwarf->place_count;

	if (!dwarf_addrdie(dwarf->dwarf, address, &die)) {
		return SIZE_MAX;
	}
	offset = dwarf_dieoffset(&die);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (dwarf->places[middle].offset < offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < dwarf->place_count && dwarf->places[low].offset == offset ? low : SIZE_MAX;
}

/* ---- Answers ---- */

static struct weft_symbol_unit *get_unit(struct weft_symbol_dwarf *dwarf, size_t place)
{
	struct weft_symbol_unit **kept;
	size_t i;

	for (i = 0; i < WEFT_SYMBOL_UNITS_KEPT; i++) {
		if (dwarf->kept[i] &&
		    weft_symbol_unit_is_at(dwarf->kept[i], dwarf->places[place].offset)) {
			return dwarf->kept[i];
		}
	}
	if (dwarf->decoded_bytes > DECODED_BYTES_MAX) {
		start_over(dwarf);
	}
	kept = &dwarf->kept[dwarf->next_kept++ % WEFT_SYMBOL_UNITS_KEPT];
	weft_symbol_unit_destroy(*kept);
	*kept = weft_symbol_unit_create(dwarf, dwarf->places[place].offset,
					dwarf->places[place].size_bytes);
	return *kept;
}

struct question {
	size_t place;
	size_t index; /* Of the address; ascends with it. */
};

static int compare_questions(const void *left, const void *right)
{
	const struct question *a = (const struct question *)left;
	const struct question *b = (const struct question *)right;

	if (a->place != b->place) {
		return a->place > b->place ? 1 : -1;
	}
	return (a->index > b->index) - (a->index < b->index);
}

/* Which unit each address is in; returns how many are in any. */
static size_t sort_by_unit(struct weft_symbol_dwarf *dwarf, const uint64_t *addresses, size_t count,
			   struct question *questions)
{
	size_t asked = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		size_t place = find_in_ranges(dwarf, addresses[i]);

		if (place == SIZE_MAX) {
			place = find_in_index(dwarf, addresses[i]);
		}
		if (place != SIZE_MAX) {
			questions[asked++] = (struct question){place, i};
		}
	}
	qsort(questions, asked, sizeof(*questions), compare_questions);
	return asked;
}

/* All questions about one unit. `places` has room for WEFT_SYMBOL_BATCH. */
static int ask_unit(struct weft_symbol_dwarf *dwarf, const uint64_t *addresses,
		    const struct question *questions, size_t count,
		    const struct weft_symbol_dwarf_taker *taker)
{
	struct weft_symbol_unit *unit = get_unit(dwarf, questions[0].place);
	struct weft_symbol_asked asked[WEFT_SYMBOL_BATCH];
	int ret = unit ? 0 : -ENOMEM;
	size_t done = 0;

	while (ret == 0 && done < count) {
		size_t batch = 0;

		while (batch < WEFT_SYMBOL_BATCH && done < count) {
			size_t index = questions[done++].index;

			asked[batch++] = (struct weft_symbol_asked){addresses[index], index};
		}
		ret = weft_symbol_unit_find(dwarf, unit, asked, batch, taker);
	}
	return ret;
}

int weft_symbol_dwarf_find_all(struct weft_symbol_dwarf *dwarf, const uint64_t *addresses,
			       size_t count, weft_symbol_dwarf_fn take, void *ctx)
{
	const struct weft_symbol_dwarf_taker taker = {take, ctx};
	struct question *questions;
	size_t asked;
	size_t begin;
	size_t end;
	int ret = 0;

	if (!dwarf->dwarf || count == 0) {
		return 0;
	}
	if (!dwarf->read) {
		ret = read_units(dwarf);
		if (ret < 0) {
			return ret;
		}
	}
	questions = (struct question *)calloc(count, sizeof(*questions));
	if (!questions) {
		return -ENOMEM;
	}
	asked = sort_by_unit(dwarf, addresses, count, questions);
	for (begin = 0; ret == 0 && begin < asked; begin = end) {
		for (end = begin; end < asked && questions[end].place == questions[begin].place;
		     end++) {
		}
		ret = weft_symbol_dwarf_is_late(dwarf)
			      ? -ETIME
			      : ask_unit(dwarf, addresses, questions + begin, end - begin, &taker);
	}
	free(questions);
	return ret == 0 && dwarf->late ? -ETIME : ret;
}
