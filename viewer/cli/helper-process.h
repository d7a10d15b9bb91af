// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The helper's side of <weft/helper.h>, for the subcommands that libraries start.
 */
#ifndef WEFT_CLI_HELPER_PROCESS_H
#define WEFT_CLI_HELPER_PROCESS_H

#include <weft/error.h>

/**
 * Goes on as a grandchild of the program, away from its terminal and pipes; socket and output are not
 * inherited by what is started from here. The process in between ends.
 *
 * @return 0; a negative errno: this is still the child.
 */
WEFT_MUST_CHECK int weft_cli_helper_detach(struct weft_error *err);

/** Says one line to the program; nobody may be listening any more. */
void weft_cli_helper_say(const char *line);

/** Tells the program what failed. @return WEFT_CLI_FAILED. */
int weft_cli_helper_fail(const struct weft_error *err);

#endif
