// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * libmicrohttpd's functions for the command line, which loads that library when it serves something and not
 * before: with what it brings for TLS it takes longer to start than many a report to make. Programs that
 * serve themselves are linked with the library as usual, by libweft-http.
 *
 * Everything begins with a daemon, so MHD_start_daemon() loads the library; nothing else is called unless
 * that was successful. When it cannot be loaded, errno is ELIBACC.
 *
 * Threads: any; the pointers are written once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#define LIBRARY "libmicrohttpd.so.12"

/* Type, name, parameters, arguments of the functions that answer. */
#define FUNCTIONS(X)                                                                               \
	X(enum MHD_Result, add_response_header,                                                    \
	  (struct MHD_Response * response, const char *header, const char *content),               \
	  (response, header, content))                                                             \
	X(struct MHD_Response *, create_response_from_buffer,                                      \
	  (size_t size, void *buffer, enum MHD_ResponseMemoryMode mode), (size, buffer, mode))     \
	X(struct MHD_Response *, create_response_from_callback,                                    \
	  (uint64_t size, size_t block_size, MHD_ContentReaderCallback read, void *ctx,            \
	   MHD_ContentReaderFreeCallback release),                                                 \
	  (size, block_size, read, ctx, release))                                                  \
	X(const union MHD_ConnectionInfo *, get_connection_info,                                   \
	  (struct MHD_Connection * connection, enum MHD_ConnectionInfoType type, ...),             \
	  (connection, type))                                                                      \
	X(int, get_connection_values,                                                              \
	  (struct MHD_Connection * connection, enum MHD_ValueKind kind, MHD_KeyValueIterator take, \
	   void *ctx),                                                                             \
	  (connection, kind, take, ctx))                                                           \
	X(const char *, lookup_connection_value,                                                   \
	  (struct MHD_Connection * connection, enum MHD_ValueKind kind, const char *key),          \
	  (connection, kind, key))                                                                 \
	X(enum MHD_Result, queue_response,                                                         \
	  (struct MHD_Connection * connection, unsigned int status,                                \
	   struct MHD_Response *response),                                                         \
	  (connection, status, response))

/* The same for those that return nothing. */
#define ACTIONS(X)                                                                                 \
	X(destroy_response, (struct MHD_Response * response), (response))                          \
	X(resume_connection, (struct MHD_Connection * connection), (connection))                   \
	X(suspend_connection, (struct MHD_Connection * connection), (connection))                  \
	X(stop_daemon, (struct MHD_Daemon * daemon), (daemon))

static struct {
	__typeof__(MHD_start_daemon_va) *start_daemon_va;
#define POINTER(type, name, parameters, arguments)  __typeof__(MHD_##name) *name;
#define ACTION_POINTER(name, parameters, arguments) POINTER(void, name, parameters, arguments)
	FUNCTIONS(POINTER)
	ACTIONS(ACTION_POINTER)
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;

static void load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	if (!handle) {
		return;
	}
	/* POSIX has functions fit into object pointers, ISO C does not. */
#define FIND(type, name, parameters, arguments)                                                    \
	*(void **)&library.name = dlsym(handle, "MHD_" #name);                                     \
	if (!library.name) {                                                                       \
		return;                                                                            \
	}
#define FIND_ACTION(name, parameters, arguments) FIND(void, name, parameters, arguments)
	FIND(, start_daemon_va, , )
	FUNCTIONS(FIND)
	ACTIONS(FIND_ACTION)
	is_loaded = true;
}

struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port,
				    MHD_AcceptPolicyCallback accept, void *accept_ctx,
				    MHD_AccessHandlerCallback handle, void *handle_ctx, ...)
{
	struct MHD_Daemon *daemon;
	va_list options;

	(void)pthread_once(&once, load);
	if (!is_loaded) {
		errno = ELIBACC;
		return NULL;
	}
	va_start(options, handle_ctx);
	daemon = library.start_daemon_va(flags, port, accept, accept_ctx, handle, handle_ctx,
					 options);
	va_end(options);
	return daemon;
}

#define FORWARD(type, name, parameters, arguments)                                                 \
	type MHD_##name parameters                                                                 \
	{                                                                                          \
		return library.name arguments;                                                     \
	}
#define FORWARD_ACTION(name, parameters, arguments)                                                \
	void MHD_##name parameters                                                                 \
	{                                                                                          \
		library.name arguments;                                                            \
	}
FUNCTIONS(FORWARD)
ACTIONS(FORWARD_ACTION)
