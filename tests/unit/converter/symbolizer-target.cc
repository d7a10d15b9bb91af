// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A library for the symbolizer's test to look into; never run. Line numbers are told by __LINE__.
 */
namespace outer
{

class Thing
{
      public:
	template <typename T>
	int method(T value) const;
};

template <typename T>
__attribute__((noinline)) int Thing::method(T value) const
{
	__asm__ volatile("" ::: "memory");
	return static_cast<int>(value);
}

template int Thing::method<long>(long value) const;

} // namespace outer

extern "C" __attribute__((noinline)) int plain_function(int value)
{
	__asm__ volatile("" ::: "memory");
	return value;
}
extern "C" const int plain_function_line = __LINE__ - 5;
