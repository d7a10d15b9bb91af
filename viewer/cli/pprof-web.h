// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * `weft pprof -http`: the web interface until the user ends it.
 */
#ifndef WEFT_CLI_PPROF_WEB_H
#define WEFT_CLI_PPROF_WEB_H

#include <weft/report.h>

/**
 * Serves until SIGINT or SIGTERM.
 *
 * @param address       As weft_web_start() takes it.
 * @param with_browser  A browser is started, where there is a display.
 * @return 0; a negative errno, err says why.
 */
WEFT_MUST_CHECK int pprof_web_run(const char *address, bool with_browser,
				  const struct weft_pprof *profile,
				  const struct weft_report_config *config, struct weft_error *err);

#endif
