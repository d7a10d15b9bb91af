// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/* Built once a level of optimisation; SUBJECT_RUN is the name of its entry. */
#include "subjects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct wide {
	long words[12];
};

__attribute__((noinline)) static int recurse(int n)
{
	volatile char room[64];

	room[n & 63] = (char)n;
	return n <= 0 ? 0 : recurse(n - 1) + room[n & 63];
}

/* Keeps more alive over calls than there are registers that survive them. */
__attribute__((noinline)) static int many(int a, int b, int c, int d)
{
	int e = recurse(a & 3);
	int f = recurse(b & 3);
	int g = recurse(c & 3);

	return a + b * 2 + c * 3 + d * 5 + recurse(d & 3) + e * 7 + f * 11 + g * 13;
}

__attribute__((noinline)) static int variable(int n)
{
	volatile char *bytes = (volatile char *)__builtin_alloca((size_t)n * 16 + 1);

	bytes[n] = 3;
	return many(n, 1, 2, 3) + bytes[n];
}

__attribute__((noinline)) static int realigned(int n)
{
	_Alignas(64) volatile char vector[128];

	vector[n & 127] = 1;
	return many(n, 3, 2, 1) + vector[n & 127];
}

__attribute__((noinline)) static int realigned_variable(int n)
{
	_Alignas(64) volatile char vector[128];
	volatile char *bytes = (volatile char *)__builtin_alloca((size_t)n + 1);

	vector[n & 127] = 1;
	bytes[n] = 2;
	return many(n, 5, 6, 7) + vector[n & 127] + bytes[n];
}

__attribute__((noinline)) static int arguments(int count, ...)
{
	va_list list;
	int sum = 0;

	va_start(list, count);
	for (int i = 0; i < count; i++) {
		sum += va_arg(list, int);
	}
	va_end(list);
	return sum + recurse(2);
}

__attribute__((noinline)) static struct wide structure(int n)
{
	struct wide wide = {{n, n + 1, n + 2}};

	wide.words[11] = recurse(n & 3);
	return wide;
}

__attribute__((noinline)) static int large(int n)
{
	volatile char room[20000];

	room[n * 100] = (char)n;
	return room[n * 100] + recurse(2);
}

__attribute__((noinline)) static int tail_target(int n)
{
	return recurse(n & 3) ^ n;
}

__attribute__((noinline)) static int tail(int n)
{
	return n & 1 ? tail_target(n + 1) : tail_target(n - 1);
}

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

static jmp_buf home;

__attribute__((noinline, noreturn)) static void leave(int n)
{
	longjmp(home, n | 1);
}

__attribute__((noinline)) static int jump(int n)
{
	volatile int kept = n;

	if (setjmp(home) == 0) {
		if (recurse(3) >= 0) {
			leave(n);
		}
	}
	return kept;
}

__attribute__((noinline)) static double floats(int n)
{
	double values[8];
	double sum = 0;

	for (int i = 0; i < 8; i++) {
		values[i] = i * 1.5 + n;
	}
	for (int i = 0; i < 8; i++) {
		sum += values[i] * recurse(i & 1);
	}
	return sum;
}

int SUBJECT_RUN(int n)
{
	int numbers[24];
	int sum;

	for (int i = 0; i < 24; i++) {
		numbers[i] = (i * 37 + n) % 24;
	}
	qsort(numbers, 24, sizeof(numbers[0]), compare);
	sum = recurse(n) + many(n, n + 1, n + 2, n + 3) + variable(n) + realigned(n);
	sum += realigned_variable(n) + arguments(6, 1, 2, 3, 4, 5, n) + large(n);
	sum += (int)structure(n).words[11] + tail(n) + jump(n) + (int)floats(n) + numbers[n & 15];
	return sum;
}
