// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See sampling.h.
 */
#include "sampling.h"

#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define LN_2          0.69314718055994530942
#define MANTISSA_BITS 52
#define MANTISSA_MASK ((UINT64_C(1) << MANTISSA_BITS) - 1)
#define EXPONENT_ONE  (UINT64_C(1023) << MANTISSA_BITS)
#define SURE          36.8 /* e^-36.8 is below 2^-53: 1 - e^-x is 1. */
#define TERM_COUNT    7
#define SERIES_TERMS  20

/* splitmix64: each state gives another number, and neighbours have nothing in common. */
uint64_t weft_random_next(uint64_t *state)
{
	uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
	return bits ^ (bits >> 31);
}

/*
 * ln(x) for a normal x: x = m * 2^e with m in [sqrt(1/2), sqrt(2)), and ln(m) = 2 artanh(s) for
 * s = (m - 1)/(m + 1), |s| <= 0.172: the terms left out are below 2 s^15/15 = 5e-13.
 */
static double logarithm(double x)
{
	uint64_t bits;
	int exponent;
	double m, s, square;
	double sum = 0;
	int i;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int)(bits >> MANTISSA_BITS) - 1023;
	bits = (bits & MANTISSA_MASK) | EXPONENT_ONE;
	memcpy(&m, &bits, sizeof(m));
	if (m > 1.41421356237309504880) {
		m *= 0.5;
		exponent++;
	}
	s = (m - 1) / (m + 1);
	square = s * s;
	for (i = TERM_COUNT - 1; i >= 0; i--) {
		sum = sum * square + 1.0 / (2 * i + 1);
	}
	return exponent * LN_2 + 2 * s * sum;
}

double weft_sampling_exponential(uint64_t bits)
{
	/* (0, 1] in steps of 2^-53. */
	double fraction = ((double)(bits >> 11) + 1) * 0x1p-53;

	return -logarithm(fraction);
}

int64_t weft_sampling_gap(uint64_t *state, int64_t mean)
{
	return (int64_t)(weft_sampling_exponential(weft_random_next(state)) * (double)mean);
}

/* 1 - e^-x for x > 0, by x = n ln 2 + r and the series of e^-r - 1, whose terms all are small. */
static double probability(double x)
{
	double term = 1;
	double sum = 0;   /* e^-r - 1 */
	double power = 1; /* 2^-n */
	int halvings;
	int i;

	if (x >= SURE) {
		return 1;
	}
	halvings = (int)(x / LN_2);
	x -= halvings * LN_2;
	for (i = 1; i <= SERIES_TERMS; i++) {
		term *= -x / i;
		sum += term;
	}
	for (i = 0; i < halvings; i++) {
		power *= 0.5;
	}
	return 1 - power - power * sum;
}

int64_t weft_sampling_weight(uint64_t size, int64_t mean)
{
	double weight;

	if (mean <= 1) {
		return WEFT_WEIGHT_ONE; /* Everything is a sample. */
	}
	weight = 1 / probability((double)size / (double)mean);
	return (int64_t)(weight * (double)WEFT_WEIGHT_ONE + 0.5);
}

int64_t weft_sampling_scale(int64_t weight, uint64_t value)
{
	wide product = (wide)(uint64_t)weight * value >> WEFT_WEIGHT_BITS;

	return product > INT64_MAX ? INT64_MAX : (int64_t)product;
}

bool weft_sampling_chance(uint64_t *state, uint64_t numerator, uint64_t denominator)
{
	if (numerator >= denominator) {
		return true;
	}
	return (wide)weft_random_next(state) * denominator >> 64 < numerator;
}
