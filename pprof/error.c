// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Error texts. See <weft/error.h> for the conventions.
 */
#include <weft/error.h>

#include <stdio.h>
#include <string.h>

int weft_error_set(struct weft_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err) {
		return code;
	}
	err->code = code;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args); /* Truncation is documented. */
	va_end(args);
	return code;
}

int weft_error_set_errno(struct weft_error *err, int code, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!err) {
		return code;
	}
	err->code = code;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(-code));
	return code;
}

void weft_error_prepend(struct weft_error *err, const char *format, ...)
{
	char inner[WEFT_ERROR_TEXT_SIZE];
	va_list args;
	size_t len;

	if (!err) {
		return;
	}
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", inner);
}
