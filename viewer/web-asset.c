// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which styles and scripts there are. See web-asset.h.
 */
#include "web-asset.h"

#include <string.h>

#include <weft/report.h>

static const char css[] = "text/css; charset=utf-8";
static const char javascript[] = "text/javascript; charset=utf-8";

bool web_asset_find(const char *name, struct web_asset *ret_asset)
{
	struct web_asset asset = {.bytes = NULL};

	if (strcmp(name, "frame.css") == 0) {
		asset = (struct web_asset){css, (const char *)weft_web_frame, weft_web_frame_size};
	} else if (strcmp(name, "pages.js") == 0) {
		asset = (struct web_asset){javascript, (const char *)weft_web_pages,
					   weft_web_pages_size};
	} else if (strcmp(name, "flame.css") == 0) {
		asset.type = css;
		asset.bytes = weft_report_page_get("style.css", &asset.size);
	} else if (strcmp(name, "flame.js") == 0) {
		asset.type = javascript;
		asset.bytes = weft_report_page_get("script.js", &asset.size);
	}
	if (!asset.bytes) {
		return false;
	}
	*ret_asset = asset;
	return true;
}
