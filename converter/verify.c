// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: files, bytes, and the loop over generations. See verify.h and
 * <weft/convert.h>.
 */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Attempts at events that must wait. Each costs about 0.1 µs, so that the worst trace takes two
 * seconds and 6 µs a byte. Real ones need less than one attempt an event.
 */
#define EFFORT_BASE     (UINT64_C(1) << 24)
#define EFFORT_PER_BYTE 64U
#define COPY_SIZE       65536U

static int check_end(struct weft_verify *verify)
{
	if (!verify->strict) {
		return 0;
	}
	if (verify->procs_value == 0) {
		return weft_verify_broken_bytes(
			verify, verify->at,
			"strict: no ProcsChange in the whole trace, without "
			"which the MMU page of viewers fails");
	}
	if (verify->range_proc_end > verify->procs_value) {
		return weft_verify_broken_bytes(verify, verify->at,
						"strict: P %llu has sweeps or assists, but "
						"ProcsChange says %llu at most; the MMU page of "
						"viewers fails",
						(unsigned long long)verify->range_proc_end - 1,
						(unsigned long long)verify->procs_value);
	}
	return 0;
}

/*
 * Pages behind the verifier are read again only for names of regions that are still open. Without
 * this they would count as this process's memory until the end.
 */
static void drop_pages(const struct weft_verify *verify, const uint8_t *from)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	size_t begin = (size_t)(from - verify->bytes) / page_size * page_size;
	size_t end = (size_t)(verify->at - verify->bytes) / page_size * page_size;

	if (end > begin) {
		/* A hint. Both ends are page borders of the map. */
		(void)madvise((void *)(uintptr_t)(verify->bytes + begin), end - begin,
			      MADV_DONTNEED);
	}
}

static int run(struct weft_verify *verify, bool is_mapped)
{
	const uint8_t *from;
	int ret = weft_verify_header(verify);

	if (ret < 0) {
		return ret;
	}
	from = verify->at;
	while ((ret = weft_verify_load(verify)) == 1) {
		ret = weft_verify_order(verify);
		if (ret < 0) {
			return ret;
		}
		verify->result->generation_count++;
		if (is_mapped) {
			drop_pages(verify, from);
		}
		from = verify->at;
	}
	if (ret == 0 && verify->result->generation_count == 0) {
		return weft_verify_broken_bytes(
			verify, verify->at,
			"the trace ends after its header: it needs at least "
			"one generation");
	}
	return ret < 0 ? ret : check_end(verify);
}

static int verify_memory(const void *bytes, size_t size, bool is_mapped,
			 const struct weft_verify_options *options,
			 struct weft_verify_result *ret_result, struct weft_error *err)
{
	struct weft_verify_result result = {.byte_count = size};
	struct weft_verify verify = {
		.bytes = (const uint8_t *)bytes,
		.at = (const uint8_t *)bytes,
		.strict = options && options->strict,
		.result = &result,
		.err = err,
		.effort_max = EFFORT_BASE + EFFORT_PER_BYTE * (uint64_t)size,
	};
	int ret;

	if (!bytes || !size) {
		return weft_error_set(err, -EBADMSG, "not a Go trace: it is empty");
	}
	verify.end = verify.bytes + size;
	/* Without randomness the seed is 0, which only a file made for this would notice. */
	(void)!getrandom(&verify.key_seed, sizeof(verify.key_seed), GRND_NONBLOCK);
	ret = run(&verify, is_mapped);
	weft_verify_state_fini(&verify);
	weft_verify_generation_fini(&verify.generation);
	if (ret_result && (ret == 0 || ret == -EBADMSG)) {
		*ret_result = result;
	}
	return ret;
}

int weft_verify_bytes(const void *bytes, size_t size, const struct weft_verify_options *options,
		      struct weft_verify_result *ret_result, struct weft_error *err)
{
	return verify_memory(bytes, size, false, options, ret_result, err);
}

/* A pipe cannot be mapped: its bytes go to a file without a name. */
static int copy_to_file(int from_fd, struct weft_error *err)
{
	char bytes[COPY_SIZE];
	FILE *file = tmpfile();
	ssize_t count = 0;
	int fd = -1;

	if (!file) {
		return weft_error_set_errno(err, -errno, "make room for a copy of the input");
	}
	while ((count = read(from_fd, bytes, sizeof(bytes))) > 0 || (count < 0 && errno == EINTR)) {
		if (count > 0 && fwrite(bytes, 1, (size_t)count, file) != (size_t)count) {
			fd = weft_error_set_errno(err, -errno, "copy the input to a file");
			goto out;
		}
	}
	if (count < 0) {
		fd = weft_error_set_errno(err, -errno, "read");
		goto out;
	}
	if (fflush(file) != 0) {
		fd = weft_error_set_errno(err, -errno, "copy the input to a file");
		goto out;
	}
	fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		fd = weft_error_set_errno(err, -errno, "keep the copy of the input");
	}
out:
	(void)fclose(file); /* Its contents are written; the duplicate keeps it alive. */
	return fd;
}

static int verify_fd(int fd, const struct weft_verify_options *options,
		     struct weft_verify_result *ret_result, struct weft_error *err)
{
	struct stat status;
	size_t size;
	void *bytes;
	int copy_fd;
	int ret;

	if (fstat(fd, &status) < 0) {
		return weft_error_set_errno(err, -errno, "read");
	}
	if (S_ISDIR(status.st_mode)) {
		return weft_error_set(err, -EISDIR,
				      "is a directory; a Go trace is a file, which "
				      "`weft convert` makes of such recordings");
	}
	if (!S_ISREG(status.st_mode)) {
		copy_fd = copy_to_file(fd, err);
		if (copy_fd < 0) {
			return copy_fd;
		}
		ret = verify_fd(copy_fd, options, ret_result, err);
		(void)close(copy_fd); /* Only read from. */
		return ret;
	}
	size = (size_t)status.st_size;
	if (size == 0) {
		return weft_verify_bytes(NULL, 0, options, ret_result, err);
	}
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		return weft_error_set_errno(err, -errno, "map %zu bytes", size);
	}
	(void)madvise(bytes, size, MADV_SEQUENTIAL); /* A hint. */
	ret = verify_memory(bytes, size, true, options, ret_result, err);
	(void)munmap(bytes, size); /* Cannot fail for what was mapped. */
	return ret;
}

int weft_verify_file(const char *path, const struct weft_verify_options *options,
		     struct weft_verify_result *ret_result, struct weft_error *err)
{
	bool is_stdin;
	int fd;
	int ret;

	if (!path) {
		return weft_error_set(err, -EINVAL, "verify a Go trace: no path given");
	}
	is_stdin = strcmp(path, "-") == 0;
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "%s: open", path);
	}
	ret = verify_fd(fd, options, ret_result, err);
	if (ret < 0) {
		weft_error_prepend(err, "%s", is_stdin ? "standard input" : path);
	}
	if (!is_stdin) {
		(void)close(fd); /* Only read from. */
	}
	return ret;
}
