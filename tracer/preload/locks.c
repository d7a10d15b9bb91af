// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The functions that may wait: tried first, and timed only when they must; see lock-profile.h.
 *
 * Results are libc's own, whatever they are: EOWNERDEAD and the like come out of the try as out of the
 * lock; EBUSY alone means that the lock itself has to answer (it may be EDEADLK).
 *
 * pthread_mutex_trylock() and the other tries never wait, so they are not stood in front of.
 */
#include <errno.h>

#include "lock-wait.h"
#include "real.h"

#define CALLER            __builtin_return_address(0)
#define NOINLINE          __attribute__((noinline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNWRAP(...)       __VA_ARGS__

/* Who has the lock, as libc's lock itself says; another thread may be writing it. */
#define OWNER(lock)  __atomic_load_n(&(lock)->__data.__owner, __ATOMIC_RELAXED)
#define WRITER(lock) __atomic_load_n(&(lock)->__data.__cur_writer, __ATOMIC_RELAXED)
#define NOBODY       0

/* Parameters and arguments behind the lock, comma and all. */
#define NO_PARAMETERS       ()
#define NO_ARGUMENTS        ()
#define DEADLINE_PARAMETERS (, const struct timespec *deadline)
#define DEADLINE_ARGUMENTS  (, deadline)
#define CLOCK_PARAMETERS    (, clockid_t clock, const struct timespec *deadline)
#define CLOCK_ARGUMENTS     (, clock, deadline)

/*
 * The function `name`. The waiting has a function of its own, so that the way without it has no
 * frame.
 */
#define LOCK(type, name, try, kind, holder, parameters, arguments)                                 \
	WEFT_PRELOAD_API int IN_FRONT_OF(name)(type * lock UNWRAP parameters) __asm__(#name);      \
	static NOINLINE int wait_in_##name(const void *caller, type *lock UNWRAP parameters)       \
	{                                                                                          \
		struct weft_lock_passage passage;                                                  \
		int ret;                                                                           \
                                                                                                   \
		weft_lock_wait_enter(&passage, WEFT_LOCK_KIND_##kind, lock, holder(lock), caller); \
		ret = weft_real.name(lock UNWRAP arguments);                                       \
		weft_lock_wait_leave(&passage, caller);                                            \
		return ret;                                                                        \
	}                                                                                          \
	int IN_FRONT_OF(name)(type * lock UNWRAP parameters)                                       \
	{                                                                                          \
		int ret;                                                                           \
                                                                                                   \
		if (!weft_lock_is_watched()) {                                                     \
			return weft_real.name(lock UNWRAP arguments);                              \
		}                                                                                  \
		ret = weft_real.try(lock);                                                         \
		if (LIKELY(ret != EBUSY)) {                                                        \
			return ret;                                                                \
		}                                                                                  \
		return wait_in_##name(CALLER, lock UNWRAP arguments);                              \
	}

#define UNLOCK(type, name)                                                                         \
	WEFT_PRELOAD_API int IN_FRONT_OF(name)(type * lock) __asm__(#name);                        \
	static NOINLINE int charge_in_##name(const void *caller, type *lock)                       \
	{                                                                                          \
		uint64_t waited_ns = weft_lock_release_begin(lock);                                \
		int ret = weft_real.name(lock);                                                    \
                                                                                                   \
		weft_lock_release_end(waited_ns, caller);                                          \
		return ret;                                                                        \
	}                                                                                          \
	int IN_FRONT_OF(name)(type * lock)                                                         \
	{                                                                                          \
		if (weft_lock_is_contended(lock)) {                                                \
			return charge_in_##name(CALLER, lock);                                     \
		}                                                                                  \
		return weft_real.name(lock);                                                       \
	}

LOCK(pthread_mutex_t, pthread_mutex_lock, pthread_mutex_trylock, MUTEX, OWNER, NO_PARAMETERS,
     NO_ARGUMENTS)
LOCK(pthread_mutex_t, pthread_mutex_timedlock, pthread_mutex_trylock, MUTEX, OWNER,
     DEADLINE_PARAMETERS, DEADLINE_ARGUMENTS)
LOCK(pthread_mutex_t, pthread_mutex_clocklock, pthread_mutex_trylock, MUTEX, OWNER,
     CLOCK_PARAMETERS, CLOCK_ARGUMENTS)
UNLOCK(pthread_mutex_t, pthread_mutex_unlock)

LOCK(pthread_rwlock_t, pthread_rwlock_rdlock, pthread_rwlock_tryrdlock, RWLOCK_READ, WRITER,
     NO_PARAMETERS, NO_ARGUMENTS)
LOCK(pthread_rwlock_t, pthread_rwlock_timedrdlock, pthread_rwlock_tryrdlock, RWLOCK_READ, WRITER,
     DEADLINE_PARAMETERS, DEADLINE_ARGUMENTS)
LOCK(pthread_rwlock_t, pthread_rwlock_clockrdlock, pthread_rwlock_tryrdlock, RWLOCK_READ, WRITER,
     CLOCK_PARAMETERS, CLOCK_ARGUMENTS)
LOCK(pthread_rwlock_t, pthread_rwlock_wrlock, pthread_rwlock_trywrlock, RWLOCK_WRITE, WRITER,
     NO_PARAMETERS, NO_ARGUMENTS)
LOCK(pthread_rwlock_t, pthread_rwlock_timedwrlock, pthread_rwlock_trywrlock, RWLOCK_WRITE, WRITER,
     DEADLINE_PARAMETERS, DEADLINE_ARGUMENTS)
LOCK(pthread_rwlock_t, pthread_rwlock_clockwrlock, pthread_rwlock_trywrlock, RWLOCK_WRITE, WRITER,
     CLOCK_PARAMETERS, CLOCK_ARGUMENTS)
UNLOCK(pthread_rwlock_t, pthread_rwlock_unlock)

/*
 * Waiting for a condition releases the mutex inside libc, so that is charged here. What waits for
 * the mutex afterwards counts as waiting for the condition.
 */
#define CONDITION(name, parameters, arguments)                                                     \
	WEFT_PRELOAD_API int IN_FRONT_OF(name)(pthread_cond_t * condition,                         \
					       pthread_mutex_t *                                   \
						       mutex UNWRAP parameters) __asm__(#name);    \
	static NOINLINE int wait_in_##name(const void *caller, pthread_cond_t *condition,          \
					   pthread_mutex_t *mutex UNWRAP parameters)               \
	{                                                                                          \
		struct weft_lock_passage passage;                                                  \
		uint64_t waited_ns = 0;                                                            \
		int ret;                                                                           \
                                                                                                   \
		if (weft_lock_is_contended(mutex)) {                                               \
			waited_ns = weft_lock_release_begin(mutex);                                \
		}                                                                                  \
		weft_lock_wait_enter(&passage, WEFT_LOCK_KIND_CONDITION, condition, NOBODY,        \
				     caller);                                                      \
		ret = weft_real.name(condition, mutex UNWRAP arguments);                           \
		weft_lock_wait_leave(&passage, caller);                                            \
		weft_lock_release_end(waited_ns, caller);                                          \
		return ret;                                                                        \
	}                                                                                          \
	int IN_FRONT_OF(name)(pthread_cond_t * condition,                                          \
			      pthread_mutex_t * mutex UNWRAP parameters)                           \
	{                                                                                          \
		if (!weft_lock_is_watched()) {                                                     \
			return weft_real.name(condition, mutex UNWRAP arguments);                  \
		}                                                                                  \
		return wait_in_##name(CALLER, condition, mutex UNWRAP arguments);                  \
	}

CONDITION(pthread_cond_wait, NO_PARAMETERS, NO_ARGUMENTS)
CONDITION(pthread_cond_timedwait, DEADLINE_PARAMETERS, DEADLINE_ARGUMENTS)
CONDITION(pthread_cond_clockwait, CLOCK_PARAMETERS, CLOCK_ARGUMENTS)

/* A semaphore has no owner who could be charged. The waits are cancellation points, the try is not. */
#define SEMAPHORE(name, parameters, arguments)                                                     \
	WEFT_PRELOAD_API int IN_FRONT_OF(name)(sem_t *                                             \
					       semaphore UNWRAP parameters) __asm__(#name);        \
	static NOINLINE int wait_in_##name(const void *caller, sem_t *semaphore UNWRAP parameters) \
	{                                                                                          \
		struct weft_lock_passage passage;                                                  \
		int ret;                                                                           \
                                                                                                   \
		weft_lock_wait_enter(&passage, WEFT_LOCK_KIND_SEMAPHORE, semaphore, NOBODY,        \
				     caller);                                                      \
		ret = weft_real.name(semaphore UNWRAP arguments);                                  \
		weft_lock_wait_leave(&passage, caller);                                            \
		return ret;                                                                        \
	}                                                                                          \
	int IN_FRONT_OF(name)(sem_t * semaphore UNWRAP parameters)                                 \
	{                                                                                          \
		int saved_errno = errno;                                                           \
                                                                                                   \
		if (!weft_lock_is_watched()) {                                                     \
			return weft_real.name(semaphore UNWRAP arguments);                         \
		}                                                                                  \
		pthread_testcancel();                                                              \
		if (weft_real.sem_trywait(semaphore) == 0) {                                       \
			return 0;                                                                  \
		}                                                                                  \
		errno = saved_errno;                                                               \
		return wait_in_##name(CALLER, semaphore UNWRAP arguments);                         \
	}

SEMAPHORE(sem_wait, NO_PARAMETERS, NO_ARGUMENTS)
SEMAPHORE(sem_timedwait, DEADLINE_PARAMETERS, DEADLINE_ARGUMENTS)
SEMAPHORE(sem_clockwait, CLOCK_PARAMETERS, CLOCK_ARGUMENTS)

WEFT_PRELOAD_API int IN_FRONT_OF(pthread_barrier_wait)(pthread_barrier_t *barrier) __asm__(
	"pthread_barrier_wait");

int IN_FRONT_OF(pthread_barrier_wait)(pthread_barrier_t *barrier)
{
	struct weft_lock_passage passage;
	int ret;

	if (!weft_lock_is_watched()) {
		return weft_real.pthread_barrier_wait(barrier);
	}
	weft_lock_wait_enter(&passage, WEFT_LOCK_KIND_BARRIER, barrier, NOBODY, CALLER);
	ret = weft_real.pthread_barrier_wait(barrier);
	weft_lock_wait_leave(&passage, CALLER);
	return ret;
}
