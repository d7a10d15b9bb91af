// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See tracepoint-format.h.
 */
#include "tracepoint-format.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_SIZE 8192

/* ---- Text ---- */

int weft_tracepoint_parse_id(const char *text)
{
	const char *at = strstr(text, "\nID: ");
	long id = at ? strtol(at + 5, NULL, 10) : -1;

	return id >= 0 && id <= UINT16_MAX ? (int)id : -1;
}

/* "…name" or "…name[16]" before the first semicolon of a line. */
static bool is_named(const char *declaration, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	const char *bracket = (const char *)memchr(declaration, '[', len);

	/* "char[] filename" has its bracket before the name. */
	if (bracket && declaration[len - 1] == ']') {
		len = (size_t)(bracket - declaration);
	}
	return len > name_len && memcmp(declaration + len - name_len, name, name_len) == 0 &&
	       (declaration[len - name_len - 1] == ' ' || declaration[len - name_len - 1] == '*');
}

struct weft_tracepoint_field weft_tracepoint_parse_field(const char *text, const char *name)
{
	struct weft_tracepoint_field field = {0, 0};
	unsigned int offset;
	unsigned int size;

	while ((text = strstr(text, "field:")) != NULL) {
		size_t len;

		text += strlen("field:");
		len = strcspn(text, ";\n");
		if (len && text[len] == ';' && is_named(text, len, name) &&
		    sscanf(text + len, ";\toffset:%9u;\tsize:%9u;", &offset, &size) == 2) {
			field.offset = offset;
			field.size = size;
			return field;
		}
	}
	return field;
}

int64_t weft_tracepoint_get(const struct weft_tracepoint_field *field, const uint8_t *record,
			    size_t size)
{
	int64_t wide;
	int32_t word;
	int16_t half;

	if (field->offset > size || field->size > size - field->offset) {
		return 0;
	}
	record += field->offset;
	switch (field->size) {
	case 8:
		memcpy(&wide, record, sizeof(wide));
		return wide;
	case 4:
		memcpy(&word, record, sizeof(word));
		return word;
	case 2:
		memcpy(&half, record, sizeof(half));
		return half;
	case 1:
		return (int8_t)*record;
	default:
		return 0;
	}
}

size_t weft_tracepoint_get_text(const struct weft_tracepoint_field *field, const uint8_t *record,
				size_t size, char *ret_text, size_t room)
{
	uint32_t offset = field->offset;
	uint32_t len = field->size;

	/* Four bytes say where the text is and how long: length << 16 | offset. */
	if (field->size == 4) {
		uint32_t place = (uint32_t)weft_tracepoint_get(field, record, size);

		offset = place & 0xffff;
		len = place >> 16;
	}
	ret_text[0] = '\0';
	if (offset > size || len > size - offset) {
		return 0;
	}
	len = len < room - 1 ? len : (uint32_t)room - 1;
	len = (uint32_t)strnlen((const char *)record + offset, len);
	memcpy(ret_text, record + offset, len);
	ret_text[len] = '\0';
	return len;
}

/* ---- Files ---- */

static int read_format(const char *root, const char *name, char *ret_text)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/events/%s/format", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	len = read(fd, ret_text, TEXT_SIZE - 1);
	(void)close(fd); /* Read only; nothing to lose. */
	ret_text[len > 0 ? len : 0] = '\0';
	return len > 0 ? 0 : -ENOENT;
}

/*
 * In the child, whose mounts nobody else sees: /tmp is there on every machine. Its status is an errno;
 * every text comes as TEXT_SIZE bytes.
 */
static void mount_and_send(const char *const *names, size_t count, int fd)
{
	char text[TEXT_SIZE] = "";
	size_t i;
	int ret;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tracefs", "/tmp", "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
		_exit(errno);
	}
	for (i = 0; i < count; i++) {
		memset(text, 0, sizeof(text));
		ret = read_format("/tmp", names[i], text);
		if (ret < 0 || write(fd, text, sizeof(text)) != (ssize_t)sizeof(text)) {
			_exit(ret < 0 ? -ret : EIO);
		}
	}
	_exit(0);
}

static bool read_whole(int fd, char *text)
{
	size_t at = 0;

	while (at < TEXT_SIZE) {
		ssize_t len = read(fd, text + at, TEXT_SIZE - at);

		if (len < 0 && errno == EINTR) {
			continue;
		}
		if (len <= 0) {
			return false;
		}
		at += (size_t)len;
	}
	text[TEXT_SIZE - 1] = '\0';
	return true;
}

static int read_by_child(const char *const *names, size_t count, char **texts)
{
	int fds[2];
	int status = 0;
	pid_t pid;
	size_t i;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		return -errno;
	}
	pid = fork();
	if (pid == 0) {
		mount_and_send(names, count, fds[1]);
	}
	(void)close(fds[1]); /* The child's end. */
	for (i = 0; pid > 0 && i < count && read_whole(fds[0], texts[i]); i++) {
	}
	(void)close(fds[0]); /* Read only; nothing to lose. */
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		return -errno;
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int weft_tracepoint_read(const char *const *names, size_t count, char **ret_texts,
			 struct weft_error *err)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	int ret = -ENOENT;
	size_t root;
	size_t i;

	for (i = 0; i < count; i++) {
		ret_texts[i] = (char *)calloc(1, TEXT_SIZE);
		if (!ret_texts[i]) {
			ret = weft_error_set(err, -ENOMEM, "out of memory");
			goto out;
		}
	}
	for (root = 0; ret < 0 && root < sizeof(roots) / sizeof(roots[0]); root++) {
		ret = 0;
		for (i = 0; ret == 0 && i < count; i++) {
			ret = read_format(roots[root], names[i], ret_texts[i]);
		}
	}
	if (ret < 0) {
		ret = read_by_child(names, count, ret_texts);
	}
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret,
					   "perf: cannot read the tracepoints' formats in "
					   "/sys/kernel/tracing (as root: mount -t tracefs tracefs "
					   "/sys/kernel/tracing)");
	}
out:
	for (i = 0; ret < 0 && i < count; i++) {
		free(ret_texts[i]);
		ret_texts[i] = NULL;
	}
	return ret;
}
