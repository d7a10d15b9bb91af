// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A request server on the loopback interface, traced: one task a request, handed from the acceptor
 * to a pool of workers. README.md says what to look at; request.c is where the tracing is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <weft/http.h>
#include <weft/trace.h>

#include "client.h"
#include "database.h"
#include "queue.h"
#include "request.h"

#define THREADS_MAX 64U

/* A client that says nothing for so long gets its 408, so that the server always ends. */
#define CLIENT_PATIENCE_S 5

static const char help[] =
	"Usage: server [OPTION]...\n"
	"Serves checksums of generated documents over HTTP on 127.0.0.1, ends after a number of\n"
	"requests and prints what it did as a line of JSON.\n\n"
	"  -n, --requests N  requests to serve (default: 1000)\n"
	"  -t, --threads N   workers, 1 to 64 (default: 4)\n"
	"  -c, --clients N   built-in clients that send the requests, 0 to 64; 0 waits for yours:\n"
	"                    curl http://127.0.0.1:PORT/document/17 (default: 4)\n"
	"  -p, --port N      port; 0 takes a free one and tells it on stderr (default: 0)\n"
	"  -d, --debug ADDR  serve /debug/pprof/ of this process at ADDR, as 127.0.0.1:6060\n"
	"  -h, --help        this text\n";

struct settings {
	uint64_t requests, threads, clients, port;
	const char *debug_address; /* NULL: no /debug/pprof/. */
};

struct server {
	int listen_fd;
	struct sockaddr_in address;
	struct queue requests;
	struct database database;
	struct statistics statistics;
};

static void *worker_main(void *argument)
{
	struct server *server = argument;
	struct request *request;

	weft_thread_set_name("worker");
	while ((request = queue_pop(&server->requests))) {
		request_serve(request, &server->database, &server->statistics);
	}
	return NULL;
}

static int accept_one(struct server *server)
{
	const struct timeval patience = {.tv_sec = CLIENT_PATIENCE_S};
	struct sockaddr_in peer = {0};
	socklen_t size = sizeof(peer);
	struct request *request = calloc(1, sizeof(*request));

	if (!request) {
		return -ENOMEM;
	}
	do {
		request->fd =
			accept4(server->listen_fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
	} while (request->fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (request->fd < 0) {
		int ret = -errno;

		free(request);
		return ret;
	}
	/* Without a limit to its patience the server still works. */
	(void)setsockopt(request->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)snprintf(request->peer, sizeof(request->peer), "127.0.0.1:%u",
		       (unsigned int)ntohs(peer.sin_port));

	/* The task begins here and ends on a worker: this thread's own context stays as it is. */
	request->task = weft_task_begin_ctx(WEFT_CONTEXT_NONE, "request");
	weft_log_ctx(request->task.context, "client", request->peer);
	queue_push(&server->requests, request);
	return 0;
}

static int open_socket(struct server *server, uint16_t port)
{
	socklen_t size = sizeof(server->address);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	server->address.sin_family = AF_INET;
	server->address.sin_port = htons(port);
	server->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&server->address, size) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&server->address, &size) < 0) {
		(void)fprintf(stderr, "server: listen on 127.0.0.1:%u: %s\n", (unsigned int)port,
			      strerror(errno));
		if (fd >= 0) {
			(void)close(fd);
		}
		return -1;
	}
	server->listen_fd = fd;
	return 0;
}

/* Starts as many as wanted; fewer only when the system refuses. */
static size_t start_threads(pthread_t *threads, uint64_t wanted, void *(*function)(void *),
			    void *argument)
{
	size_t count;

	for (count = 0; count < wanted; count++) {
		int ret = pthread_create(&threads[count], NULL, function, argument);

		if (ret) {
			(void)fprintf(stderr, "server: start a thread: %s\n", strerror(ret));
			break;
		}
	}
	return count;
}

static void join_threads(const pthread_t *threads, size_t count)
{
	while (count--) {
		pthread_join(threads[count], NULL);
	}
}

/* Accepts all requests, then lets the workers finish. */
static int serve(struct server *server, const struct settings *settings)
{
	pthread_t workers[THREADS_MAX], clients[THREADS_MAX];
	struct client_group group = {
		.server = server->address,
		.listen_fd = server->listen_fd,
		.request_count = settings->requests,
	};
	size_t worker_count, client_count = 0;
	uint64_t i;
	int ret = 0;

	worker_count = start_threads(workers, settings->threads, worker_main, server);
	if (worker_count && settings->clients) {
		client_count = start_threads(clients, settings->clients, client_main, &group);
	}
	if (!worker_count || (settings->clients && !client_count)) {
		ret = -EAGAIN;
	}
	for (i = 0; i < settings->requests && ret == 0; i++) {
		ret = accept_one(server);
		if (ret) {
			(void)fprintf(stderr, "server: accept request %" PRIu64 ": %s\n", i,
				      strerror(-ret));
		}
	}
	queue_close(&server->requests);
	/* After a failure clients may still wait to be accepted: they are turned away, and end. */
	atomic_store(&group.next_request, settings->requests);
	(void)shutdown(server->listen_fd, SHUT_RD);
	join_threads(workers, worker_count);
	join_threads(clients, client_count);
	(void)close(server->listen_fd);
	return ret;
}

/* Everything the program called, from what it did. The format is described in ../README.md. */
static void print_counts(const struct statistics *did, const struct database *database)
{
	uint64_t failed = did->request_count - did->served_count;
	uint64_t logs = did->request_count + did->parsed_count + did->served_count + failed;

	(void)printf("{\"tasks\":{\"request\":%" PRIu64 ",\"lookup\":%" PRIu64 "},",
		     did->request_count, database->lookup_count);
	(void)printf("\"failed\":{\"request\":%" PRIu64 ",\"lookup\":%" PRIu64 "},", failed,
		     database->miss_count);
	(void)printf("\"regions\":{\"parse\":%" PRIu64 ",\"work\":%" PRIu64 ",\"wait\":%" PRIu64
		     ",\"search\":%" PRIu64 ",\"checksum\":%" PRIu64 ",\"reply\":%" PRIu64 "},",
		     did->request_count, did->parsed_count, database->lookup_count,
		     database->lookup_count, did->served_count, did->request_count);
	(void)printf("\"logs\":%" PRIu64 ",\"log_categories\":{\"client\":%" PRIu64
		     ",\"path\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"error\":%" PRIu64 "},",
		     logs, did->request_count, did->parsed_count, did->served_count, failed);
	(void)printf("\"bytes\":%" PRIu64 "}\n", did->byte_count);
}

/* All it takes to look into this process with go tool pprof and go tool trace. */
static int start_debug(const char *address, struct weft_http **ret_http)
{
	struct weft_http_options options = WEFT_HTTP_OPTIONS_INIT;
	struct weft_error err = WEFT_ERROR_INIT;

	options.address = address;
	if (weft_http_start(&options, ret_http, &err) < 0) {
		(void)fprintf(stderr, "server: %s\n", err.text);
		return -1;
	}
	(void)fprintf(stderr, "server: look at %s/debug/pprof/\n", weft_http_get_url(*ret_http));
	return 0;
}

static int run(const struct settings *settings)
{
	struct server server = {.statistics.lock = PTHREAD_MUTEX_INITIALIZER};
	struct weft_http *http = NULL;
	int ret;

	if (settings->debug_address && start_debug(settings->debug_address, &http) < 0) {
		return 1;
	}
	if (open_socket(&server, (uint16_t)settings->port) < 0) {
		weft_http_stop(http);
		return 1;
	}
	(void)fprintf(stderr, "server: listening on 127.0.0.1:%u\n",
		      (unsigned int)ntohs(server.address.sin_port));
	ret = database_open(&server.database);
	if (ret) {
		(void)fprintf(stderr, "server: start the database: %s\n", strerror(ret));
		(void)close(server.listen_fd);
		weft_http_stop(http);
		return 1;
	}
	queue_init(&server.requests);
	ret = serve(&server, settings);
	database_close(&server.database);
	queue_fini(&server.requests);
	weft_http_stop(http);
	print_counts(&server.statistics, &server.database);
	return ret ? 1 : 0;
}

static int usage_error(const char *what, const char *value, uint64_t min, uint64_t max)
{
	(void)fprintf(stderr,
		      "server: %s: '%s' is not a number from %" PRIu64 " to %" PRIu64
		      "\nTry 'server --help'.\n",
		      what, value, min, max);
	return 2;
}

static int take_number(const char *what, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(optarg, &end, 10);
	if (errno || end == optarg || *end || optarg[0] == '-' || number < min || number > max) {
		return usage_error(what, optarg, min, max);
	}
	*ret_number = number;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"requests", required_argument, NULL, 'n'},
		{"threads", required_argument, NULL, 't'},
		{"clients", required_argument, NULL, 'c'},
		{"port", required_argument, NULL, 'p'},
		{"debug", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct settings settings = {.requests = 1000, .threads = 4, .clients = 4};
	int option, ret = 0;

	while (ret == 0 && (option = getopt_long(argc, argv, "n:t:c:p:d:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			ret = take_number("--requests", 1, 100000000, &settings.requests);
			break;
		case 't':
			ret = take_number("--threads", 1, THREADS_MAX, &settings.threads);
			break;
		case 'c':
			ret = take_number("--clients", 0, THREADS_MAX, &settings.clients);
			break;
		case 'p':
			ret = take_number("--port", 0, 65535, &settings.port);
			break;
		case 'd':
			settings.debug_address = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return 0;
		default:
			(void)fprintf(stderr, "Try 'server --help'.\n");
			return 2;
		}
	}
	if (ret == 0 && optind < argc) {
		(void)fprintf(stderr, "server: unexpected argument '%s'\nTry 'server --help'.\n",
			      argv[optind]);
		ret = 2;
	}
	return ret ? ret : run(&settings);
}
