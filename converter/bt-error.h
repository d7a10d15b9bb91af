// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * babeltrace2's error convention ends here: causes attached to the current thread become the text
 * of a struct weft_error.
 */
#ifndef WEFT_CONVERTER_BT_ERROR_H
#define WEFT_CONVERTER_BT_ERROR_H

#include <weft/error.h>

/**
 * Takes the current thread's babeltrace2 error.
 *
 * @param code  Negative errno value for `err`.
 * @param what  What was attempted.
 * @return `code`.
 */
int weft_bt_error_take(struct weft_error *err, int code, const char *what);

#endif
