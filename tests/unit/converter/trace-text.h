// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Go traces from a small text form, good and broken ones alike. Nothing is checked but the form.
 *
 * Statements end with ';'. Numbers are decimal, -1 is all ones, unless said otherwise.
 *
 *     format 22                 the header
 *     batch GEN M TIME          begins a batch; the one before ends
 *     experiment ID GEN M TIME  the same for an experimental batch
 *     NAME NUMBER...            one event: its type byte and the numbers (time delta first)
 *     String ID "TEXT"          with its length; TEXT has no '"' or ';'
 *     String ID *N              N bytes of 'x'
 *     Stack ID *N               N frames of pc 1, function 0, file 0, line 1
 *     hex BYTES...              raw bytes, hexadecimal
 *     padded                    sizes of batches take ten bytes from here on, as Go's runtime does it
 *     size N                    the batch at hand claims this size
 *     end                       ends the batch
 *     EndOfGeneration           ends the batch and the generation
 */
#ifndef WEFT_TEST_TRACE_TEXT_H
#define WEFT_TEST_TRACE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of the trace, from malloc(). Ends the process when the form is wrong: a bug of the test. */
uint8_t *trace_text_assemble(const char *text, size_t *ret_size);

#endif
