// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Renders fractals on a pool of threads, traced with the C++ classes: a task per picture, a region
 * per tile. Exceptions pass through the regions, which end with their scopes.
 */
#include <getopt.h>

#include <atomic>
#include <cerrno>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <weft/trace.h>

#include "pool.h"

namespace fractal
{

constexpr std::size_t tile_size = 64;
constexpr unsigned int tiles_per_side = 4;
constexpr unsigned int tile_count = tiles_per_side * tiles_per_side;

/* One picture in so many cannot be computed: there are failed tasks to look at. */
constexpr std::uint64_t broken_every = 10;

/* What was done, for the line of JSON. */
struct counts {
	std::atomic<std::uint64_t> pictures{0}, failed_pictures{0};
	std::atomic<std::uint64_t> tiles{0}, failed_tiles{0}, encoded{0}, steps{0}, bytes{0};
};

/* A kind of fractal: where a point starts and what is added at each step. */
template <typename Real>
struct mandelbrot {
	static constexpr const char *name = "mandelbrot";
	static std::complex<Real> start(std::complex<Real>)
	{
		return {0, 0};
	}
	static std::complex<Real> constant(std::complex<Real> point)
	{
		return point;
	}
};

template <typename Real>
struct julia {
	static constexpr const char *name = "julia";
	static std::complex<Real> start(std::complex<Real> point)
	{
		return point;
	}
	static std::complex<Real> constant(std::complex<Real>)
	{
		return {Real(-0.8), Real(0.156)};
	}
};

using tile = std::vector<unsigned char>;

/* Steps until the point leaves the circle of radius 2, at most 255. */
template <template <typename> class Kind, typename Real>
unsigned char escape_time(std::complex<Real> point)
{
	std::complex<Real> z = Kind<Real>::start(point);
	unsigned char steps = 0;

	while (std::norm(z) < 4 && steps < 255) {
		z = z * z + Kind<Real>::constant(point);
		steps++;
	}
	return steps;
}

/* Runs on the pool, where the picture's task is current. */
template <template <typename> class Kind, typename Real>
tile render_tile(unsigned int index, Real width, counts &done)
{
	const weft::region region("tile");
	const std::size_t left = index % tiles_per_side * tile_size;
	const std::size_t top = index / tiles_per_side * tile_size;
	const Real step = width / Real(tiles_per_side * tile_size);
	std::uint64_t steps = 0;
	tile pixels;

	done.tiles++;
	if (!(width > std::numeric_limits<Real>::epsilon())) {
		done.failed_tiles++;
		throw std::domain_error("picture too narrow for its number type");
	}
	pixels.reserve(tile_size * tile_size);
	for (std::size_t y = top; y < top + tile_size; y++) {
		for (std::size_t x = left; x < left + tile_size; x++) {
			pixels.push_back(escape_time<Kind, Real>(
				{-width / 2 + Real(x) * step, -width / 2 + Real(y) * step}));
			steps += pixels.back();
		}
	}
	done.steps += steps;
	return pixels;
}

/* Run-length encoding: pairs of count and value. */
std::string encode(const std::vector<tile> &tiles)
{
	std::string bytes;

	for (const tile &pixels : tiles) {
		for (std::size_t i = 0, run; i < pixels.size(); i += run) {
			for (run = 1; run < 255 && i + run < pixels.size() &&
				      pixels[i + run] == pixels[i];) {
				run++;
			}
			bytes += static_cast<char>(run);
			bytes += static_cast<char>(pixels[i]);
		}
	}
	return bytes;
}

template <template <typename> class Kind, typename Real>
void render_picture(pool &workers, std::uint64_t number, counts &done)
{
	/* Current on this thread from here to the end of the function: the jobs below inherit it. */
	weft::task task("picture");
	const bool broken = number % broken_every == broken_every - 1;
	const Real width = broken ? Real(0) : Real(3) / Real(1 + number % 7);
	std::vector<std::future<tile>> promised;
	std::vector<tile> tiles;

	done.pictures++;
	weft_log("kind", Kind<Real>::name);
	for (unsigned int i = 0; i < tile_count; i++) {
		promised.push_back(workers.submit(
			[i, width, &done] { return render_tile<Kind, Real>(i, width, done); }));
	}
	for (std::future<tile> &future : promised) {
		future.wait(); /* All of them, before get() may throw: they are this task's. */
	}
	try {
		for (std::future<tile> &future : promised) {
			tiles.push_back(future.get());
		}
		const std::string bytes =
			weft::with_region("encode", [&tiles] { return encode(tiles); });

		done.encoded++;
		done.bytes += bytes.size();
		weft_logf("bytes", "%zu", bytes.size());
	} catch (const std::domain_error &error) {
		done.failed_pictures++;
		task.fail(error.what());
	}
}

void render_all(std::uint64_t picture_count, unsigned int thread_count, counts &done)
{
	pool workers(thread_count);

	for (std::uint64_t number = 0; number < picture_count; number++) {
		if (number % 2) {
			render_picture<julia, float>(workers, number, done);
		} else {
			render_picture<mandelbrot, double>(workers, number, done);
		}
	}
}

} // namespace fractal

namespace
{

const char help[] =
	"Usage: render [OPTION]...\n"
	"Renders fractals into memory with several threads and prints what it did as a line of "
	"JSON.\n\n"
	"  -n, --requests N  pictures to render (default: 50)\n"
	"  -t, --threads N   threads of the pool, 1 to 64 (default: 4)\n"
	"  -h, --help        this text\n";

bool take_number(const char *what, unsigned long long max, unsigned long long &ret_number)
{
	char *end = nullptr;

	errno = 0;
	const unsigned long long number = std::strtoull(optarg, &end, 10);
	if (errno || end == optarg || *end || *optarg == '-' || number < 1 || number > max) {
		(void)std::fprintf(stderr,
				   "render: %s: '%s' is not a number from 1 to %llu\n"
				   "Try 'render --help'.\n",
				   what, optarg, max);
		return false;
	}
	ret_number = number;
	return true;
}

unsigned long long get(const std::atomic<std::uint64_t> &count)
{
	return count.load();
}

/* Everything the program called, from what it did. The format is described in ../README.md. */
void print_counts(const fractal::counts &done)
{
	(void)std::printf("{\"tasks\":{\"picture\":%llu},\"failed\":{\"picture\":%llu},",
			  get(done.pictures), get(done.failed_pictures));
	(void)std::printf("\"regions\":{\"tile\":%llu,\"encode\":%llu},", get(done.tiles),
			  get(done.encoded));
	(void)std::printf("\"logs\":%llu,\"log_categories\":{\"kind\":%llu,\"bytes\":%llu},",
			  get(done.pictures) + get(done.encoded), get(done.pictures),
			  get(done.encoded));
	(void)std::printf("\"steps\":%llu,\"bytes\":%llu}\n", get(done.steps), get(done.bytes));
}

} // namespace

int main(int argc, char **argv)
{
	static const option options[] = {
		{"requests", required_argument, nullptr, 'n'},
		{"threads", required_argument, nullptr, 't'},
		{"help", no_argument, nullptr, 'h'},
		{nullptr, 0, nullptr, 0},
	};
	unsigned long long pictures = 50, threads = 4;
	fractal::counts done;
	bool usable = true;
	int choice;

	while (usable && (choice = getopt_long(argc, argv, "n:t:h", options, nullptr)) != -1) {
		switch (choice) {
		case 'n':
			usable = take_number("--requests", 100000000, pictures);
			break;
		case 't':
			usable = take_number("--threads", 64, threads);
			break;
		case 'h':
			(void)std::fputs(help, stdout);
			return 0;
		default:
			(void)std::fprintf(stderr, "Try 'render --help'.\n");
			return 2;
		}
	}
	if (usable && optind < argc) {
		(void)std::fprintf(stderr,
				   "render: unexpected argument '%s'\nTry 'render --help'.\n",
				   argv[optind]);
		usable = false;
	}
	if (!usable) {
		return 2;
	}
	try {
		fractal::render_all(pictures, static_cast<unsigned int>(threads), done);
	} catch (const std::exception &error) {
		(void)std::fprintf(stderr, "render: %s\n", error.what());
		return 1;
	}
	print_counts(done);
	return 0;
}
