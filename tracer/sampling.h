// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The arithmetic of sampling: random numbers, exponential gaps, and what a sample stands for.
 *
 * Events that come at random after gaps of mean R bytes hit an allocation that takes n bytes with
 * probability p = 1 - e^(-n/R), whatever came before (the gaps have no memory). A sample therefore
 * stands for 1/p allocations like itself: adding 1/p for each sample, and its size times 1/p, gives
 * totals that are right on average for every mixture of sizes. The weight is fixed when the sample
 * is taken, with the rate of that moment, so that later changes of the rate do no harm.
 *
 * Weights are fixed point with WEFT_WEIGHT_BITS behind the point: those near 1 (n near R and above)
 * are off by less than 1/2^16, and sums of them are exact, so that what was added when an object was
 * allocated can be taken off when it is freed.
 *
 * Everything here is pure but for its arguments: async-signal-safe, any thread. Needs no libm.
 */
#ifndef WEFT_TRACER_SAMPLING_H
#define WEFT_TRACER_SAMPLING_H

#include <stdint.h>

#define WEFT_WEIGHT_BITS 16
#define WEFT_WEIGHT_ONE  (INT64_C(1) << WEFT_WEIGHT_BITS)
/* The longest mean: weights stay below 2^56. */
#define WEFT_SAMPLING_MEAN_MAX (INT64_C(1) << 40)

/* 64 random bits out of *state, which changes; any state is fine. Not for secrets. */
uint64_t weft_random_next(uint64_t *state);

/* -ln(u) of a fraction u = (bits + 1) / 2^64, of which 53 bits count: above or at 0, below 45. */
double weft_sampling_exponential(uint64_t bits);

/* A gap of `mean` on average, at least 0. mean: 1 to WEFT_SAMPLING_MEAN_MAX. */
int64_t weft_sampling_gap(uint64_t *state, int64_t mean);

/* What a sample of `size` stands for at mean `mean`: 1/(1 - e^(-size/mean)), fixed point. size > 0. */
int64_t weft_sampling_weight(uint64_t size, int64_t mean);

/* weight * value without its fraction; saturates. */
int64_t weft_sampling_scale(int64_t weight, uint64_t value);

/* True with probability numerator/denominator; always when numerator >= denominator. */
_Bool weft_sampling_chance(uint64_t *state, uint64_t numerator, uint64_t denominator);

#endif
