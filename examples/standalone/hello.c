// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The smallest traced program: one task, one region, one log.
 */
#include <stdio.h>

#include <weft/trace.h>

int main(void)
{
	struct weft_task task = weft_task_begin("greeting");
	char text[32] = "";

	WEFT_REGION("compose") {
		(void)snprintf(text, sizeof(text), "hello from C");
	}
	weft_logf("text", "%s", text);
	weft_task_end(&task);
	return puts(text) < 0;
}
