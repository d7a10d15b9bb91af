// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Makes profiles of different kinds, the same ones in every run: test-profiles KIND FILE [SAMPLES].
 *
 * Kinds are the rows of the table at the end. Each has names, places and values of its own kind, made by
 * a generator of numbers that always starts at the same place.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/pprof.h>

/* Deepest stack made here. */
#define DEPTH_MAX 64
#define TEXT_SIZE 256

struct maker {
	struct weft_pprof *profile;
	uint64_t state;
	uint32_t mapping, library;
	long sample_count;
};

static void check(int ret, const char *what)
{
	if (ret < 0) {
		(void)fprintf(stderr, "%s: %s\n", what, strerror(-ret));
		exit(1);
	}
}

/* A number below `limit`. */
static uint64_t next(struct maker *maker, uint64_t limit)
{
	maker->state ^= maker->state << 13;
	maker->state ^= maker->state >> 7;
	maker->state ^= maker->state << 17;
	return maker->state % limit;
}

static void add_types(struct maker *maker, const char *const types[][2], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		check(weft_pprof_add_sample_type(maker->profile, types[i][0], types[i][1]),
		      "add a sample type");
	}
}

static void add_mappings(struct maker *maker, const char *program)
{
	struct weft_pprof_mapping mapping = {.start = 0x400000,
					     .limit = 0x800000,
					     .file = program,
					     .build_id = "0123456789abcdef",
					     .has_functions = true,
					     .has_filenames = true,
					     .has_line_numbers = true,
					     .has_inline_frames = true};

	check(weft_pprof_add_mapping(maker->profile, &mapping, &maker->mapping), "add a mapping");
	mapping.start = 0x7f0000000000;
	mapping.limit = 0x7f0000200000;
	mapping.offset = 0x1000;
	mapping.file = "/usr/lib/x86_64-linux-gnu/libexample.so.1";
	mapping.build_id = "";
	check(weft_pprof_add_mapping(maker->profile, &mapping, &maker->library), "add a mapping");
}

static uint32_t add_function(struct maker *maker, const char *name, const char *system_name,
			     const char *file, int64_t start_line)
{
	const struct weft_pprof_function function = {
		.name = name, .system_name = system_name, .file = file, .start_line = start_line};
	uint32_t index;

	check(weft_pprof_add_function(maker->profile, &function, &index), "add a function");
	return index;
}

static uint32_t add_location(struct maker *maker, uint32_t mapping, uint64_t address,
			     const struct weft_pprof_line *lines, uint32_t count)
{
	const struct weft_pprof_location location = {
		.mapping = mapping, .address = address, .lines = lines, .line_count = count};
	uint32_t index;

	check(weft_pprof_add_location(maker->profile, &location, &index), "add a location");
	return index;
}

/* The place at one line of a function. */
static uint32_t add_place(struct maker *maker, const char *name, const char *file,
			  int64_t start_line, int64_t line)
{
	struct weft_pprof_line one = {.function = add_function(maker, name, name, file, start_line),
				      .line = line};
	uint64_t address = 0x400000 + one.function * 0x100U + (uint64_t)line % 0x100;

	return add_location(maker, maker->mapping, address, &one, 1);
}

static void add_sample(struct maker *maker, const uint32_t *stack, uint32_t depth,
		       const int64_t *values, const struct weft_pprof_label *labels,
		       uint32_t label_count)
{
	const struct weft_pprof_sample sample = {.locations = stack,
						 .location_count = depth,
						 .values = values,
						 .labels = labels,
						 .label_count = label_count};

	check(weft_pprof_add_sample(maker->profile, &sample), "add a sample");
}

/* A stack down a tree of functions with loops in it: main, then what each may call. */
static uint32_t make_stack(struct maker *maker, const char *prefix, const char *file,
			   uint32_t breadth, uint32_t depth, uint32_t *stack)
{
	uint32_t node = 1, i;
	char name[TEXT_SIZE], path[TEXT_SIZE];

	for (i = 0; i < depth; i++) {
		int64_t start = 10 * (int64_t)(node % 97);

		(void)snprintf(name, sizeof(name), i ? "%s%" PRIu32 : "main", prefix, node);
		(void)snprintf(path, sizeof(path), "%s%" PRIu32 ".c", file, node % 7);
		stack[depth - 1 - i] =
			add_place(maker, name, path, start, start + 1 + (int64_t)next(maker, 8));
		node = (node * 3 + (uint32_t)next(maker, breadth)) % 61 + 2;
	}
	return depth;
}

static const char *const cpu_types[][2] = {{"samples", "count"}, {"cpu", "nanoseconds"}};
static const char *const heap_types[][2] = {{"alloc_objects", "count"},
					    {"alloc_space", "bytes"},
					    {"inuse_objects", "count"},
					    {"inuse_space", "bytes"}};
static const char *const delay_types[][2] = {{"contentions", "count"}, {"delay", "nanoseconds"}};

static void set_cpu(struct maker *maker)
{
	add_types(maker, cpu_types, 2);
	check(weft_pprof_set_period(maker->profile, "cpu", "nanoseconds", 10000000),
	      "set the period");
	weft_pprof_set_time(maker->profile, INT64_C(1700000000123456000), INT64_C(2110000000));
}

static void make_cpu(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX];
	long i;

	set_cpu(maker);
	add_mappings(maker, "/opt/server/bin/server");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 9);
		int64_t count = 1 + (int64_t)next(maker, 20);
		const int64_t values[] = {count, count * 10000000};

		add_sample(maker, stack, make_stack(maker, "work_", "src/work", 3, depth, stack),
			   values, NULL, 0);
	}
}

static void make_heap(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX];
	long i;

	add_types(maker, heap_types, 4);
	add_mappings(maker, "/opt/server/bin/server");
	check(weft_pprof_set_period(maker->profile, "space", "bytes", 524288), "set the period");
	check(weft_pprof_set_default_sample_type(maker->profile, "inuse_space"), "set the default");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 6);
		int64_t size = (int64_t)16 << next(maker, 16);
		int64_t count = 1 + (int64_t)next(maker, 500);
		int64_t live = (int64_t)next(maker, (uint64_t)count + 1);
		const int64_t values[] = {count, count * size, live, live * size};
		const struct weft_pprof_label label = {.key = "bytes", .num = size};

		add_sample(maker, stack, make_stack(maker, "alloc_", "src/mem", 2, depth, stack),
			   values, &label, 1);
	}
}

static void make_contention(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX];
	long i;

	add_types(maker, delay_types, 2);
	add_mappings(maker, "/opt/server/bin/server");
	check(weft_pprof_set_period(maker->profile, "contentions", "count", 1), "set the period");
	check(weft_pprof_add_comment(maker->profile, "locks of a server"), "add a comment");
	check(weft_pprof_add_comment(maker->profile, "# only for -comments"), "add a comment");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 3 + (uint32_t)next(maker, 4);
		int64_t count = 1 + (int64_t)next(maker, 1000);
		const int64_t values[] = {count, count * (1 + (int64_t)next(maker, 2000000))};

		add_sample(maker, stack, make_stack(maker, "lock_", "src/lock", 2, depth, stack),
			   values, NULL, 0);
	}
}

/* Locations of one to four lines: what was inlined into what. */
static void make_inline(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX], i, j;
	struct weft_pprof_line lines[4];
	char name[TEXT_SIZE];
	long n;

	set_cpu(maker);
	add_mappings(maker, "/opt/inline");
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 5);
		const int64_t values[] = {1, 10000000 + (int64_t)next(maker, 3) * 1000};

		for (i = 0; i < depth; i++) {
			uint32_t count = 1 + (uint32_t)next(maker, 4);
			uint64_t address = 0x400000;

			for (j = 0; j < count; j++) {
				uint32_t which = (uint32_t)next(maker, 9);

				(void)snprintf(name, sizeof(name), "inner_%" PRIu32, which);
				lines[j].function =
					add_function(maker, name, name, "inline.c", 10 * which);
				lines[j].line = 10 * which + 1 + (int64_t)next(maker, 3);
				lines[j].column = (int64_t)next(maker, 3) * 7;
				address = address * 131 + (uint64_t)lines[j].line * 16 +
					  (uint64_t)lines[j].column;
			}
			stack[i] = add_location(maker, maker->mapping,
						0x400000 + address % 0x400000, lines, count);
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

static const char *const cxx_names[] = {
	"main",
	"std::vector<int>::push_back",
	"net::http::Server::handle",
	"net::http::Server::~Server",
	"(anonymous namespace)::parse",
	"Widget::operator()",
	"app::Cache<std::string>::find",
	"std::__cxx11::basic_string<char>::append",
	"void run<int>(int, char**)",
	"github.com/some/module/v2/pkg.(*Type).Method",
	"github.com/some/module.Map[...]",
	"com.example.Foo$Bar.run",
	"com.example.Main.<init>(java.lang.String)",
	"operator new(unsigned long)",
	"_start",
	"quoted \"name\" with \\ inside",
};

static void make_cxx(struct maker *maker)
{
	const uint32_t count = sizeof(cxx_names) / sizeof(cxx_names[0]);
	uint32_t stack[DEPTH_MAX], i;
	long n;

	set_cpu(maker);
	add_mappings(maker, "/opt/cxx");
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = 1 + (uint32_t)next(maker, 7);
		int64_t amount = 1 + (int64_t)next(maker, 90);
		const int64_t values[] = {amount, amount * 10000000};

		for (i = 0; i < depth; i++) {
			uint32_t which = i + 1 == depth ? 0 : (uint32_t)next(maker, count);
			struct weft_pprof_line line = {
				.function = add_function(
					maker, cxx_names[which], "_Zmangled",
					which % 3 ? "/home/user/src/../src/a.cc" : "./b//c.cc", 0),
				.line = (int64_t)which * 5 + (int64_t)next(maker, 2)};

			stack[i] = add_location(maker, which % 4 ? maker->mapping : maker->library,
						(which % 4 ? 0x400000U : 0x7f0000000000U) +
							which * 64U + (uint64_t)line.line,
						&line, 1);
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

static void make_negative(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX];
	long i;

	set_cpu(maker);
	add_mappings(maker, "/opt/negative");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 5);
		int64_t amount = (int64_t)next(maker, 1000000) - 500000;
		const int64_t values[] = {amount / 1000, amount * 1009};

		add_sample(maker, stack, make_stack(maker, "diff_", "src/diff", 2, depth, stack),
			   values, NULL, 0);
	}
}

static void make_labels(struct maker *maker)
{
	static const char *const tenants[] = {"acme", "globex", "initech", "umbrella", "hooli"};
	uint32_t stack[DEPTH_MAX];
	long i;

	set_cpu(maker);
	add_mappings(maker, "/opt/labels");
	check(weft_pprof_set_doc_url(maker->profile, "https://example.com/labels"),
	      "set the address");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 4), count = 0;
		int64_t amount = 1 + (int64_t)next(maker, 50);
		const int64_t values[] = {amount, amount * 10000000};
		struct weft_pprof_label labels[6];
		char request[TEXT_SIZE];

		(void)snprintf(request, sizeof(request), "r%" PRIu64, next(maker, 30));
		if (next(maker, 4)) {
			labels[count++] = (struct weft_pprof_label){.key = "tenant",
								    .str = tenants[next(maker, 5)]};
		}
		if (next(maker, 3) == 0) {
			labels[count++] =
				(struct weft_pprof_label){.key = "request_id", .str = request};
		}
		if (next(maker, 3)) {
			labels[count++] = (struct weft_pprof_label){
				.key = "bytes", .num = (int64_t)64 << next(maker, 14)};
		}
		if (next(maker, 3) == 0) {
			labels[count++] =
				(struct weft_pprof_label){.key = "latency",
							  .num = (int64_t)next(maker, 5000),
							  .unit = "microseconds"};
		}
		if (next(maker, 5) == 0) {
			labels[count++] = (struct weft_pprof_label){.key = "tenant", .str = "both"};
		}
		add_sample(maker, stack, make_stack(maker, "serve_", "src/serve", 2, depth, stack),
			   values, labels, count);
	}
}

/* Samples without a place, without a name, without a mapping. */
static void make_empty(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX], i;
	long n;

	set_cpu(maker);
	add_mappings(maker, "/opt/empty");
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = (uint32_t)next(maker, 4);
		int64_t amount = (int64_t)next(maker, 5);
		const int64_t values[] = {amount, amount * 10000000};

		for (i = 0; i < depth; i++) {
			uint32_t which = (uint32_t)next(maker, 12);

			if (which < 8) {
				stack[i] = add_location(
					maker, which % 2 ? maker->mapping : maker->library,
					(which % 2 ? 0x400100U : 0x7f0000001000U) + which, NULL, 0);
			} else {
				stack[i] = add_place(maker, which % 2 ? "named" : "",
						     which > 9 ? "" : "some/file.c", 0, which % 3);
			}
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

/* Nothing but addresses, no mapping at all. */
static void make_bare(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX], i;
	long n;

	add_types(maker, cpu_types, 2);
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = 1 + (uint32_t)next(maker, 6);
		const int64_t values[] = {1, 10000000};

		for (i = 0; i < depth; i++) {
			stack[i] = add_location(maker, WEFT_PPROF_NONE,
						0x1000 + 16 * next(maker, 40), NULL, 0);
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

/* One function that calls itself, by two ways. */
static void make_recursive(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX], i;
	long n;

	set_cpu(maker);
	add_mappings(maker, "/opt/recursive");
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 20);
		int64_t amount = 1 + (int64_t)next(maker, 9);
		const int64_t values[] = {amount, amount * 10000000};

		for (i = 0; i < depth; i++) {
			stack[depth - 1 - i] =
				i == 0 ? add_place(maker, "main", "fib.c", 30, 33)
				       : add_place(maker, next(maker, 3) ? "fib" : "helper",
						   "fib.c", 5, 7 + (int64_t)next(maker, 2));
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

/* Values so different that a unit for all is hard to choose; types that have no unit known. */
static void make_units(struct maker *maker)
{
	static const char *const types[][2] = {{"widgets", "widget"},
					       {"power", "milligcus"},
					       {"wall", "ms"},
					       {"size", "MB"},
					       {"events", "count"}};
	uint32_t stack[DEPTH_MAX];
	long i;

	add_types(maker, types, 5);
	add_mappings(maker, "/opt/units");
	check(weft_pprof_set_default_sample_type(maker->profile, "wall"), "set the default");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 4);
		int64_t scale = (int64_t)1 << next(maker, 24);
		const int64_t values[] = {scale, scale * 3, scale, 1 + scale / 1024, 1};

		add_sample(maker, stack, make_stack(maker, "unit_", "src/unit", 3, depth, stack),
			   values, NULL, 0);
	}
}

/* Frames that the profile says to drop. */
static void make_dropping(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX];
	long i;

	set_cpu(maker);
	add_mappings(maker, "/opt/dropping");
	check(weft_pprof_set_frame_filters(maker->profile, "drop_1.*|drop_2.", "drop_11"),
	      "set filters");
	for (i = 0; i < maker->sample_count; i++) {
		uint32_t depth = 2 + (uint32_t)next(maker, 6);
		int64_t amount = 1 + (int64_t)next(maker, 9);
		const int64_t values[] = {amount, amount * 10000000};

		add_sample(maker, stack, make_stack(maker, "drop_", "src/drop", 3, depth, stack),
			   values, NULL, 0);
	}
}

/* Many functions, deep stacks. */
static void make_large(struct maker *maker)
{
	uint32_t stack[DEPTH_MAX], i;
	char name[TEXT_SIZE], file[TEXT_SIZE];
	long n;

	set_cpu(maker);
	add_mappings(maker, "/opt/large");
	for (n = 0; n < maker->sample_count; n++) {
		uint32_t depth = 8 + (uint32_t)next(maker, 40), node = 0;
		int64_t amount = 1 + (int64_t)next(maker, 9);
		const int64_t values[] = {amount, amount * 10000000};

		for (i = 0; i < depth; i++) {
			(void)snprintf(name, sizeof(name), "layer%" PRIu32 "_function_%" PRIu32,
				       i / 4, node);
			(void)snprintf(file, sizeof(file),
				       "src/module%" PRIu32 "/file%" PRIu32 ".c", node % 50,
				       node % 500);
			stack[depth - 1 - i] =
				add_place(maker, name, file, 1, 1 + (int64_t)next(maker, 60));
			node = (uint32_t)(node * 5 + next(maker, 4)) % 4000;
		}
		add_sample(maker, stack, depth, values, NULL, 0);
	}
}

static const struct {
	const char *name;
	void (*make)(struct maker *maker);
	long sample_count;
} kinds[] = {
	{"cpu", make_cpu, 400},
	{"heap", make_heap, 300},
	{"contention", make_contention, 200},
	{"inline", make_inline, 200},
	{"cxx", make_cxx, 200},
	{"negative", make_negative, 200},
	{"labels", make_labels, 300},
	{"empty", make_empty, 120},
	{"bare", make_bare, 100},
	{"recursive", make_recursive, 100},
	{"units", make_units, 150},
	{"dropping", make_dropping, 200},
	{"large", make_large, 3000},
};

int main(int argc, char **argv)
{
	struct maker maker = {.state = 88172645463325252U};
	struct weft_error err = WEFT_ERROR_INIT;
	size_t i;
	int fd;

	for (i = 0; argc >= 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]) != 0) {
			continue;
		}
		maker.profile = weft_pprof_create();
		maker.sample_count = argc > 3 ? strtol(argv[3], NULL, 10) : kinds[i].sample_count;
		check(maker.profile ? 0 : -ENOMEM, "create a profile");
		kinds[i].make(&maker);
		fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		check(fd < 0 ? -errno : 0, argv[2]);
		check(weft_pprof_write_fd(maker.profile, fd, &err), err.text);
		check(close(fd) < 0 ? -errno : 0, argv[2]);
		weft_pprof_destroy(maker.profile);
		return 0;
	}
	(void)fprintf(stderr, "usage: %s KIND FILE [SAMPLES], where KIND is one of:", argv[0]);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		(void)fprintf(stderr, " %s", kinds[i].name);
	}
	(void)fprintf(stderr, "\n");
	return 2;
}
