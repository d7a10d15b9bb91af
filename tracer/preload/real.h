// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The functions that this library stands in front of: the next ones by these names in the order of
 * loading, be they libc's or those of another allocator or sanitizer.
 *
 * They are looked up once, when the first of them is called, which may be long before any
 * constructor. Until then each pointer leads to a function that does so and goes on. While
 * the loader looks up it may want memory itself; that comes from a small arena of ours.
 */
#ifndef WEFT_TRACER_PRELOAD_REAL_H
#define WEFT_TRACER_PRELOAD_REAL_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#define WEFT_PRELOAD_API __attribute__((visibility("default")))

/*
 * What stands in front of `name` in our sources: to the linker it is called `name`, by an __asm__ label
 * at its declaration, but to the compiler it is no function of libc's, of which it knows things.
 */
#define IN_FRONT_OF(name) weft_in_front_of_##name

typedef void *(*weft_thread_fn)(void *);
typedef void (*weft_signal_fn)(int number);

/*
 * X(result, name, version, parameters, arguments). `version` is NULL, or the one that programs bind to
 * when an older one of the same name exists, which a plain lookup may give.
 */
#define WEFT_REAL_FUNCTIONS(X)                                                                     \
	WEFT_REAL_EARLY_FUNCTIONS(X) WEFT_REAL_LATER_FUNCTIONS(X) WEFT_REAL_IO_FUNCTIONS(X)

/* Those that the lookup itself may call. */
#define WEFT_REAL_EARLY_FUNCTIONS(X)                                                               \
	X(void *, malloc, NULL, (size_t size), (size))                                             \
	X(void *, calloc, NULL, (size_t count, size_t size), (count, size))

#define WEFT_REAL_LATER_FUNCTIONS(X)                                                               \
	X(int, dlclose, NULL, (void *handle), (handle))                                            \
	X(int, execve, NULL, (const char *path, char *const words[], char *const environment[]),   \
	  (path, words, environment))                                                              \
	X(int, execvpe, NULL, (const char *file, char *const words[], char *const environment[]),  \
	  (file, words, environment))                                                              \
	X(int, fexecve, NULL, (int fd, char *const words[], char *const environment[]),            \
	  (fd, words, environment))                                                                \
	X(int, execveat, NULL,                                                                     \
	  (int folder_fd, const char *path, char *const words[], char *const environment[],        \
	   int flags),                                                                             \
	  (folder_fd, path, words, environment, flags))                                            \
	X(int, sigaction, NULL,                                                                    \
	  (int number, const struct sigaction *action, struct sigaction *ret_former),              \
	  (number, action, ret_former))                                                            \
	X(weft_signal_fn, signal, NULL, (int number, weft_signal_fn handler), (number, handler))   \
	X(void *, realloc, NULL, (void *ptr, size_t size), (ptr, size))                            \
	X(void *, memalign, NULL, (size_t alignment, size_t size), (alignment, size))              \
	X(void *, aligned_alloc, NULL, (size_t alignment, size_t size), (alignment, size))         \
	X(int, posix_memalign, NULL, (void **ret_ptr, size_t alignment, size_t size),              \
	  (ret_ptr, alignment, size))                                                              \
	X(void *, valloc, NULL, (size_t size), (size))                                             \
	X(void *, pvalloc, NULL, (size_t size), (size))                                            \
	X(int, pthread_create, NULL,                                                               \
	  (pthread_t * ret_thread, const pthread_attr_t *attributes, weft_thread_fn start,         \
	   void *argument),                                                                        \
	  (ret_thread, attributes, start, argument))                                               \
	X(int, pthread_join, NULL, (pthread_t thread, void **ret_result), (thread, ret_result))    \
	X(int, pthread_mutex_lock, NULL, (pthread_mutex_t * mutex), (mutex))                       \
	X(int, pthread_mutex_trylock, NULL, (pthread_mutex_t * mutex), (mutex))                    \
	X(int, pthread_mutex_timedlock, NULL,                                                      \
	  (pthread_mutex_t * mutex, const struct timespec *deadline), (mutex, deadline))           \
	X(int, pthread_mutex_clocklock, NULL,                                                      \
	  (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *deadline),             \
	  (mutex, clock, deadline))                                                                \
	X(int, pthread_mutex_unlock, NULL, (pthread_mutex_t * mutex), (mutex))                     \
	X(int, pthread_cond_wait, "GLIBC_2.3.2",                                                   \
	  (pthread_cond_t * condition, pthread_mutex_t * mutex), (condition, mutex))               \
	X(int, pthread_cond_timedwait, "GLIBC_2.3.2",                                              \
	  (pthread_cond_t * condition, pthread_mutex_t * mutex, const struct timespec *deadline),  \
	  (condition, mutex, deadline))                                                            \
	X(int, pthread_cond_clockwait, NULL,                                                       \
	  (pthread_cond_t * condition, pthread_mutex_t * mutex, clockid_t clock,                   \
	   const struct timespec *deadline),                                                       \
	  (condition, mutex, clock, deadline))                                                     \
	X(int, pthread_rwlock_rdlock, NULL, (pthread_rwlock_t * rwlock), (rwlock))                 \
	X(int, pthread_rwlock_tryrdlock, NULL, (pthread_rwlock_t * rwlock), (rwlock))              \
	X(int, pthread_rwlock_timedrdlock, NULL,                                                   \
	  (pthread_rwlock_t * rwlock, const struct timespec *deadline), (rwlock, deadline))        \
	X(int, pthread_rwlock_clockrdlock, NULL,                                                   \
	  (pthread_rwlock_t * rwlock, clockid_t clock, const struct timespec *deadline),           \
	  (rwlock, clock, deadline))                                                               \
	X(int, pthread_rwlock_wrlock, NULL, (pthread_rwlock_t * rwlock), (rwlock))                 \
	X(int, pthread_rwlock_trywrlock, NULL, (pthread_rwlock_t * rwlock), (rwlock))              \
	X(int, pthread_rwlock_timedwrlock, NULL,                                                   \
	  (pthread_rwlock_t * rwlock, const struct timespec *deadline), (rwlock, deadline))        \
	X(int, pthread_rwlock_clockwrlock, NULL,                                                   \
	  (pthread_rwlock_t * rwlock, clockid_t clock, const struct timespec *deadline),           \
	  (rwlock, clock, deadline))                                                               \
	X(int, pthread_rwlock_unlock, NULL, (pthread_rwlock_t * rwlock), (rwlock))                 \
	X(int, pthread_barrier_wait, NULL, (pthread_barrier_t * barrier), (barrier))               \
	X(int, sem_wait, NULL, (sem_t * semaphore), (semaphore))                                   \
	X(int, sem_trywait, NULL, (sem_t * semaphore), (semaphore))                                \
	X(int, sem_timedwait, NULL, (sem_t * semaphore, const struct timespec *deadline),          \
	  (semaphore, deadline))                                                                   \
	X(int, sem_clockwait, NULL,                                                                \
	  (sem_t * semaphore, clockid_t clock, const struct timespec *deadline),                   \
	  (semaphore, clock, deadline))

/*
 * What may wait for a file, another process or a time; see io.c. Those with _chk are what _FORTIFY_SOURCE
 * makes of the others.
 */
#define WEFT_REAL_IO_FUNCTIONS(X)                                                                  \
	X(ssize_t, read, NULL, (int fd, void *bytes, size_t size), (fd, bytes, size))              \
	X(ssize_t, __read_chk, NULL, (int fd, void *bytes, size_t size, size_t room),              \
	  (fd, bytes, size, room))                                                                 \
	X(ssize_t, readv, NULL, (int fd, const struct iovec *pieces, int count),                   \
	  (fd, pieces, count))                                                                     \
	X(ssize_t, write, NULL, (int fd, const void *bytes, size_t size), (fd, bytes, size))       \
	X(ssize_t, writev, NULL, (int fd, const struct iovec *pieces, int count),                  \
	  (fd, pieces, count))                                                                     \
	X(ssize_t, recv, NULL, (int fd, void *bytes, size_t size, int flags),                      \
	  (fd, bytes, size, flags))                                                                \
	X(ssize_t, __recv_chk, NULL, (int fd, void *bytes, size_t size, size_t room, int flags),   \
	  (fd, bytes, size, room, flags))                                                          \
	X(ssize_t, recvfrom, NULL,                                                                 \
	  (int fd, void *bytes, size_t size, int flags, struct sockaddr *peer, socklen_t *len),    \
	  (fd, bytes, size, flags, peer, len))                                                     \
	X(ssize_t, __recvfrom_chk, NULL,                                                           \
	  (int fd, void *bytes, size_t size, size_t room, int flags, struct sockaddr *peer,        \
	   socklen_t *len),                                                                        \
	  (fd, bytes, size, room, flags, peer, len))                                               \
	X(ssize_t, recvmsg, NULL, (int fd, struct msghdr *message, int flags),                     \
	  (fd, message, flags))                                                                    \
	X(ssize_t, send, NULL, (int fd, const void *bytes, size_t size, int flags),                \
	  (fd, bytes, size, flags))                                                                \
	X(ssize_t, sendto, NULL,                                                                   \
	  (int fd, const void *bytes, size_t size, int flags, const struct sockaddr *peer,         \
	   socklen_t len),                                                                         \
	  (fd, bytes, size, flags, peer, len))                                                     \
	X(ssize_t, sendmsg, NULL, (int fd, const struct msghdr *message, int flags),               \
	  (fd, message, flags))                                                                    \
	X(int, accept, NULL, (int fd, struct sockaddr *peer, socklen_t *len), (fd, peer, len))     \
	X(int, accept4, NULL, (int fd, struct sockaddr *peer, socklen_t *len, int flags),          \
	  (fd, peer, len, flags))                                                                  \
	X(int, connect, NULL, (int fd, const struct sockaddr *peer, socklen_t len),                \
	  (fd, peer, len))                                                                         \
	X(int, poll, NULL, (struct pollfd * fds, nfds_t count, int timeout_ms),                    \
	  (fds, count, timeout_ms))                                                                \
	X(int, __poll_chk, NULL, (struct pollfd * fds, nfds_t count, int timeout_ms, size_t room), \
	  (fds, count, timeout_ms, room))                                                          \
	X(int, ppoll, NULL,                                                                        \
	  (struct pollfd * fds, nfds_t count, const struct timespec *timeout,                      \
	   const sigset_t *mask),                                                                  \
	  (fds, count, timeout, mask))                                                             \
	X(int, __ppoll_chk, NULL,                                                                  \
	  (struct pollfd * fds, nfds_t count, const struct timespec *timeout,                      \
	   const sigset_t *mask, size_t room),                                                     \
	  (fds, count, timeout, mask, room))                                                       \
	X(int, select, NULL,                                                                       \
	  (int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *timeout),     \
	  (count, reads, writes, others, timeout))                                                 \
	X(int, pselect, NULL,                                                                      \
	  (int count, fd_set *reads, fd_set *writes, fd_set *others,                               \
	   const struct timespec *timeout, const sigset_t *mask),                                  \
	  (count, reads, writes, others, timeout, mask))                                           \
	X(int, epoll_wait, NULL, (int fd, struct epoll_event *events, int count, int timeout_ms),  \
	  (fd, events, count, timeout_ms))                                                         \
	X(int, epoll_pwait, NULL,                                                                  \
	  (int fd, struct epoll_event *events, int count, int timeout_ms, const sigset_t *mask),   \
	  (fd, events, count, timeout_ms, mask))                                                   \
	X(int, nanosleep, NULL, (const struct timespec *pause, struct timespec *ret_left),         \
	  (pause, ret_left))                                                                       \
	X(int, clock_nanosleep, NULL,                                                              \
	  (clockid_t clock, int flags, const struct timespec *pause, struct timespec *ret_left),   \
	  (clock, flags, pause, ret_left))                                                         \
	X(unsigned int, sleep, NULL, (unsigned int seconds), (seconds))                            \
	X(int, usleep, NULL, (useconds_t us), (us))                                                \
	X(int, flock, NULL, (int fd, int operation), (fd, operation))                              \
	X(int, fsync, NULL, (int fd), (fd))                                                        \
	X(int, fdatasync, NULL, (int fd), (fd))                                                    \
	X(pid_t, waitpid, NULL, (pid_t pid, int *ret_status, int options),                         \
	  (pid, ret_status, options))

/* free() has a member of its own: it returns nothing. */
#define WEFT_REAL_POINTER(result, name, version, parameters, arguments) result(*name) parameters;

struct weft_real {
	WEFT_REAL_FUNCTIONS(WEFT_REAL_POINTER)
	void (*free)(void *ptr);
};

/* Hidden, so that a hook gets at it without a detour. */
extern struct weft_real weft_real __attribute__((visibility("hidden")));

/* Whether an address is the arena's: such memory is never given back. */
bool weft_real_is_arena(const void *ptr);
/* Bytes behind it that may be copied out: up to the arena's end. */
size_t weft_real_arena_rest(const void *ptr);

/*
 * From here on memory comes from mappings of our own and is never given back: for a copy of the process
 * that has little to do, and in which any lock of the allocator may be held for ever.
 */
void weft_real_use_own_memory(void);

#endif
