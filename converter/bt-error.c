// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * babeltrace2 errors → struct weft_error. See bt-error.h.
 */
#include "bt-error.h"

#include <babeltrace2/babeltrace.h>
#include <string.h>

int weft_bt_error_take(struct weft_error *err, int code, const char *what)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *message = "no reason given";
	char line[512];
	size_t i;

	if (error && bt_error_get_cause_count(error) > 0) {
		/* The first cause is the innermost: the reason, where later ones say who called. */
		message = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
	}
	for (i = 0; i + 1 < sizeof(line) && message[i]; i++) {
		line[i] = message[i] == '\n' ? ' ' : message[i];
	}
	while (i > 0 && (line[i - 1] == '.' || line[i - 1] == ' ')) {
		i--;
	}
	line[i] = '\0';
	code = weft_error_set(err, code, "%s: %s", what, line);
	if (error) {
		bt_error_release(error);
	}
	return code;
}
