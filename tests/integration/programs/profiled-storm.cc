// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What has broken other profilers: samples while exceptions fly, while libraries come and go, deep in
 * recursion, in generated code without unwind information, on small and on other stacks. C++, to use
 * the headers as C++ does. `profiled-storm FILE SECONDS LIBRARY`
 */
#include <atomic>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <weft/labels.h>
#include <weft/profile.h>
#include <weft/runtime.h>

static std::atomic<bool> ended{false};
static std::atomic<unsigned long> sink{0};
static std::atomic<unsigned long> rounds[6];

__attribute__((noinline)) static void throw_deep(int depth)
{
	if (depth == 0) {
		throw std::runtime_error("deep");
	}
	throw_deep(depth - 1);
	sink++;
}

static void throws()
{
	while (!ended) {
		try {
			throw_deep(20);
		} catch (const std::exception &) {
			rounds[0]++;
		}
	}
}

static void loads(const char *library)
{
	while (!ended) {
		void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

		if (!handle) {
			std::printf("%s\n", dlerror());
			std::exit(1);
		}
		dlclose(handle);
		rounds[1]++;
	}
}

__attribute__((noinline)) static unsigned long recurse(unsigned int depth)
{
	volatile unsigned int here = depth;

	return depth == 0 ? sink++ : recurse(depth - 1) + here;
}

static void recurses()
{
	while (!ended) {
		weft::labels_scope labels({{"kind", "recursion"}});

		sink += recurse(5000);
		rounds[2]++;
	}
}

/* loop: dec edi; jnz loop; ret. No object, no unwind information, no frame. */
static void generated()
{
	static const unsigned char code[] = {0xff, 0xcf, 0x75, 0xfc, 0xc3};
	void *memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*function)(int);

	std::memcpy(memory, code, sizeof(code));
	std::memcpy(&function, &memory, sizeof(function));
	while (!ended) {
		function(1000000);
		rounds[3]++;
	}
	munmap(memory, 4096);
}

static ucontext_t outer, inner;

static void in_coroutine()
{
	for (;;) {
		for (int i = 0; i < 10000; i++) {
			sink++;
		}
		rounds[4]++;
		swapcontext(&inner, &outer);
	}
}

static void coroutines()
{
	std::vector<char> stack(1 << 16);

	getcontext(&inner);
	inner.uc_stack.ss_sp = stack.data();
	inner.uc_stack.ss_size = stack.size();
	inner.uc_link = nullptr;
	makecontext(&inner, in_coroutine, 0);
	while (!ended) {
		swapcontext(&outer, &inner);
	}
}

static void *on_small_stack(void *)
{
	for (int i = 0; i < 100000; i++) {
		sink++;
	}
	return nullptr;
}

static void small_stacks()
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 32 << 10);
	while (!ended) {
		if (pthread_create(&thread, &attributes, on_small_stack, nullptr) == 0) {
			pthread_join(thread, nullptr);
		}
		rounds[5]++;
	}
	pthread_attr_destroy(&attributes);
}

static void throw_in_do(void *, const weft_labels *)
{
	throw std::runtime_error("in Do");
}

/* Whether labels end when an exception passes through them. */
static bool labels_end_with_exceptions()
{
	const weft_label label = {"k", "v"};

	try {
		weft::labels_scope scope({label});

		(void)weft_labels_do(weft_labels_borrow_current(), &label, 1, throw_in_do, nullptr);
	} catch (const std::exception &) {
		return weft_labels_borrow_current() == nullptr;
	}
	return false;
}

static int discard(void *ctx, const void *, std::size_t size)
{
	*static_cast<std::size_t *>(ctx) += size;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		return 2;
	}
	if (!labels_end_with_exceptions()) {
		std::printf("labels outlive an exception\n");
		return 1;
	}
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	std::vector<std::thread> threads;
	std::time_t end = std::time(nullptr) + std::atoi(argv[2]);
	std::size_t size = 0;

	if (weft_runtime_set_cpu_rate(1000) < 0 || weft_profile_start_cpu(fd) < 0) {
		std::printf("%s\n", weft_profile_error());
		return 1;
	}
	threads.emplace_back(throws);
	threads.emplace_back(loads, argv[3]);
	threads.emplace_back(recurses);
	threads.emplace_back(generated);
	threads.emplace_back(coroutines);
	threads.emplace_back(small_stacks);
	setenv("WEFT_BIN", "/nonexistent", 1); /* Many stacks, and no names for them. */
	while (std::time(nullptr) < end) {
		if (weft_profile_write_to(weft_profile_lookup("goroutine"), 0, discard, &size) <
		    0) {
			std::printf("%s\n", weft_profile_error());
			return 1;
		}
	}
	unsetenv("WEFT_BIN");
	ended = true;
	for (std::thread &thread : threads) {
		thread.join();
	}
	if (weft_profile_stop_cpu() < 0) {
		std::printf("%s\n", weft_profile_error());
		return 1;
	}
	for (const std::atomic<unsigned long> &count : rounds) {
		std::printf("%d ", count > 0);
	}
	std::printf("\n");
	return 0;
}
