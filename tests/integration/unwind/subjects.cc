// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "subjects.h"

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

struct guard {
	int *counter;
	explicit guard(int *where) : counter(where)
	{
		++*counter;
	}
	~guard()
	{
		--*counter;
	}
	guard(const guard &) = delete;
	guard &operator=(const guard &) = delete;
};

struct base {
	virtual ~base() = default;
	virtual int value() const = 0;
};

struct derived : base {
	int number = 3;
	int value() const override
	{
		return number;
	}
};

thread_local int live;
volatile int bottom; /* 0; the compiler must not know that every descent throws. */

[[noreturn]] __attribute__((noinline)) void raise_it(int depth)
{
	throw std::runtime_error("depth " + std::to_string(depth));
}

__attribute__((noinline)) int descend(int depth)
{
	if (depth <= bottom) {
		if (bottom == 0) {
			raise_it(depth);
		}
		return 0;
	}
	if (depth & 1) {
		guard here(&live);

		return descend(depth - 1) + 1;
	}
	return descend(depth - 1) + 1;
}

__attribute__((noinline)) int descend_and_rethrow(int depth)
{
	try {
		return depth > 0 ? descend_and_rethrow(depth - 1) + 1 : descend(2);
	} catch (const std::logic_error &) {
		return -1;
	} catch (...) {
		live += 0;
		throw;
	}
}

/* Nothing follows the call of __cxa_throw(): the return address is that of the next function. */
[[noreturn]] __attribute__((noinline)) void throw_last(int number)
{
	throw number;
}

[[noreturn]] __attribute__((noinline)) void call_last(int number)
{
	throw_last(number + 1);
}

} // namespace

int subject_throw(int depth)
{
	try {
		return descend(depth);
	} catch (const std::exception &error) {
		return static_cast<int>(std::string(error.what()).size()) + live;
	}
}

int subject_rethrow(int depth)
{
	try {
		return descend_and_rethrow(depth);
	} catch (const std::exception &) {
		return depth + live;
	}
}

int subject_last_call(int depth)
{
	int sum = 0;

	for (int i = 0; i < depth; i++) {
		try {
			call_last(i);
		} catch (int number) {
			sum += number;
		}
	}
	return sum;
}

int subject_containers(int n)
{
	std::vector<std::string> words;
	std::map<std::string, int> counts;
	std::function<int(int)> twice = [n](int x) { return 2 * x + n; };
	std::ostringstream out;
	const derived object;
	const base *virtually = &object;

	for (int i = 0; i < n; i++) {
		words.push_back("a word that is long enough for the heap " + std::to_string(n - i));
	}
	std::sort(words.begin(), words.end());
	for (const std::string &word : words) {
		counts[word] += twice(static_cast<int>(word.size()));
	}
	out << n << ' ' << 2.5 << ' ' << words.front();
	if (dynamic_cast<const derived *>(virtually)) {
		out << virtually->value();
	}
	return static_cast<int>(out.str().size() + counts.size());
}
