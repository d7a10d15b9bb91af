// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Listening sockets. See listen.h.
 */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     128
#define UNIX_PREFIX "unix:"
#define PORT_MAX    65535

static int refuse(const char *text, struct weft_error *err)
{
	return weft_error_set(err, -EINVAL,
			      "'%s' is no address: HOST:PORT, :PORT, [IPV6]:PORT or unix:PATH",
			      text);
}

static bool is_port(const char *text)
{
	size_t len = strlen(text);
	unsigned int value = 0;

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len) {
		return false;
	}
	for (; *text; text++) {
		value = value * 10 + (unsigned int)(*text - '0');
	}
	return value <= PORT_MAX;
}

int weft_listen_parse(const char *text, struct weft_listen_address *ret_address,
		      struct weft_error *err)
{
	const char *host = text;
	const char *colon = strrchr(text, ':');
	size_t len;

	memset(ret_address, 0, sizeof(*ret_address));
	if (strncmp(text, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0) {
		text += sizeof(UNIX_PREFIX) - 1;
		len = strlen(text);
		if (len == 0 || len >= sizeof(ret_address->path)) {
			return weft_error_set(err, -EINVAL,
					      "the path of a unix socket has 1 to %zu bytes",
					      sizeof(ret_address->path) - 1);
		}
		ret_address->is_unix = true;
		memcpy(ret_address->path, text, len);
		return 0;
	}
	if (!colon || !is_port(colon + 1)) {
		return refuse(text, err);
	}
	len = (size_t)(colon - host);
	if (len && host[0] == '[') {
		if (host[len - 1] != ']') {
			return refuse(text, err);
		}
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		return refuse(text, err);
	}
	if (len >= sizeof(ret_address->host)) {
		return refuse(text, err);
	}
	memcpy(ret_address->host, host, len);
	memcpy(ret_address->port, colon + 1, strlen(colon + 1));
	return 0;
}

bool weft_listen_is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
	}
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static int open_tcp(const struct addrinfo *found)
{
	const int on = 1;
	const int off = 0;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	if (found->ai_family == AF_INET6) {
		/* ":PORT" means both families; where that cannot be had, one is better than none. */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		ret = -errno;
		(void)close(fd); /* Nothing was read or written. */
		return ret;
	}
	return fd;
}

static int tell_tcp(int fd, char *ret_text, size_t size)
{
	struct sockaddr_storage address = {0};
	socklen_t address_size = sizeof(address);
	char host[NI_MAXHOST];
	char port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&address, &address_size) < 0 ||
	    getnameinfo((struct sockaddr *)&address, address_size, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV)) {
		return -EIO;
	}
	(void)snprintf(ret_text, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		       port);
	return 0;
}

static int listen_tcp(const struct weft_listen_address *address, bool may_be_public, char *ret_text,
		      size_t size, struct weft_error *err)
{
	const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	const char *host = address->host[0] ? address->host : NULL;
	struct addrinfo *found = NULL;
	int fd = -1;
	int ret = getaddrinfo(host, address->port, &wanted, &found);

	if (ret) {
		return weft_error_set(err, -EADDRNOTAVAIL, "cannot find the address '%s': %s",
				      address->host, gai_strerror(ret));
	}
	if (!may_be_public && !weft_listen_is_loopback(found->ai_addr)) {
		ret = weft_error_set(
			err, -EACCES,
			"'%s:%s' can be reached from other machines, and whoever reads "
			"profiles reads the program: give a token or TLS with it",
			address->host, address->port);
		goto out;
	}
	fd = open_tcp(found);
	ret = fd < 0 ? fd : tell_tcp(fd, ret_text, size);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "cannot listen on '%s:%s'%s", address->host,
					   address->port,
					   ret == -EADDRINUSE ? " (port 0: any that is free)" : "");
	}
out:
	freeaddrinfo(found);
	if (ret < 0 && fd >= 0) {
		(void)close(fd); /* Nothing was read or written. */
	}
	return ret < 0 ? ret : fd;
}

/* A socket file that its server left behind refuses connections. */
static void remove_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int fd;

	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode)) {
		return;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		    errno == ECONNREFUSED) {
			(void)unlink(address->sun_path); /* Else bind() says why not. */
		}
		(void)close(fd); /* Only asked. */
	}
}

static int listen_unix(const struct weft_listen_address *address, char *ret_text, size_t size,
		       struct weft_error *err)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot make a socket");
	}
	memcpy(name.sun_path, address->path, strlen(address->path) + 1);
	remove_stale(&name);
	if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    chmod(address->path, S_IRUSR | S_IWUSR) < 0 || listen(fd, BACKLOG) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot listen on 'unix:%s'",
					   address->path);
		(void)close(fd); /* Nothing was read or written. */
		return ret;
	}
	(void)snprintf(ret_text, size, "unix:%s", address->path);
	return fd;
}

int weft_listen_open(const struct weft_listen_address *address, bool may_be_public, char *ret_text,
		     size_t size, struct weft_error *err)
{
	return address->is_unix ? listen_unix(address, ret_text, size, err)
				: listen_tcp(address, may_be_public, ret_text, size, err);
}
