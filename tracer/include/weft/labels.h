// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Labels: what runtime/pprof's label sets are to Go. Pairs of texts that a thread carries while it works
 * for somebody; the profiles of CPU time, of waiting and of locks, and thread stacks tell them apart.
 *
 *     WEFT_LABELS({"handler", "search"}, {"customer", name}) {
 *             ...                    samples of this thread carry both
 *     }
 *
 * A set is immutable and counted: whoever holds a reference may read it on any thread, for as long
 * as wanted. NULL is the empty set. A thread has one current set, of which it holds a reference. A
 * profile holds references of its own to the sets that its samples met, so a set may be dropped at
 * any time; a million different ones (a request id each) cost what is alive and sampled, no more. The
 * profiles `block` and `mutex`, which last as long as the process, keep the first thousand that they
 * meet, and say so when samples go without.
 *
 * New threads begin with the labels of the thread that created them, as goroutines do: libweft sees
 * pthread_create(), whether called by C, by C++ or by another library. Pools, whose threads are there
 * already, hand a set over: weft_labels_capture() where work is submitted, weft_labels_attach()
 * where it is done.
 *
 * | Go                         | here                                              |
 * |----------------------------|---------------------------------------------------|
 * | pprof.Labels               | an array of struct weft_label                     |
 * | pprof.WithLabels           | weft_labels_with()                                |
 * | pprof.Label                | weft_labels_find()                                |
 * | pprof.ForLabels            | weft_labels_for_each()                            |
 * | pprof.SetGoroutineLabels   | weft_labels_set()                                 |
 * | pprof.Do                   | weft_labels_do(); scopes: WEFT_LABELS()           |
 *
 * Keys are unique within a set and sorted; a later pair replaces an earlier one with the same key.
 * There is no way to remove a key, as in Go: set it to "".
 *
 * Threads: any. Signals: not safe (but a signal handler that samples a thread may strike anywhere in
 * these functions). errno is preserved.
 * Cost: with() and do() allocate once; set() is a few atomic operations.
 * WEFT_DISABLE has no effect on this header.
 * Source of the semantics: package runtime/pprof of Go.
 */
#ifndef WEFT_LABELS_H
#define WEFT_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most labels of a set. */
#define WEFT_LABELS_MAX 64
/** Most bytes of all keys and values of a set, with a NUL each. */
#define WEFT_LABELS_SIZE_MAX 16384

/** A pair. Texts are copied, bytes as they are; NULL value counts as "". */
struct weft_label {
	const char *key;   /**< Not NULL, not "". */
	const char *value; /**< Any text. */
};

/** An immutable set. NULL is the empty one. */
struct weft_labels;

/**
 * A set with everything in `parent`, and `labels` over it. (Go: WithLabels)
 *
 * @param parent   May be NULL. Not changed; no reference is taken from the caller.
 * @param labels   `count` pairs; may be NULL when count is 0.
 * @param ret_set  A reference, to be given back by weft_labels_put_ref(); NULL when the set is empty.
 * @return 0; -EINVAL: a key is NULL or ""; -E2BIG: over WEFT_LABELS_MAX or _SIZE_MAX; -ENOMEM.
 */
WEFT_API int weft_labels_with(const struct weft_labels *parent, const struct weft_label *labels,
			      size_t count, struct weft_labels **ret_set) WEFT_USE_RESULT_;

/** Another reference to the same set. NULL is fine. @return `set`. */
WEFT_API struct weft_labels *weft_labels_get_ref(const struct weft_labels *set);

/** Gives a reference back; the last one frees the set. NULL is fine. */
WEFT_API void weft_labels_put_ref(struct weft_labels *set);

/** How many pairs there are. */
WEFT_API size_t weft_labels_count(const struct weft_labels *set);

/** The value of a key, borrowed from the set; NULL: there is no such key. (Go: Label) */
WEFT_API const char *weft_labels_find(const struct weft_labels *set, const char *key);

/**
 * Calls `visit` for each pair in the order of keys until it returns false. (Go: ForLabels)
 *
 * @param visit  On this thread; its texts are borrowed from the set.
 */
WEFT_API void weft_labels_for_each(const struct weft_labels *set,
				   bool (*visit)(void *ctx, const char *key, const char *value),
				   void *ctx);

/** The calling thread's current set, borrowed until it sets another. */
WEFT_API const struct weft_labels *weft_labels_borrow_current(void);

/**
 * Replaces the calling thread's current set; NULL clears it. (Go: SetGoroutineLabels)
 *
 * @param set  Not taken: the thread gets a reference of its own.
 */
WEFT_API void weft_labels_set(const struct weft_labels *set);

/** A reference to the calling thread's current set, for another thread to attach. */
WEFT_API struct weft_labels *weft_labels_capture(void) WEFT_USE_RESULT_;

/** Makes a captured set the calling thread's current one. @param set  Taken. */
WEFT_API void weft_labels_attach(struct weft_labels *set);

/* ---- For a while ---- */

/** What weft_labels_do() puts back. */
struct weft_labels_do_ {
	struct weft_labels *base; /* A reference: the thread's own may go meanwhile. */
	struct weft_labels *set;
};

/* Inline, as all that an exception may pass through: it is compiled by the program's compiler. */
WEFT_INLINE_ void weft_labels_do_end_(struct weft_labels_do_ *scope)
{
	weft_labels_attach(scope->base); /* Takes the reference. */
	weft_labels_put_ref(scope->set);
}

/**
 * Runs `function` with `base` and `labels` over it as this thread's labels. (Go: Do)
 *
 * Afterwards (also when a C++ exception passes) the thread has the labels of `base`: not what it had
 * before, should that have been something else. Go does so too.
 *
 * @param base      The caller's set, e.g. what it was called with itself, or
 *                  weft_labels_borrow_current(). May be NULL. Kept alive meanwhile.
 * @param function  Called once, whatever happens; its `set` is the new one, borrowed.
 * @return 0; as weft_labels_with(): `function` ran with `base` only.
 */
WEFT_INLINE_ int weft_labels_do(const struct weft_labels *base, const struct weft_label *labels,
				size_t count,
				void (*function)(void *ctx, const struct weft_labels *set),
				void *ctx)
{
	struct weft_labels_do_ scope __attribute__((cleanup(weft_labels_do_end_))) = {
		weft_labels_get_ref(base), WEFT_NULL_};
	int ret = weft_labels_with(base, labels, count, &scope.set);
	const struct weft_labels *set = ret == 0 ? scope.set : scope.base;

	weft_labels_set(set);
	function(ctx, set);
	return ret;
}

/** What a scope puts back. Leave it alone. */
struct weft_labels_scope {
	struct weft_labels *previous;
};

/** The current labels, and `labels` over them, until weft_labels_scope_end_(). Not for direct use. */
WEFT_API struct weft_labels_scope weft_labels_scope_begin_(const struct weft_label *labels,
							   size_t count);
WEFT_API void weft_labels_scope_end_(struct weft_labels_scope *scope);

#ifndef __cplusplus
/**
 * A block whose samples carry more labels: `WEFT_LABELS({"key", "value"}, ...) { ... }`. What the thread
 * had before is put back when the block is left in any way: end, `break` or `continue` (both leave
 * the block), `return`, `goto`, but not longjmp(). When the labels cannot be had (no memory, too
 * many), the block runs without them. C++ has weft::labels_scope for this.
 */
#define WEFT_LABELS(...)                                                                           \
	WEFT_LABELS_SCOPE_(                                                                        \
		WEFT_JOIN_(weft_labels_, __COUNTER__), ((const struct weft_label[]){__VA_ARGS__}), \
		sizeof((const struct weft_label[]){__VA_ARGS__}) / sizeof(struct weft_label))
#define WEFT_LABELS_SCOPE_(variable, labels, count)                                                \
	for (struct weft_labels_scope variable __attribute__((cleanup(weft_labels_scope_end_))) =  \
		     weft_labels_scope_begin_(labels, count),                                      \
					       *WEFT_JOIN_(variable, once_) = &(variable);         \
	     WEFT_JOIN_(variable, once_); WEFT_JOIN_(variable, once_) = WEFT_NULL_)
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

#if __cplusplus >= 201103L

#include <initializer_list>

namespace weft
{

/** Labels until the end of the scope: `weft::labels_scope labels({{"key", "value"}});` */
class labels_scope
{
      public:
	WEFT_NODISCARD_ explicit labels_scope(std::initializer_list<weft_label> labels)
	    : scope_(weft_labels_scope_begin_(labels.begin(), labels.size()))
	{
	}
	labels_scope(const labels_scope &) = delete;
	labels_scope &operator=(const labels_scope &) = delete;
	~labels_scope()
	{
		weft_labels_scope_end_(&scope_);
	}

      private:
	weft_labels_scope scope_;
};

} // namespace weft

#endif /* C++11 */

#endif
