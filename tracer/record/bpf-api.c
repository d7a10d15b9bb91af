// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * libbpf's functions. See bpf-api.h.
 */
#include "bpf-api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

int weft_bpf_load(const struct weft_bpf **ret_bpf, struct weft_error *err)
{
	static struct weft_bpf bpf;
	static const struct {
		const char *name;
		size_t offset;
	} functions[] = {
#define ROW(name) {#name, offsetof(struct weft_bpf, name)},
		WEFT_BPF_FUNCTIONS(ROW)
#undef ROW
	};
	void *library = dlopen("libbpf.so.1", RTLD_NOW | RTLD_LOCAL);
	size_t i;

	if (!library) {
		return weft_error_set(err, -ENOENT,
				      "BPF: libbpf.so.1 is not installed (package libbpf1)");
	}
	/* Opened again and again it is the same library; it stays loaded. */
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *address = dlsym(library, functions[i].name);

		if (!address) {
			return weft_error_set(err, -ENOSYS,
					      "BPF: libbpf.so.1 is too old: it lacks %s()",
					      functions[i].name);
		}
		*(void **)((char *)&bpf + functions[i].offset) = address;
	}
	*ret_bpf = &bpf;
	return 0;
}
