// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * `weft pprof -http`. See pprof-web.h.
 */
#include "pprof-web.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>

#include "web.h"

extern char **environ;

static bool start_program(const char *program, const char *url)
{
	char *const argv[] = {(char *)program, (char *)url, NULL};
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int ret;

	if (posix_spawnattr_init(&attributes) != 0) {
		return false;
	}
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	ret = posix_spawnp(&pid, program, NULL, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	return ret == 0; /* It outlives us; who adopts it waits for it. */
}

/* Whether there is a browser now. */
static bool open_browser(const char *url)
{
	static const char *const programs[] = {"xdg-open", "sensible-browser", "chromium",
					       "google-chrome", "firefox"};
	const char *own = getenv("BROWSER");
	size_t i;

	if (own && *own) {
		return start_program(own, url);
	}
	if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")) {
		return false;
	}
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (start_program(programs[i], url)) {
			return true;
		}
	}
	return false;
}

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
	if (with_browser && !open_browser(weft_web_get_url(web))) {
		(void)fprintf(stderr, "No browser was started: open that address in one.\n");
	}
	(void)sigwait(&ends, &received);
	weft_web_stop(web);
	return 0;
}
