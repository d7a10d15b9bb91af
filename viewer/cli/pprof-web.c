// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * `weft pprof -http`. See pprof-web.h.
 */
#include "pprof-web.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "pprof-browser.h"
#include "web.h"

int pprof_web_run(const char *address, bool with_browser, const struct weft_pprof *profile,
		  const struct weft_report_config *config, struct weft_error *err)
{
	struct weft_web *web = NULL;
	sigset_t ends;
	int received, ret;

	/* The profile must have something to show. */
	ret = weft_report_sample_index(profile, config, err);
	if (ret < 0) {
		return ret;
	}
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &ends, NULL); /* For sigwait() below. */
	ret = weft_web_start(address, profile, config, &web, err);
	if (ret < 0) {
		return ret;
	}
	(void)fprintf(stderr, "Serving web UI on %s\n", weft_web_get_url(web));
	if (weft_web_is_public(web)) {
		(void)fprintf(stderr, "Other machines can ask there, too: whoever reads a profile "
				      "reads the program.\n");
	}
	if (with_browser && !pprof_browser_open(weft_web_get_url(web), NULL)) {
		(void)fprintf(stderr, "No browser was started: open that address in one.\n");
	}
	(void)sigwait(&ends, &received);
	weft_web_stop(web);
	return 0;
}
