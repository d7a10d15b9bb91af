// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the symbolizer's test looks into, compiled by the test in many ways: templates, lambdas, inlined
 * calls, local classes, functions of other libraries, code in cold places.
 *
 * Usage: symbols [PLUGIN]   loads PLUGIN, says "ready" and goes on until standard input ends
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dlfcn.h>

extern "C" {

int renamed(int number) __asm__("__implementation_of_renamed");

__attribute__((noinline)) int renamed(int number)
{
	return number + std::rand();
}
}

namespace story
{

template <typename T>
struct Box {
	T value;

	explicit Box(T initial) : value(initial)
	{
	}

	template <typename F>
	auto apply(F function) const
	{
		return function(value);
	}

	__attribute__((noinline)) int method(int factor) const
	{
		return factor * 2 + static_cast<int>(value);
	}
};

struct Shape {
	virtual ~Shape() = default;
	virtual int area(int size) = 0;
};

struct Square : Shape {
	std::map<int, std::string> names;

	int area(int size) override
	{
		struct Local {
			static int twice(int number)
			{
				return std::rand() + 2 * number;
			}
		};

		names[size] = "size " + std::to_string(size);
		return Local::twice(static_cast<int>(names.size()));
	}
};

namespace
{

__attribute__((noinline)) int hidden(int length)
{
	std::string text(static_cast<size_t>(length), 'a');

	return static_cast<int>(text.size()) + std::rand();
}

int factorial(int number)
{
	return number < 2 ? 1 : number * factorial(number - 1);
}

} // namespace

int tell(int count)
{
	std::vector<int> numbers;
	Box<double> box(3.5);
	std::unique_ptr<Shape> shape(new Square);
	int sum;

	for (int i = 0; i < count * 100; i++) {
		numbers.push_back(std::rand());
	}
	std::sort(numbers.begin(), numbers.end(),
		  [](int a, int b) { return a % 7 < b % 7 || (a % 7 == b % 7 && a < b); });
	sum = box.apply([&](double value) { return static_cast<int>(value) + count; });
	sum += box.method(count) + hidden(count);
	std::function<int(int)> later = [sum](int number) {
		return number + sum + factorial(number & 7);
	};
	try {
		sum += shape->area(count) + later(3);
		if (sum == 42) {
			throw std::string("never");
		}
	} catch (const std::string &text) {
		std::puts(text.c_str());
	}
	return sum + renamed(numbers[0]);
}

} // namespace story

int main(int argc, char **argv)
{
	void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : nullptr;

	if (argc > 1 && !plugin) {
		std::fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	std::printf("ready %d\n", story::tell(argc) != 0);
	std::fflush(stdout);
	while (std::getchar() != EOF) {
	}
	return 0;
}
