// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * libbpf, loaded at run time: the command works without it, with less to tell about scheduling.
 */
#ifndef WEFT_RECORD_BPF_API_H
#define WEFT_RECORD_BPF_API_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <weft/error.h>

/* a table */
/* clang-format off */
#define WEFT_BPF_FUNCTIONS(X)                                                                      \
	X(libbpf_set_print)                                                                        \
	X(bpf_object__open_mem)                                                                    \
	X(bpf_object__load)                                                                        \
	X(bpf_object__close)                                                                       \
	X(bpf_object__find_map_by_name)                                                            \
	X(bpf_object__next_map)                                                                    \
	X(bpf_object__next_program)                                                                \
	X(bpf_program__attach)                                                                     \
	X(bpf_program__name)                                                                       \
	X(bpf_program__autoload)                                                                   \
	X(bpf_program__set_autoload)                                                               \
	X(bpf_link__destroy)                                                                       \
	X(bpf_map__fd)                                                                             \
	X(bpf_map__name)                                                                           \
	X(bpf_map__initial_value)                                                                  \
	X(bpf_map__set_max_entries)                                                                \
	X(bpf_map__set_value_size)                                                                 \
	X(ring_buffer__new)                                                                        \
	X(ring_buffer__consume)                                                                    \
	X(ring_buffer__epoll_fd)                                                                   \
	X(ring_buffer__free)                                                                       \
	X(btf__load_vmlinux_btf)                                                                   \
	X(btf__find_by_name_kind)                                                                  \
	X(btf__type_by_id)                                                                         \
	X(btf__free)                                                                               \
	X(libbpf_num_possible_cpus)
/* clang-format on */

struct weft_bpf {
#define WEFT_BPF_POINTER(name) __typeof__(&name) name;
	WEFT_BPF_FUNCTIONS(WEFT_BPF_POINTER)
#undef WEFT_BPF_POINTER
};

/** @return 0; -ENOENT: not installed; -ENOSYS: installed, but lacks a function. */
WEFT_MUST_CHECK int weft_bpf_load(const struct weft_bpf **ret_bpf, struct weft_error *err);

#endif
