// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A parallel file compressor, traced: a task per file, below it a task per block, which passes
 * from the reader to a worker to the writer.
 *
 * Each block becomes one gzip member; members one after the other are a valid .gz file
 * (RFC 1952, section 2.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <weft/trace.h>

#include "ring.h"

#define THREADS_MAX 64U

/* For zlib: a window of 2^15 bytes, and 16 more asks for the gzip format. */
#define GZIP_WINDOW_BITS  (15 + 16)
#define GZIP_MEMORY_LEVEL 8

static const char help[] =
	"Usage: compress [OPTION]... FILE...\n"
	"Compresses each FILE to FILE.gz with several threads, and keeps FILE.\n\n"
	"  -t, --threads N    threads that compress, 1 to 64 (default: 4)\n"
	"  -b, --block-kib N  bytes compressed as one piece, in KiB, 1 to 16384 (default: 256)\n"
	"  -l, --level N      1 fast to 9 small (default: 6)\n"
	"  -f, --force        overwrite FILE.gz\n"
	"      --counts       at the end print what was done as a line of JSON\n"
	"  -h, --help         this text\n";

struct settings {
	uint64_t threads, block_kib, level;
	bool force, counts;
};

struct file {
	struct weft_task task;
	const char *path;
	char *out_path; /* Owned. */
	int in_fd, out_fd;
	const char *
		error; /* First thing that went wrong, or NULL; after the last block the writer's. */
};

/* What was done. The reader and the writer each have their own fields. */
struct totals {
	uint64_t file_count, read_count;                        /* Reader */
	uint64_t failed_file_count, failed_block_count;         /* Writer */
	uint64_t block_count, write_count, bytes_in, bytes_out; /* Writer */
};

struct compressor {
	struct settings settings;
	struct ring ring;
	struct totals totals;
};

/* ---- Worker ---- */

static const char *deflate_block(struct block *block, z_stream *stream)
{
	if (deflateReset(stream) != Z_OK) {
		return "deflate: bad state";
	}
	stream->next_in = block->in;
	stream->avail_in = (uInt)block->in_size;
	stream->next_out = block->out;
	stream->avail_out = (uInt)block->out_capacity;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END) {
		return "deflate: output does not fit";
	}
	block->out_size = block->out_capacity - stream->avail_out;
	return NULL;
}

static void *worker_main(void *argument)
{
	struct compressor *compressor = argument;
	z_stream stream = {0};
	struct block *block;
	bool usable;

	weft_thread_set_name("deflate");
	usable = deflateInit2(&stream, (int)compressor->settings.level, Z_DEFLATED,
			      GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
	while ((block = ring_take_read(&compressor->ring))) {
		WEFT_REGION_CTX(block->task.context, "deflate") {
			block->error = usable ? deflate_block(block, &stream)
					      : "deflate: not enough memory";
		}
		ring_put_deflated(&compressor->ring, block);
	}
	if (usable) {
		(void)deflateEnd(&stream); /* It only frees. */
	}
	return NULL;
}

/* ---- Writer ---- */

static int write_all(int fd, const unsigned char *bytes, size_t size)
{
	while (size) {
		ssize_t ret = write(fd, bytes, size);

		if (ret < 0 && errno != EINTR) {
			return -errno;
		}
		bytes += ret > 0 ? ret : 0;
		size -= ret > 0 ? (size_t)ret : 0;
	}
	return 0;
}

static void fail_file(struct file *file, const char *what)
{
	(void)fprintf(stderr, "compress: %s: %s\n", file->path, what);
	if (!file->error) {
		file->error = what;
	}
}

static void write_block(struct compressor *compressor, struct block *block)
{
	struct totals *totals = &compressor->totals;
	struct file *file = block->file;
	int ret = 0;

	WEFT_REGION_CTX(block->task.context, "write") {
		if (!block->error && !file->error) {
			ret = write_all(file->out_fd, block->out, block->out_size);
		}
	}
	totals->write_count++;
	totals->block_count++;
	weft_logf_ctx(block->task.context, "sizes", "%zu to %zu bytes", block->in_size,
		      block->out_size);
	if (ret < 0) {
		block->error = strerror(-ret);
	}
	if (block->error) {
		if (!file->error) {
			fail_file(file, block->error);
		}
		totals->failed_block_count++;
		weft_task_end_error(&block->task, block->error);
		return;
	}
	if (!file->error) {
		totals->bytes_in += block->in_size;
		totals->bytes_out += block->out_size;
	}
	weft_task_end(&block->task);
}

/* The file task began on the reader: it ends here, with its last block. */
static void finish_file(struct compressor *compressor, struct file *file)
{
	if (close(file->out_fd) < 0 && !file->error) {
		fail_file(file, strerror(errno));
	}
	(void)close(file->in_fd); /* Only read. */
	if (file->error) {
		compressor->totals.failed_file_count++;
		(void)unlink(file->out_path); /* Nobody is to take half a file for a whole one. */
		weft_task_end_error(&file->task, file->error);
	} else {
		weft_task_end(&file->task);
	}
	free(file->out_path);
	free(file);
}

static void *writer_main(void *argument)
{
	struct compressor *compressor = argument;
	struct block *block;

	weft_thread_set_name("writer");
	while ((block = ring_borrow_deflated(&compressor->ring))) {
		struct file *file = block->file;
		bool is_last = block->is_last;

		write_block(compressor, block);
		ring_put_written(&compressor->ring);
		if (is_last) {
			finish_file(compressor, file);
		}
	}
	return NULL;
}

/* ---- Reader ---- */

/* Fills the block as far as the file goes. Returns 0 or a negative errno value. */
static int read_block(struct block *block, size_t block_size)
{
	block->in_size = 0;
	while (block->in_size < block_size) {
		ssize_t ret = read(block->file->in_fd, block->in + block->in_size,
				   block_size - block->in_size);

		if (ret == 0) {
			break;
		}
		if (ret < 0 && errno != EINTR) {
			return -errno;
		}
		block->in_size += ret > 0 ? (size_t)ret : 0;
	}
	return 0;
}

/* The last block is a short one, possibly of no bytes: the file ends where a block is not full. */
static void read_file(struct compressor *compressor, struct file *file)
{
	struct weft_context context = file->task.context;
	size_t block_size = compressor->settings.block_kib << 10;
	bool is_last = false;

	while (!is_last) {
		struct block *block = ring_borrow_free(&compressor->ring);
		int ret = 0;

		block->file = file;
		block->error = NULL;
		block->out_size = 0;
		block->task = weft_task_begin_ctx(context, "block");
		WEFT_REGION_CTX(block->task.context, "read") {
			ret = read_block(block, block_size);
		}
		if (ret < 0) {
			block->error = strerror(-ret);
		}
		compressor->totals.read_count++;
		is_last = block->in_size < block_size || ret < 0;
		block->is_last = is_last;
		/* From here on block and file are the others'. */
		ring_put_read(&compressor->ring);
	}
}

static void discard_file(struct file *file)
{
	if (file->in_fd >= 0) {
		(void)close(file->in_fd);
	}
	free(file->out_path);
	free(file);
}

static struct file *open_file(const struct settings *settings, const char *path)
{
	const int how = O_WRONLY | O_CREAT | O_CLOEXEC | (settings->force ? O_TRUNC : O_EXCL);
	struct file *file = calloc(1, sizeof(*file));
	struct stat status;

	if (!file || asprintf(&file->out_path, "%s.gz", path) < 0) {
		free(file);
		(void)fprintf(stderr, "compress: open %s: %s\n", path, strerror(ENOMEM));
		return NULL;
	}
	file->path = path;
	/* O_NONBLOCK: a FIFO without a writer must not stop us before we know that it is one. */
	file->in_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->in_fd < 0 || fstat(file->in_fd, &status) < 0) {
		(void)fprintf(stderr, "compress: open %s: %s\n", path, strerror(errno));
		discard_file(file);
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		(void)fprintf(stderr, "compress: %s: not a regular file\n", path);
		discard_file(file);
		return NULL;
	}
	file->out_fd = open(file->out_path, how, 0666);
	if (file->out_fd < 0) {
		(void)fprintf(stderr, "compress: create %s: %s%s\n", file->out_path,
			      strerror(errno), errno == EEXIST ? " (--force overwrites)" : "");
		discard_file(file);
		return NULL;
	}
	return file;
}

/* Returns how many files could not even be opened. */
static uint64_t read_files(struct compressor *compressor, char *const *paths)
{
	uint64_t unopened_count = 0;

	for (; *paths; paths++) {
		struct file *file = open_file(&compressor->settings, *paths);

		if (!file) {
			unopened_count++;
			continue;
		}
		compressor->totals.file_count++;
		file->task = weft_task_begin_ctx(WEFT_CONTEXT_NONE, "file");
		weft_log_ctx(file->task.context, "path", file->path);
		read_file(compressor, file);
	}
	ring_close(&compressor->ring);
	return unopened_count;
}

/* ---- The program ---- */

/* Everything the program called, from what it did. The format is described in ../README.md. */
static void print_counts(const struct totals *did)
{
	(void)printf("{\"tasks\":{\"file\":%" PRIu64 ",\"block\":%" PRIu64 "},", did->file_count,
		     did->block_count);
	(void)printf("\"failed\":{\"file\":%" PRIu64 ",\"block\":%" PRIu64 "},",
		     did->failed_file_count, did->failed_block_count);
	(void)printf("\"regions\":{\"read\":%" PRIu64 ",\"deflate\":%" PRIu64 ",\"write\":%" PRIu64
		     "},",
		     did->read_count, did->read_count, did->write_count);
	(void)printf("\"logs\":%" PRIu64 ",\"log_categories\":{\"path\":%" PRIu64
		     ",\"sizes\":%" PRIu64 "},",
		     did->file_count + did->block_count, did->file_count, did->block_count);
	(void)printf("\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 "}\n", did->bytes_in,
		     did->bytes_out);
}

/* Starts the threads, reads on this one, ends the threads. Returns the exit status. */
static int compress_files(struct compressor *compressor, char *const *paths)
{
	pthread_t writer, workers[THREADS_MAX];
	uint64_t unopened_count = 0;
	size_t worker_count = 0;
	int ret;

	ret = pthread_create(&writer, NULL, writer_main, compressor);
	if (ret) {
		(void)fprintf(stderr, "compress: start the writer: %s\n", strerror(ret));
		return 1;
	}
	while (worker_count < compressor->settings.threads && ret == 0) {
		ret = pthread_create(&workers[worker_count], NULL, worker_main, compressor);
		worker_count += ret == 0;
	}
	if (ret) {
		(void)fprintf(stderr, "compress: start worker %zu: %s\n", worker_count,
			      strerror(ret));
	}
	if (worker_count) {
		weft_thread_set_name("reader");
		unopened_count = read_files(compressor, paths);
	} else {
		ring_close(&compressor->ring);
	}
	while (worker_count--) {
		pthread_join(workers[worker_count], NULL);
	}
	pthread_join(writer, NULL);
	if (compressor->settings.counts) {
		print_counts(&compressor->totals);
	}
	return ret || unopened_count || compressor->totals.failed_file_count ? 1 : 0;
}

static int run(const struct settings *settings, char *const *paths)
{
	struct compressor compressor = {.settings = *settings};
	size_t block_size = settings->block_kib << 10;
	int ret;

	/* compressBound() counts zlib's own frame; gzip's is 12 bytes longer. */
	ret = ring_init(&compressor.ring, 4 * settings->threads, block_size,
			compressBound((uLong)block_size) + 12);
	if (ret < 0) {
		(void)fprintf(stderr,
			      "compress: make room for blocks: %s: a smaller --block-kib "
			      "needs less\n",
			      strerror(-ret));
		return 1;
	}
	ret = compress_files(&compressor, paths);
	ring_fini(&compressor.ring);
	return ret;
}

static int take_number(const char *what, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(optarg, &end, 10);
	if (errno || end == optarg || *end || optarg[0] == '-' || number < min || number > max) {
		(void)fprintf(stderr,
			      "compress: %s: '%s' is not a number from %" PRIu64 " to %" PRIu64
			      "\nTry 'compress --help'.\n",
			      what, optarg, min, max);
		return 2;
	}
	*ret_number = number;
	return 0;
}

static int take_option(int option, struct settings *settings)
{
	switch (option) {
	case 't':
		return take_number("--threads", 1, THREADS_MAX, &settings->threads);
	case 'b':
		return take_number("--block-kib", 1, 16384, &settings->block_kib);
	case 'l':
		return take_number("--level", 1, 9, &settings->level);
	case 'f':
		settings->force = true;
		return 0;
	case 'C':
		settings->counts = true;
		return 0;
	default:
		(void)fprintf(stderr, "Try 'compress --help'.\n");
		return 2;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"threads", required_argument, NULL, 't'},
		{"block-kib", required_argument, NULL, 'b'},
		{"level", required_argument, NULL, 'l'},
		{"force", no_argument, NULL, 'f'},
		{"counts", no_argument, NULL, 'C'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct settings settings = {.threads = 4, .block_kib = 256, .level = 6};
	int option, ret = 0;

	while (ret == 0 && (option = getopt_long(argc, argv, "t:b:l:fh", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(help, stdout);
			return 0;
		}
		ret = take_option(option, &settings);
	}
	if (ret == 0 && optind == argc) {
		(void)fprintf(stderr, "compress: no FILE given\nTry 'compress --help'.\n");
		ret = 2;
	}
	return ret ? ret : run(&settings, argv + optind);
}
