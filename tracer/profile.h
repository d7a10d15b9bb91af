// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the modules behind <weft/profile.h> say to each other.
 */
#ifndef WEFT_TRACER_PROFILE_H
#define WEFT_TRACER_PROFILE_H

#include <stddef.h>

#include <weft/profile.h>

/* Sets the calling thread's weft_profile_error(); returns `code`. */
int weft_profile__fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What the CPU profile's rate is set to, Hz. */
unsigned int weft_runtime__cpu_rate_hz(void);

/* Around fork(); the child forgets where the parent's CPU profile was to go. */
void weft_profile__lock(void);
void weft_profile__unlock(void);
void weft_profile__forget(void);
void weft_profile_registry__lock(void);
void weft_profile_registry__unlock(void);

#endif
