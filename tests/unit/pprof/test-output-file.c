// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Output files: complete or not at all, on a real file system.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/output-file.h>

static char folder[64];
static char path[128];

static int enter(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/weft-output-XXXXXX");
	if (!mkdtemp(folder)) {
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/out", folder);
	return 0;
}

static size_t count_entries(void)
{
	DIR *listing = opendir(folder);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL) {
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	}
	assert_int_equal(closedir(listing), 0);
	return count;
}

static int leave(void **state)
{
	char link_path[160];

	(void)state;
	(void)snprintf(link_path, sizeof(link_path), "%s/link", folder);
	(void)unlink(link_path); /* Most tests have none. */
	(void)unlink(path);      /* The same. */
	return rmdir(folder);    /* Fails when a test has left something behind. */
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *name, const char *expected)
{
	char text[64] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, expected);
}

static struct weft_output_file *open_output(const char *name)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_output_file *file = NULL;

	if (weft_output_file_open(name, &file, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return file;
}

static void a_file_appears_at_commit_only(void **state)
{
	struct weft_output_file *file = open_output(path);

	(void)state;
	assert_int_equal(weft_output_file_write(file, "new", 3), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_content(path, "new");
	assert_int_equal(count_entries(), 1);
}

static void an_older_file_stays_until_commit(void **state)
{
	struct weft_output_file *file;

	(void)state;
	put(path, "old");
	file = open_output(path);
	assert_int_equal(weft_output_file_write(file, "new", 3), 0);
	assert_content(path, "old");
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_content(path, "new");
	assert_int_equal(count_entries(), 1);
}

static void discarding_leaves_everything_as_it_was(void **state)
{
	struct weft_output_file *file;

	(void)state;
	put(path, "old");
	file = open_output(path);
	assert_int_equal(weft_output_file_write(file, "new", 3), 0);
	weft_output_file_discard(file);
	assert_content(path, "old");
	assert_int_equal(count_entries(), 1);
	weft_output_file_discard(NULL);
}

static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	static const char block[65536];
	struct rlimit former;
	struct rlimit limit;
	struct weft_output_file *file;
	int ret = 0;
	int i;

	(void)state;
	/* A limit of the process stands for the disk: the same failure of the same call. */
	assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &former), 0);
	limit = former;
	limit.rlim_cur = 100000;
	file = open_output(path);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; i < 4 && ret == 0; i++) {
		ret = weft_output_file_write(file, block, sizeof(block));
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &former), 0);
	assert_int_equal(ret, -EFBIG);
	weft_output_file_discard(file);
	assert_int_equal(count_entries(), 0);
}

static void impossible_places_are_named(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *text;
	} cases[] = {
		{"/nonexistent-folder/x", -ENOENT, "cannot write '/nonexistent-folder/x': "},
		{"/tmp", -EISDIR, "cannot write '/tmp': Is a directory"},
		{"", -EINVAL, "not a possible file name"},
		{"/dev/fd/999", -EBADF, "cannot write '/dev/fd/999': Bad file descriptor"},
	};
	struct weft_output_file *file = NULL;
	char longest[8192];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;

		assert_int_equal(weft_output_file_open(cases[i].name, &file, &err), cases[i].code);
		assert_non_null(strstr(err.text, cases[i].text));
		assert_null(file);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(weft_output_file_open(longest, &file, NULL) < 0);
}

static void descriptors_are_written_as_it_goes_and_stay_open(void **state)
{
	struct weft_output_file *file;
	char name[32];
	char bytes[8] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	file = open_output(name);
	assert_int_equal(weft_output_file_write(file, "abc", 3), 0);
	assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 3);
	assert_string_equal(bytes, "abc");
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_int_equal(fcntl(ends[1], F_GETFD), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(close(ends[1]), 0);
}

static void a_reader_that_went_away_is_an_error(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct weft_output_file *file;
	char name[32];
	int ends[2];

	(void)state;
	assert_int_equal(sigaction(SIGPIPE, &ignore, NULL), 0);
	assert_int_equal(pipe(ends), 0);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	file = open_output(name);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(weft_output_file_write(file, "abc", 3), -EPIPE);
	weft_output_file_discard(file);
	assert_int_equal(close(ends[1]), 0);
}

static void devices_are_written_in_place(void **state)
{
	struct weft_output_file *file = open_output("/dev/null");
	struct stat status;

	(void)state;
	assert_int_equal(weft_output_file_write(file, "abc", 3), 0);
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

/* A symbolic link says where the file shall be: it stays, and what it points to is replaced. */
static void a_symbolic_link_is_followed(void **state)
{
	struct weft_output_file *file;
	char link_path[160];
	struct stat status;

	(void)state;
	(void)snprintf(link_path, sizeof(link_path), "%s/link", folder);
	put(path, "old");
	assert_int_equal(symlink("out", link_path), 0);
	file = open_output(link_path);
	assert_int_equal(weft_output_file_write(file, "new", 3), 0);
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_int_equal(lstat(link_path, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_content(path, "new");
	assert_int_equal(count_entries(), 2);
}

static void a_dangling_link_is_followed_as_well(void **state)
{
	struct weft_output_file *file;
	char link_path[160];

	(void)state;
	(void)snprintf(link_path, sizeof(link_path), "%s/link", folder);
	assert_int_equal(symlink("out", link_path), 0);
	file = open_output(link_path);
	assert_int_equal(weft_output_file_write(file, "new", 3), 0);
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	assert_content(path, "new");
}

static void new_files_obey_the_umask(void **state)
{
	struct weft_output_file *file;
	struct stat status;
	mode_t former = umask(027);

	(void)state;
	file = open_output(path);
	assert_int_equal(weft_output_file_commit(file, NULL), 0);
	(void)umask(former);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_file_appears_at_commit_only),
		IN_FOLDER(an_older_file_stays_until_commit),
		IN_FOLDER(discarding_leaves_everything_as_it_was),
		IN_FOLDER(a_full_disk_is_an_error_and_leaves_nothing),
		IN_FOLDER(a_symbolic_link_is_followed),
		IN_FOLDER(a_dangling_link_is_followed_as_well),
		IN_FOLDER(new_files_obey_the_umask),
		cmocka_unit_test(impossible_places_are_named),
		cmocka_unit_test(descriptors_are_written_as_it_goes_and_stay_open),
		cmocka_unit_test(a_reader_that_went_away_is_an_error),
		cmocka_unit_test(devices_are_written_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
