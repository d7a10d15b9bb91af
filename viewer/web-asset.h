// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Styles and scripts of the web interface, bytes in the program.
 */
#ifndef WEFT_VIEWER_WEB_ASSET_H
#define WEFT_VIEWER_WEB_ASSET_H

#include <stdbool.h>
#include <stddef.h>

struct web_asset {
	const char *type;  /* Content type. */
	const char *bytes; /* Static. */
	size_t size;
};

/** By the last part of its address. Whether there is one. Threads: any. */
bool web_asset_find(const char *name, struct web_asset *ret_asset);

/* Made from web/ by pprof/embed.cmake. */
extern const unsigned char weft_web_frame[], weft_web_pages[];
extern const size_t weft_web_frame_size, weft_web_pages_size;

#endif
