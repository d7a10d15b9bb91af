// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * /debug/pprof/symbol: names of addresses of the process. Source: net/http/pprof.Symbol.
 */
#include "handlers.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

/* Symbol tables beside the objects count too; nothing is fetched from elsewhere. */
static char *debug_path;
static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.debuginfo_path = &debug_path,
};

static Dwfl *open_process(pid_t pid)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (dwfl &&
	    (dwfl_linux_proc_report(dwfl, pid) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0)) {
		dwfl_end(dwfl);
		dwfl = NULL;
	}
	return dwfl;
}

static void print_names(FILE *out, Dwfl *dwfl, const char *text, size_t len)
{
	const char *end = text + len;
	uint64_t address = 0;

	while (text && weft_query_next_address(&text, end, &address)) {
		Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
		const char *name = module ? dwfl_module_addrname(module, address) : NULL;

		if (name) {
			(void)fprintf(out, "0x%" PRIx64 " %s\n", address, name);
		}
	}
}

void weft_handler_symbol(struct weft_exchange *exchange)
{
	const char *addresses = exchange->is_post ? exchange->body : exchange->addresses;
	size_t len = exchange->is_post ? exchange->body_size : exchange->address_len;
	char *page = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&page, &size);
	Dwfl *dwfl = NULL;

	if (out) {
		/* Clients only tell 0 from more. */
		(void)fprintf(out, "num_symbols: 1\n");
		if (len > 0) {
			dwfl = open_process(exchange->pid);
			print_names(out, dwfl, addresses, len);
		}
		if (fclose(out) != 0) {
			free(page);
			page = NULL;
		}
	}
	dwfl_end(dwfl);
	weft_exchange_send(exchange, MHD_HTTP_OK, "text/plain; charset=utf-8", page, size);
}
