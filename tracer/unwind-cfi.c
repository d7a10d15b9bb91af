// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "unwind-cfi.h"

#include <stdbool.h>
#include <string.h>

/* DWARF's numbers of the registers that matter on x86-64. */
#define REGISTER_BASE    3U
#define REGISTER_FP      6U
#define REGISTER_SP      7U
#define REGISTER_SCRATCH 10U
#define REGISTER_RA      16U

#define ENCODING_ABSPTR       0x00U
#define ENCODING_PCREL_SDATA4 0x1bU
#define ENCODING_OMIT         0xffU

#define REMEMBERED_MAX   4U
#define EXPRESSION_DEPTH 4U

/* A position in the object; reading past the end fails once and for all. */
struct cursor {
	uintptr_t at;
	uintptr_t end;
	bool failed;
};

struct place {
	enum weft_unwind_saved saved;
	int64_t offset;
};

struct row {
	enum weft_unwind_kind kind;
	uint64_t cfa_register;
	int64_t cfa_offset;
	struct place fp;
	struct place base;
	int64_t ra_offset;
	bool ra_undefined;
};

struct program {
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointer_encoding;
	bool augmented;
	bool signal_frame;
	uintptr_t pc;    /* Looked for. */
	uintptr_t where; /* Of the current row. */
	bool reached;
	struct row row;
	struct row initial;
	struct row remembered[REMEMBERED_MAX];
	unsigned int depth;
};

static uint64_t read_bytes(struct cursor *cursor, size_t size)
{
	uint64_t value = 0;

	if (cursor->failed || cursor->end - cursor->at < size) {
		cursor->failed = true;
		return 0;
	}
	/* Little endian, as its machine; a memcpy() might have to be bound, in a signal handler. */
	for (size_t i = 0; i < size; i++) {
		value |= (uint64_t)((const uint8_t *)cursor->at)[i] << (8 * i);
	}
	cursor->at += size;
	return value;
}

static uint64_t read_uleb(struct cursor *cursor)
{
	uint64_t value = 0;
	uint64_t byte;
	unsigned int shift = 0;

	do {
		byte = read_bytes(cursor, 1);
		if (shift < 64) {
			value |= (byte & 0x7f) << shift;
		}
		shift += 7;
	} while ((byte & 0x80) && shift < 70);
	return value;
}

static int64_t read_sleb(struct cursor *cursor)
{
	uint64_t value = 0;
	uint64_t byte;
	unsigned int shift = 0;

	do {
		byte = read_bytes(cursor, 1);
		if (shift < 64) {
			value |= (byte & 0x7f) << shift;
		}
		shift += 7;
	} while ((byte & 0x80) && shift < 70);
	if (shift < 64 && (byte & 0x40)) {
		value |= ~UINT64_C(0) << shift;
	}
	return (int64_t)value;
}

static void skip(struct cursor *cursor, uint64_t size)
{
	if (cursor->failed || cursor->end - cursor->at < size) {
		cursor->failed = true;
		return;
	}
	cursor->at += size;
}

/* Length-delimited part of an outer cursor, which moves behind it. */
static struct cursor sub_cursor(struct cursor *outer, uint64_t size)
{
	struct cursor inner = {.at = outer->at};

	skip(outer, size);
	inner.failed = outer->failed;
	inner.end = outer->at;
	return inner;
}

struct value {
	uint64_t constant;
	int base; /* Register number it is relative to, 0 for none. */
	bool loaded;
};

/* One operator on the two topmost values; false if it has no symbolic result. */
static bool apply(uint8_t operator, struct value * left, const struct value *right)
{
	if (operator== 0x22) { /* DW_OP_plus */
		if ((left->base && right->base) || left->loaded || right->loaded) {
			return false;
		}
		left->constant += right->constant;
		left->base |= right->base;
		return true;
	}
	if (left->base || right->base) {
		return false;
	}
	switch (operator) {
	case 0x1a: /* DW_OP_and */
		left->constant &= right->constant;
		return true;
	case 0x24: /* DW_OP_shl */
		left->constant = right->constant < 64 ? left->constant << right->constant : 0;
		return true;
	case 0x2a: /* DW_OP_ge */
		left->constant = (int64_t)left->constant >= (int64_t)right->constant;
		return true;
	default:
		return false;
	}
}

/* Pushes what an operator without operands on the stack gives. */
static bool push(struct cursor *cursor, uint8_t operator, uintptr_t pc, struct value *ret_value)
{
	struct value value = {0};

	if (operator>= 0x30 && operator<= 0x4f) { /* DW_OP_lit0 to 31 */
		value.constant = operator- 0x30U;
	} else if (operator>= 0x70 && operator<= 0x8f) { /* DW_OP_breg0 to 31 */
		unsigned int number = operator- 0x70U;

		value.constant = (uint64_t)read_sleb(cursor);
		if (number == REGISTER_RA) {
			value.constant += pc;
		} else if (number == REGISTER_SP || number == REGISTER_FP) {
			value.base = (int)number;
		} else {
			return false;
		}
	} else {
		return false;
	}
	*ret_value = value;
	return true;
}

/* Evaluates what a compiler or linker writes: PLT entries, realigned stacks. */
static bool evaluate(struct cursor cursor, uintptr_t pc, struct value *ret_value)
{
	struct value stack[EXPRESSION_DEPTH];
	unsigned int depth = 0;

	while (cursor.at < cursor.end && !cursor.failed) {
		uint8_t operator=(uint8_t) read_bytes(&cursor, 1);

		if (operator== 0x06) { /* DW_OP_deref, only as the last step */
			if (depth == 0 || stack[depth - 1].loaded || cursor.at != cursor.end) {
				return false;
			}
			stack[depth - 1].loaded = true;
		} else if (operator>= 0x1a && operator<= 0x2e) {
			if (depth < 2 || !apply(operator, & stack[depth - 2], &stack[depth - 1])) {
				return false;
			}
			depth--;
		} else {
			if (depth == EXPRESSION_DEPTH ||
			    !push(&cursor, operator, pc, &stack[depth])) {
				return false;
			}
			depth++;
		}
	}
	if (cursor.failed || depth != 1) {
		return false;
	}
	*ret_value = stack[0];
	return true;
}

static void set_cfa(struct program *program, uint64_t number, int64_t offset)
{
	struct row *row = &program->row;

	row->cfa_register = number;
	row->cfa_offset = offset;
	row->kind = number == REGISTER_SP        ? WEFT_UNWIND_KIND_SP
		    : number == REGISTER_FP      ? WEFT_UNWIND_KIND_FP
		    : number == REGISTER_BASE    ? WEFT_UNWIND_KIND_BASE
		    : number == REGISTER_SCRATCH ? WEFT_UNWIND_KIND_SCRATCH
						 : WEFT_UNWIND_KIND_NONE;
}

static void set_cfa_expression(struct program *program, struct cursor expression)
{
	struct value value;

	program->row.kind = WEFT_UNWIND_KIND_NONE;
	if (!evaluate(expression, program->pc, &value)) {
		return;
	}
	if (!value.loaded) {
		set_cfa(program, (uint64_t)value.base, (int64_t)value.constant);
	} else if (value.base == (int)REGISTER_FP) {
		program->row.kind = WEFT_UNWIND_KIND_DEREF;
		program->row.cfa_offset = (int64_t)value.constant;
	}
}

/* NULL for a register that no walk needs. */
static struct place *place_of(struct row *row, uint64_t number)
{
	return number == REGISTER_FP ? &row->fp : number == REGISTER_BASE ? &row->base : NULL;
}

static void set_saved(struct program *program, uint64_t number, int64_t offset)
{
	struct place *place = place_of(&program->row, number);

	if (place) {
		*place = (struct place){WEFT_UNWIND_SAVED_AT_CFA, offset};
	} else if (number == REGISTER_RA) {
		program->row.ra_offset = offset;
		program->row.ra_undefined = false;
	}
}

static void set_saved_expression(struct program *program, uint64_t number, struct cursor expression)
{
	struct place *place = place_of(&program->row, number);
	struct value value;

	if (number == REGISTER_RA) {
		program->row.ra_offset = 0; /* Not the word below the CFA: no rule. */
	}
	if (!place) {
		return;
	}
	if (evaluate(expression, program->pc, &value) && !value.loaded &&
	    value.base == (int)REGISTER_FP) {
		*place = (struct place){WEFT_UNWIND_SAVED_AT_FP, (int64_t)value.constant};
	} else {
		*place = (struct place){.saved = WEFT_UNWIND_SAVED_LOST};
	}
}

/* Puts back what the CIE says of a register. */
static void restore(struct program *program, uint64_t number)
{
	if (number == REGISTER_FP) {
		program->row.fp = program->initial.fp;
	} else if (number == REGISTER_BASE) {
		program->row.base = program->initial.base;
	} else if (number == REGISTER_RA) {
		program->row.ra_offset = program->initial.ra_offset;
		program->row.ra_undefined = program->initial.ra_undefined;
	}
}

static void forget_register(struct program *program, uint64_t number)
{
	struct place *place = place_of(&program->row, number);

	if (place) {
		*place = (struct place){.saved = WEFT_UNWIND_SAVED_LOST};
	} else if (number == REGISTER_RA) {
		program->row.ra_undefined = true;
	}
}

static void advance(struct program *program, uint64_t delta)
{
	program->where += delta * program->code_align;
	program->reached = program->where > program->pc;
}

static bool run_cfa(struct program *program, struct cursor *cursor, uint8_t operation)
{
	uint64_t number;

	switch (operation) {
	case 0x0c: /* def_cfa */
		number = read_uleb(cursor);
		set_cfa(program, number, (int64_t)read_uleb(cursor));
		return true;
	case 0x12: /* def_cfa_sf */
		number = read_uleb(cursor);
		set_cfa(program, number,
			(int64_t)((uint64_t)read_sleb(cursor) * (uint64_t)program->data_align));
		return true;
	case 0x0d: /* def_cfa_register */
		set_cfa(program, read_uleb(cursor), program->row.cfa_offset);
		return true;
	case 0x0e: /* def_cfa_offset */
		set_cfa(program, program->row.cfa_register, (int64_t)read_uleb(cursor));
		return true;
	case 0x13: /* def_cfa_offset_sf */
		set_cfa(program, program->row.cfa_register,
			(int64_t)((uint64_t)read_sleb(cursor) * (uint64_t)program->data_align));
		return true;
	case 0x0f: /* def_cfa_expression */
		number = read_uleb(cursor);
		set_cfa_expression(program, sub_cursor(cursor, number));
		return true;
	default:
		return false;
	}
}

static int64_t scaled(const struct program *program, uint64_t factor)
{
	return (int64_t)(factor * (uint64_t)program->data_align);
}

static bool run_register(struct program *program, struct cursor *cursor, uint8_t operation)
{
	uint64_t number = read_uleb(cursor);
	uint64_t size;

	switch (operation) {
	case 0x05: /* offset_extended */
		set_saved(program, number, scaled(program, read_uleb(cursor)));
		return true;
	case 0x11: /* offset_extended_sf */
		set_saved(program, number, scaled(program, (uint64_t)read_sleb(cursor)));
		return true;
	case 0x06: /* restore_extended */
	case 0x08: /* same_value */
		restore(program, number);
		return true;
	case 0x07: /* undefined */
		forget_register(program, number);
		return true;
	case 0x10: /* expression */
		size = read_uleb(cursor);
		set_saved_expression(program, number, sub_cursor(cursor, size));
		return true;
	case 0x16: /* val_expression */
		skip(cursor, read_uleb(cursor));
		forget_register(program, number);
		return number != REGISTER_RA;
	case 0x09: /* register */
	case 0x14: /* val_offset */
		(void)read_uleb(cursor);
		forget_register(program, number);
		return number != REGISTER_RA;
	default:
		return false;
	}
}

static bool run_other(struct program *program, struct cursor *cursor, uint8_t operation)
{
	switch (operation) {
	case 0x00: /* nop */
		return true;
	case 0x02: /* advance_loc1, 2, 4 */
	case 0x03:
	case 0x04:
		advance(program, read_bytes(cursor, (size_t)1 << (operation - 2)));
		return true;
	case 0x0a: /* remember_state */
		if (program->depth == REMEMBERED_MAX) {
			return false;
		}
		program->remembered[program->depth++] = program->row;
		return true;
	case 0x0b: /* restore_state */
		if (program->depth == 0) {
			return false;
		}
		program->row = program->remembered[--program->depth];
		return true;
	case 0x2e: /* GNU_args_size */
		(void)read_uleb(cursor);
		return true;
	default:
		return run_cfa(program, cursor, operation) ||
		       run_register(program, cursor, operation);
	}
}

/* Runs call frame instructions up to the row of pc. */
static bool run(struct program *program, struct cursor cursor)
{
	while (cursor.at < cursor.end && !cursor.failed && !program->reached) {
		uint8_t operation = (uint8_t)read_bytes(&cursor, 1);
		uint8_t low = operation & 0x3fU;

		switch (operation >> 6) {
		case 1:
			advance(program, low);
			break;
		case 2:
			set_saved(program, low, scaled(program, read_uleb(&cursor)));
			break;
		case 3:
			restore(program, low);
			break;
		default:
			if (!run_other(program, &cursor, operation)) {
				return false;
			}
		}
	}
	return !cursor.failed;
}

static struct cursor open_record(const struct weft_unwind_object *object, uintptr_t at)
{
	struct cursor cursor = {.at = at, .end = object->high};
	uint64_t size;

	if (at < object->low || at > object->high) {
		cursor.failed = true;
		return cursor;
	}
	size = read_bytes(&cursor, 4);
	if (size == 0 || size == UINT32_MAX) { /* Terminator, 64-bit form. */
		cursor.failed = true;
		return cursor;
	}
	return sub_cursor(&cursor, size);
}

static bool parse_augmentation(struct program *program, struct cursor *cursor, const char *letters,
			       size_t count)
{
	struct cursor data = sub_cursor(cursor, read_uleb(cursor));

	for (size_t i = 1; i < count; i++) {
		uint8_t encoding;

		switch (letters[i]) {
		case 'R':
			program->pointer_encoding = (uint8_t)read_bytes(&data, 1);
			break;
		case 'L':
			(void)read_bytes(&data, 1);
			break;
		case 'P':
			encoding = (uint8_t)read_bytes(&data, 1);
			if (encoding != ENCODING_OMIT) {
				/* Formats 2 and 10 have 2 bytes, 3 and 11 have 4, others 8. */
				skip(&data, (encoding & 7U) == 2   ? 2
					    : (encoding & 7U) == 3 ? 4
								   : 8);
			}
			break;
		case 'S':
			program->signal_frame = true;
			break;
		default:
			return false;
		}
	}
	return !data.failed;
}

static bool parse_cie(struct program *program, const struct weft_unwind_object *object,
		      uintptr_t at)
{
	struct cursor cursor = open_record(object, at);
	char letters[8] = {0};
	size_t count = 0;
	uint64_t version;

	if (read_bytes(&cursor, 4) != 0) {
		return false;
	}
	version = read_bytes(&cursor, 1);
	do {
		letters[count] = (char)read_bytes(&cursor, 1);
	} while (letters[count] && ++count < sizeof(letters));
	program->code_align = read_uleb(&cursor);
	program->data_align = read_sleb(&cursor);
	if (cursor.failed || count == sizeof(letters) || (version != 1 && version != 3) ||
	    (version == 1 ? read_bytes(&cursor, 1) : read_uleb(&cursor)) != REGISTER_RA) {
		return false;
	}
	program->augmented = letters[0] == 'z';
	if (count > 0 &&
	    (!program->augmented || !parse_augmentation(program, &cursor, letters, count))) {
		return false;
	}
	if (cursor.failed || !run(program, cursor)) {
		return false;
	}
	program->initial = program->row;
	return true;
}

/* One that a rule cannot hold is lost. */
static enum weft_unwind_saved fit(const struct place *place, int16_t *ret_offset)
{
	if (place->offset < INT16_MIN || place->offset > INT16_MAX) {
		return WEFT_UNWIND_SAVED_LOST;
	}
	*ret_offset = (int16_t)place->offset;
	return place->saved;
}

static struct weft_unwind_rule make_rule(const struct program *program)
{
	const struct row *row = &program->row;
	struct weft_unwind_rule rule = {.kind = WEFT_UNWIND_KIND_NONE};

	if (program->signal_frame) {
		rule.kind = WEFT_UNWIND_KIND_SIGNAL;
	} else if (row->ra_undefined) {
		rule.kind = WEFT_UNWIND_KIND_END;
	} else if (row->ra_offset == -(int64_t)sizeof(uintptr_t) && row->cfa_offset % 8 == 0 &&
		   row->cfa_offset > -WEFT_UNWIND_CFA_OFFSET_MAX &&
		   row->cfa_offset < WEFT_UNWIND_CFA_OFFSET_MAX) {
		rule.kind = row->kind;
		rule.cfa_offset = (int32_t)row->cfa_offset;
		rule.fp_saved = fit(&row->fp, &rule.fp_offset);
		rule.base_saved = fit(&row->base, &rule.base_offset);
	}
	return rule;
}

static struct weft_unwind_rule read_fde(const struct weft_unwind_object *object, uintptr_t at,
					uintptr_t pc)
{
	struct weft_unwind_rule none = {.kind = WEFT_UNWIND_KIND_NONE};
	struct cursor cursor = open_record(object, at);
	struct program program = {.pc = UINTPTR_MAX, .pointer_encoding = ENCODING_ABSPTR};
	uintptr_t cie = cursor.at;
	uintptr_t begin;
	uint64_t size;

	cie -= read_bytes(&cursor, 4);
	program.pc = pc;
	if (cursor.failed || cie == cursor.at - 4 || !parse_cie(&program, object, cie) ||
	    program.pointer_encoding != ENCODING_PCREL_SDATA4) {
		return none;
	}
	begin = cursor.at;
	begin += (uintptr_t)(intptr_t)(int32_t)read_bytes(&cursor, 4);
	size = read_bytes(&cursor, 4);
	if (program.augmented) {
		skip(&cursor, read_uleb(&cursor));
	}
	program.where = begin;
	program.reached = false;
	if (cursor.failed || pc - begin >= size || !run(&program, cursor)) {
		return none;
	}
	return make_rule(&program);
}

struct weft_unwind_rule weft_unwind_cfi_find(const struct weft_unwind_object *object, uintptr_t pc)
{
	struct weft_unwind_rule none = {.kind = WEFT_UNWIND_KIND_NONE};
	struct cursor cursor = {.at = object->header, .end = object->high};
	uint64_t encodings;
	uint64_t count;
	uint64_t low = 0;
	uint64_t high;
	int64_t wanted = (int64_t)(pc - object->header);
	uintptr_t table;

	if (object->header < object->low || object->header > object->high) {
		return none;
	}
	encodings = read_bytes(&cursor, 4);
	(void)read_bytes(&cursor, 4); /* Where .eh_frame begins: the table is enough. */
	count = read_bytes(&cursor, 4);
	/* Version 1, a pcrel sdata4, an udata4, the table. */
	if (cursor.failed || encodings != 0x3b031b01U || count > (cursor.end - cursor.at) / 8) {
		return none;
	}
	table = cursor.at;
	high = count;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int32_t start;

		memcpy(&start, (const void *)(table + middle * 8), sizeof(start));
		if (start <= wanted) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low > 0) {
		int32_t offset;

		memcpy(&offset, (const void *)(table + (low - 1) * 8 + 4), sizeof(offset));
		return read_fde(object, object->header + (uintptr_t)(intptr_t)offset, pc);
	}
	return none;
}
