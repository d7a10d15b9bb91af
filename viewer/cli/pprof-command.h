// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One line of the shell of `weft pprof` that asks for a report:
 *
 *     FORMAT[N] [ARGUMENT] [N] [REGEX]... [-REGEX]... [-cum|-flat] [>FILE] [| READER...]
 *
 * Expressions are joined with "|" to the focus, those with a dash to what is ignored (of `tags`: to
 * tagfocus, tagignore). Instead of a format there may be a viewer: `web` is `svg`, shown in a browser. All
 * of it is for this report only. As `go tool pprof` reads lines, which has neither readers nor -flat.
 */
#ifndef WEFT_CLI_PPROF_COMMAND_H
#define WEFT_CLI_PPROF_COMMAND_H

#include <weft/report.h>

#include "pprof-viewer.h"

struct pprof_command {
	struct weft_report_config *config; /* Owned: the session's, with what the line changes. */
	const struct weft_report_format *format;
	const struct pprof_viewer *viewer; /* That shows it; NULL: none. */
	char *argument;                    /* Owned; NULL: the format has none. */
	char *reader;                      /* Owned; NULL: none. */
};

/**
 * @param session  Copied.
 * @return 0; -ENOENT: no such format; -EINVAL: words are missing; -ENOMEM. Fini in any case.
 */
WEFT_MUST_CHECK int pprof_command_init(struct pprof_command *command, const char *line,
				       const struct weft_report_config *session,
				       struct weft_error *err);
void pprof_command_fini(struct pprof_command *command);

#endif
