// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A hash of bytes, as key of a weft_id_map: FNV-1a of 64 bits. Different bytes may have equal hashes.
 */
#ifndef WEFT_CONVERTER_HASH_H
#define WEFT_CONVERTER_HASH_H

#include <stddef.h>
#include <stdint.h>

/** To begin with. */
#define WEFT_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/** @return The hash of what `hash` was of, and the bytes behind it. */
static inline uint64_t weft_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	while (size--) {
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	}
	return hash;
}

#endif
