// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Profiles of older kinds, as gperftools, jemalloc and Go's text forms write them, read into <weft/pprof.h>.
 *
 * | kind | begins with |
 * |---|---|
 * | gperftools CPU profile | machine words 0, 3, 0, period in us, 0 (32 or 64 bit, either byte order) |
 * | heap | `heap profile: ... @ heap_v2/RATE`, `heap/RATE` (Go: RATE is twice the mean gap), `heapprofile` |
 * | jemalloc heap | `heap_v2/RATE`, then stacks with a line `t*:` each |
 * | growth, fragmentation | `heap profile: ... @ growthz`, `fragmentationz` |
 * | counts (Go, gperftools) | `NAME profile: total N` |
 * | contention | `--- contentionz N ---`, `--- mutex:`, `--- contention:` |
 * | threads | `--- threadz N ---`, `--- Thread ID (name: NAME) stack: ---` |
 *
 * Behind it may stand a memory map (`--- Memory map: ---`, `MAPPED_LIBRARIES:`), whose files become the
 * mappings. Addresses of callers are moved into their calls. Sampled heaps are scaled up to what was
 * allocated, as the sampling was: sizes on average RATE bytes apart. Frames of the allocator or profiler
 * itself are named in the profile to be dropped (weft_pprof_set_frame_filters()).
 *
 * Java's kinds are not read.
 *
 * Threads: any. Signals: not safe.
 * Source: gperftools docs/cpuprofile-fileformat.html; jemalloc's jeprof; Go's runtime/pprof.
 */
#ifndef WEFT_PPROF_LEGACY_H
#define WEFT_PPROF_LEGACY_H

#include <weft/pprof.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Decodes a profile of any kind, gzipped or not: pprof's own, or one of the table.
 *
 * @param memory_limit_bytes  As in weft_pprof_decode().
 * @param ret_profile         To be destroyed by the caller.
 * @return 0; -EBADMSG: none of these, or damaged, err says why and where; -ENODATA; -E2BIG; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_pprof_decode_any(const void *bytes, size_t size,
					  uint64_t memory_limit_bytes,
					  struct weft_pprof **ret_profile, struct weft_error *err);
/** As above, from a descriptor, until its end. Also the descriptor's errors. */
WEFT_MUST_CHECK int weft_pprof_read_any_fd(int fd, uint64_t memory_limit_bytes,
					   struct weft_pprof **ret_profile, struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
