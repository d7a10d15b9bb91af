// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The user's browser. See pprof-browser.h.
 */
#include "pprof-browser.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEMPLATE "weft-pprof-XXXXXX" /* What mkdtemp() wants at the end. */

extern char **environ;

bool pprof_browser_start(const char *const argv[], pid_t *ret_program)
{
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
	/* posix_spawnp() only reads the words, whatever its type says. */
	ret = posix_spawnp(&pid, argv[0], NULL, &attributes, (char *const *)argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	if (ret == 0 && ret_program) {
		*ret_program = pid;
	}
	return ret == 0;
}

bool pprof_browser_open(const char *url, pid_t *ret_program)
{
	static const char *const programs[] = {"xdg-open", "sensible-browser", "chromium",
					       "google-chrome", "firefox"};
	const char *own = getenv("BROWSER");
	size_t i;

	if (own && *own) {
		return pprof_browser_start((const char *const[]){own, url, NULL}, ret_program);
	}
	if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")) {
		return false;
	}
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (pprof_browser_start((const char *const[]){programs[i], url, NULL},
					ret_program)) {
			return true;
		}
	}
	return false;
}

static int make_folder(struct pprof_browser *browser, struct weft_error *err)
{
	const char *parent = getenv("TMPDIR");
	int len;

	parent = parent && *parent ? parent : "/tmp";
	len = snprintf(browser->folder, sizeof(browser->folder), "%s/" TEMPLATE, parent);
	if (len < 0 || (size_t)len >= sizeof(browser->folder)) {
		browser->folder[0] = '\0';
		return weft_error_set(err, -ENAMETOOLONG, "the path in TMPDIR is too long");
	}
	if (!mkdtemp(browser->folder)) {
		browser->folder[0] = '\0';
		return weft_error_set_errno(err, -errno, "cannot make a folder in %s (see TMPDIR)",
					    parent);
	}
	return 0;
}

int pprof_browser_add(struct pprof_browser *browser, const char *extension,
		      char ret_path[PPROF_BROWSER_PATH_SIZE], struct weft_error *err)
{
	int ret = browser->folder[0] == '\0' ? make_folder(browser, err) : 0;

	if (ret == 0) {
		(void)snprintf(ret_path, PPROF_BROWSER_PATH_SIZE, "%s/report%03d.%s",
			       browser->folder, ++browser->count, extension);
	}
	return ret;
}

void pprof_browser_fini(struct pprof_browser *browser)
{
	DIR *folder = browser->folder[0] ? opendir(browser->folder) : NULL;
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "report", 6) == 0) {
			(void)unlinkat(dirfd(folder), entry->d_name, 0); /* Or somebody else did. */
		}
	}
	if (folder) {
		(void)closedir(folder);
		(void)rmdir(browser->folder); /* Stays when somebody put something there. */
	}
	browser->folder[0] = '\0';
}
