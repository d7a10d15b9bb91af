// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Tasks, regions and logs: what runtime/trace is to Go, for C and C++.
 *
 *     task   a logical operation (a request) that may cross threads and processes
 *     region a stretch of time on one thread, for a task; regions nest
 *     log    a message with a category, for a task
 *
 *     struct weft_task task = weft_task_begin("request");
 *     WEFT_REGION("parse") {
 *             ...
 *     }
 *     weft_logf("client", "%s", name);
 *     weft_task_end(&task);
 *
 * Link with libweft (pkg-config weft, or CMake target weft::weft); nothing else. Record with
 * `weft record -- ./program`, with plain lttng commands, or with weft_trace_start().
 *
 * Which task? Every call exists in two forms. The short one uses the calling thread's current
 * context. The one ending in `_ctx` takes a context: a small value to pass by value, to store in a
 * request object, to hand to another thread, or to send to another process. weft_task_begin() makes
 * the new task current on the calling thread; weft_task_end() puts back what was current before
 * when it runs on the thread that began the task. weft_task_begin_ctx() leaves the thread alone:
 * it is the one for a task that another thread or process will end, which could not put back
 * anything here.
 *
 * Cost. Tracing off: a load and a branch, no call. Tracing on: an LTTng-UST event. With
 * -DWEFT_DISABLE everything disappears: arguments are checked by the compiler and never evaluated,
 * and no libweft is needed. (Arguments of the C++ constructors are evaluated, as C++ wants it.)
 *
 * Mistakes (a region ended twice, on another thread or in the wrong order, a task ended twice) never
 * harm the program or the trace: the trace is repaired, and `weft summary` names the first
 * occurrence of each with its call site.
 *
 * Threads: all functions may be called from any thread, before main(), in static destructors and
 * in the child of fork(). A struct weft_region belongs to the thread that began it; a struct
 * weft_task may be handed on, one thread at a time.
 * Signals: region begin/end, task begin/end and weft_log() may be called in a signal handler of a
 * thread that has called weft_thread_prepare() or has emitted an event before; weft_logf() and
 * the start/stop functions may not.
 * errno is preserved by all functions except weft_trace_start*() and weft_trace_stop().
 * Source of the semantics: package runtime/trace of Go.
 */
#ifndef WEFT_TRACE_H
#define WEFT_TRACE_H

#ifdef WEFT_DISABLE
#include <errno.h>
#endif
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_API            __attribute__((visibility("default")))
#define WEFT_ALWAYS_INLINE_ inline __attribute__((always_inline))
#define WEFT_INLINE_        static WEFT_ALWAYS_INLINE_ __attribute__((unused))
#define WEFT_UNLIKELY_(x)   __builtin_expect(!!(x), 0)
/* After a call: keeps it from becoming a jump, which would hide the caller's address from it. */
#define WEFT_NO_TAIL_CALL_() __asm__ volatile("")

#define WEFT_USE_RESULT_ __attribute__((warn_unused_result))
#ifdef __cplusplus
#define WEFT_NULL_ nullptr
#else
#define WEFT_NULL_ 0
#endif

/** Bytes kept of a task's type in struct weft_task; longer types are cut in task_end events only. */
#define WEFT_TASK_TYPE_SIZE 48

/**
 * The task that work belongs to. Pass it by value. All zero is "no task" (the background task).
 * The number may be sent to another process, which then uses WEFT_CONTEXT(number).
 */
struct weft_context {
	uint64_t task; /**< Task id, 0 for none. */
};

#ifdef __cplusplus
#define WEFT_CONTEXT(task_id) (weft_context{(task_id)})
#else
#define WEFT_CONTEXT(task_id) ((struct weft_context){(task_id)})
#endif
#define WEFT_CONTEXT_NONE WEFT_CONTEXT(0)

/** A running task. Read `context`; leave the rest alone. Copy it only to hand it over. */
struct weft_task {
	struct weft_context context;  /**< The task itself: give this to other threads. */
	struct weft_context previous; /**< What weft_task_begin() replaced. */
	int32_t tid;                  /**< Thread whose current context was replaced, or 0. */
	uint32_t state;               /**< enum weft_span_state. */
	char type[WEFT_TASK_TYPE_SIZE];
};

/** An open region. Lives on the stack of the thread that opened it; leave its fields alone. */
struct weft_region {
	struct weft_context context;
	const char *name;    /**< Borrowed until the region ends. */
	uint32_t seq;        /**< Number within the thread. */
	uint32_t outer_seq;  /**< Region around it on this thread, 0 for none. */
	uint32_t outer_name; /**< The number of that region's name, for samplers. */
	int32_t tid;
	uint32_t state; /**< enum weft_span_state. */
};

enum weft_span_state {
	WEFT_SPAN_OFF = 0,  /**< Begun while tracing was off: its end does nothing. */
	WEFT_SPAN_OPEN = 1, /**< Begun and not ended. */
	WEFT_SPAN_DONE = 2, /**< Ended. */
};

/* ---- Not part of the interface: what the inline functions below need. ---- */

/** Non-zero ints while someone records that kind of event. */
struct weft_gates {
	const int *task;
	const int *region;
	const int *log;
	const int *account;
};

#ifndef WEFT_DISABLE
extern WEFT_API struct weft_gates weft_gates_;
extern WEFT_API __thread struct weft_context weft_context_current_
	__attribute__((tls_model("initial-exec")));

WEFT_API struct weft_task weft_task_begin_(struct weft_context parent, const char *type,
					   bool attach);
WEFT_API struct weft_task weft_task_adopt_(struct weft_context context, const char *type);
WEFT_API void weft_task_end_(struct weft_task *task, const char *error);
WEFT_API struct weft_region weft_region_begin_(struct weft_context context, const char *name);
WEFT_API void weft_region_end_(struct weft_region *region, const char *error);
WEFT_API void weft_log_(struct weft_context context, const char *category, const char *message);
WEFT_API void weft_logf_(struct weft_context context, const char *category, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
WEFT_API void weft_context_switch_(struct weft_context next);
#endif

/*
 * For WEFT_DISABLE: checked by the compiler, never reached. Not sizeof: C++ before 20 allows no
 * lambda there, and clang warns of side effects there.
 */
#define WEFT_DROP_(x) ((void)(1 ? 0 : ((void)(x), 0)))

/* ---- Is anybody recording? ---- */

#ifndef WEFT_DISABLE
#define WEFT_GATE_(kind) WEFT_UNLIKELY_(__atomic_load_n(weft_gates_.kind, __ATOMIC_RELAXED) != 0)
#else
#define WEFT_GATE_(kind) 0
#endif

/**
 * Whether at least one recording wants tasks, regions or logs of this process now. Use it to skip
 * work that only prepares what would be traced. (Go: trace.IsEnabled)
 */
WEFT_INLINE_ bool weft_trace_is_enabled(void)
{
	return WEFT_GATE_(task) || WEFT_GATE_(region) || WEFT_GATE_(log);
}

/* ---- Recording from inside the program ---- */

#ifndef WEFT_DISABLE

/**
 * Starts recording this process into a Go trace file. (Go: trace.Start)
 *
 * Runs the `weft` command as a child (found by the environment variable WEFT_BIN, beside libweft as
 * ../bin/weft, or in PATH), which records this process in a private LTTng session; the file is
 * written by weft_trace_stop(). Other recordings of this process are not disturbed.
 *
 * @param path  File to write, replaced if it exists; copied.
 * @return 0 when recording; -EBUSY: already started by this function; -ENOENT: no weft command, or
 *         LTTng-UST is not installed; -ENOTSUP: compiled with WEFT_DISABLE; -ETIMEDOUT, or another
 *         negative errno: the recorder refused. weft_trace_error() says why. After a failure
 *         nothing is left behind.
 *
 * Threads: any; one start or stop at a time (others wait). Signals: not safe. Blocks until events
 * are being recorded (typically under a second).
 */
WEFT_API int weft_trace_start(const char *path) WEFT_USE_RESULT_;

/**
 * As weft_trace_start(), writing to a file descriptor (a pipe or socket will do).
 *
 * @param fd  Duplicated; the caller may close its own at once.
 */
WEFT_API int weft_trace_start_fd(int fd) WEFT_USE_RESULT_;

/**
 * Stops the recording that weft_trace_start*() began and writes the trace. (Go: trace.Stop)
 *
 * @return 0 when the trace is complete on return; -EALREADY: none was running; another negative
 *         errno: the trace could not be written, weft_trace_error() says why.
 */
WEFT_API int weft_trace_stop(void);

/** One line about this thread's last failed weft_trace_*() call, "" if none failed. Borrowed. */
WEFT_API const char *weft_trace_error(void);

/* ---- Threads ---- */

/**
 * Makes the calling thread ready to emit from signal handlers (touches all thread-local storage that
 * the event path needs). Optional otherwise.
 */
WEFT_API void weft_thread_prepare(void);

/**
 * Names the calling thread in traces; without it the name is the kernel's (pthread_setname_np(),
 * at most 15 bytes).
 *
 * @param name  Copied, cut to 63 bytes. NULL or "" returns to the kernel's name.
 */
WEFT_API void weft_thread_set_name(const char *name);

#else

WEFT_INLINE_ int weft_trace_start(const char *path) WEFT_USE_RESULT_;
WEFT_INLINE_ int weft_trace_start(const char *path)
{
	(void)path;
	return -ENOTSUP;
}

WEFT_INLINE_ int weft_trace_start_fd(int fd) WEFT_USE_RESULT_;
WEFT_INLINE_ int weft_trace_start_fd(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

WEFT_INLINE_ int weft_trace_stop(void)
{
	return -EALREADY;
}

WEFT_INLINE_ const char *weft_trace_error(void)
{
	return "this program was compiled without tracing (WEFT_DISABLE)";
}

#define weft_thread_prepare()      ((void)0)
#define weft_thread_set_name(name) WEFT_DROP_(name)

#endif

/* ---- Contexts ---- */

/** The calling thread's current context. */
WEFT_INLINE_ struct weft_context weft_context_current(void)
{
#ifndef WEFT_DISABLE
	return weft_context_current_;
#else
	return WEFT_CONTEXT_NONE;
#endif
}

/**
 * Replaces the calling thread's current context, typically when a worker takes up a request.
 *
 * @return What was current before, to be put back afterwards.
 */
#ifndef WEFT_DISABLE
WEFT_INLINE_ struct weft_context weft_context_set(struct weft_context next)
{
	struct weft_context previous = weft_context_current_;

	if (WEFT_GATE_(account) && next.task != previous.task) {
		weft_context_switch_(next);
		WEFT_NO_TAIL_CALL_();
	}
	weft_context_current_ = next;
	return previous;
}
#else
#define weft_context_set(next) (WEFT_DROP_(next), weft_context_current())
#endif

/* ---- Tasks, regions, logs ---- */

#ifndef WEFT_DISABLE

/**
 * Begins a task whose parent is `parent`; the calling thread's current context stays.
 *
 * @param type  Groups tasks in reports: few distinct values, no ids in it. Copied.
 * @return The task; its context is WEFT_CONTEXT_NONE when nobody records.
 */
WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_task weft_task_begin_ctx(struct weft_context parent,
								   const char *type)
{
	struct weft_task task;

	if (WEFT_GATE_(task)) {
		return weft_task_begin_(parent, type, false);
	}
	task.context.task = 0;
	task.state = WEFT_SPAN_OFF;
	return task;
}

/**
 * Begins a task under the calling thread's current one and makes it current on this thread.
 * (Go: trace.NewTask)
 */
WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_task weft_task_begin(const char *type)
{
	struct weft_task task;

	if (WEFT_GATE_(task)) {
		return weft_task_begin_(weft_context_current_, type, true);
	}
	task.context.task = 0;
	task.state = WEFT_SPAN_OFF;
	return task;
}

/**
 * Takes over a task that was begun elsewhere, typically in another process that sent its number, to
 * end it here. Emits nothing; whoever began the task must not end it.
 *
 * @param context  The task. WEFT_CONTEXT_NONE gives a task whose end does nothing.
 * @param type     As at its begin; copied.
 */
WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_task weft_task_adopt(struct weft_context context,
							       const char *type)
{
	struct weft_task task;

	if (WEFT_GATE_(task)) {
		return weft_task_adopt_(context, type);
	}
	task.context = context;
	task.state = WEFT_SPAN_OFF;
	return task;
}

/** Ends the task, on any thread. (Go: Task.End) */
WEFT_INLINE_ void weft_task_end(struct weft_task *task)
{
	if (WEFT_UNLIKELY_(task->state != WEFT_SPAN_OFF)) {
		weft_task_end_(task, "");
		WEFT_NO_TAIL_CALL_();
	}
}

/** Ends the task as failed. @param error  What went wrong; "" means success. */
WEFT_INLINE_ void weft_task_end_error(struct weft_task *task, const char *error)
{
	if (WEFT_UNLIKELY_(task->state != WEFT_SPAN_OFF)) {
		weft_task_end_(task, error);
		WEFT_NO_TAIL_CALL_();
	}
}

/**
 * Begins a region of `context` on the calling thread. (Go: trace.StartRegion)
 *
 * @param name  Groups regions in reports; must stay valid until the region ends.
 */
WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_region weft_region_begin_ctx(struct weft_context context,
								       const char *name)
{
	struct weft_region region;

	if (WEFT_GATE_(region)) {
		return weft_region_begin_(context, name);
	}
	region.state = WEFT_SPAN_OFF;
	return region;
}

/** Begins a region of the calling thread's current context. */
WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_region weft_region_begin(const char *name)
{
	struct weft_region region;

	if (WEFT_GATE_(region)) {
		return weft_region_begin_(weft_context_current_, name);
	}
	region.state = WEFT_SPAN_OFF;
	return region;
}

/** Ends the region; regions opened inside it and still open end with it. (Go: Region.End) */
WEFT_INLINE_ void weft_region_end(struct weft_region *region)
{
	if (WEFT_UNLIKELY_(region->state != WEFT_SPAN_OFF)) {
		weft_region_end_(region, "");
		WEFT_NO_TAIL_CALL_();
	}
}

/** Ends the region as failed. @param error  What went wrong; "" means success. */
WEFT_INLINE_ void weft_region_end_error(struct weft_region *region, const char *error)
{
	if (WEFT_UNLIKELY_(region->state != WEFT_SPAN_OFF)) {
		weft_region_end_(region, error);
		WEFT_NO_TAIL_CALL_();
	}
}

/** Records a message under a category. (Go: trace.Log) Both texts are copied. */
WEFT_INLINE_ void weft_log_ctx(struct weft_context context, const char *category,
			       const char *message)
{
	if (WEFT_GATE_(log)) {
		weft_log_(context, category, message);
		WEFT_NO_TAIL_CALL_();
	}
}

/** weft_log_ctx() for the calling thread's current context. */
WEFT_INLINE_ void weft_log(const char *category, const char *message)
{
	if (WEFT_GATE_(log)) {
		weft_log_(weft_context_current_, category, message);
		WEFT_NO_TAIL_CALL_();
	}
}

WEFT_INLINE_ void weft_after_call_(void)
{
	WEFT_NO_TAIL_CALL_();
}

/**
 * Records a formatted message. (Go: trace.Logf) `weft_logf(category, format, ...)`; the arguments
 * are evaluated only when somebody records. At most 1023 bytes of the message are kept.
 */
#define weft_logf(category, ...) weft_logf_ctx(weft_context_current_, category, __VA_ARGS__)

/** `weft_logf_ctx(context, category, format, ...)` */
#define weft_logf_ctx(context, category, ...)                                                      \
	((void)(WEFT_GATE_(log)                                                                    \
			? (weft_logf_((context), (category), __VA_ARGS__), weft_after_call_(), 0)  \
			: 0))

#else /* WEFT_DISABLE */

WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_task weft_task_off_(void)
{
	struct weft_task task;

	task.context.task = 0;
	task.state = WEFT_SPAN_OFF;
	return task;
}

WEFT_INLINE_ WEFT_USE_RESULT_ struct weft_region weft_region_off_(void)
{
	struct weft_region region;

	region.state = WEFT_SPAN_OFF;
	return region;
}

int weft_format_check_(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define weft_task_begin_ctx(parent, type)    (WEFT_DROP_(parent), WEFT_DROP_(type), weft_task_off_())
#define weft_task_begin(type)                (WEFT_DROP_(type), weft_task_off_())
#define weft_task_adopt(ctx, type)           (WEFT_DROP_(ctx), WEFT_DROP_(type), weft_task_off_())
#define weft_task_end(task)                  WEFT_DROP_(task)
#define weft_task_end_error(task, error)     (WEFT_DROP_(task), WEFT_DROP_(error))
#define weft_region_begin_ctx(ctx, name)     (WEFT_DROP_(ctx), WEFT_DROP_(name), weft_region_off_())
#define weft_region_begin(name)              (WEFT_DROP_(name), weft_region_off_())
#define weft_region_end(region)              WEFT_DROP_(region)
#define weft_region_end_error(region, error) (WEFT_DROP_(region), WEFT_DROP_(error))
#define weft_log_ctx(ctx, category, message)                                                       \
	(WEFT_DROP_(ctx), WEFT_DROP_(category), WEFT_DROP_(message))
#define weft_log(category, message) (WEFT_DROP_(category), WEFT_DROP_(message))
#define weft_logf(category, ...)    (WEFT_DROP_(category), WEFT_DROP_(weft_format_check_(__VA_ARGS__)))
#define weft_logf_ctx(ctx, category, ...)                                                          \
	(WEFT_DROP_(ctx), WEFT_DROP_(category), WEFT_DROP_(weft_format_check_(__VA_ARGS__)))

#endif

/* ---- Scopes ---- */

#define WEFT_JOIN_2_(a, b) a##b
#define WEFT_JOIN_(a, b)   WEFT_JOIN_2_(a, b)

#ifndef WEFT_DISABLE

WEFT_INLINE_ void weft_region_scope_end_(struct weft_region *region)
{
	weft_region_end(region);
}

WEFT_INLINE_ void weft_task_scope_end_(struct weft_task *task)
{
	weft_task_end(task);
}

#define WEFT_SCOPE_(type, variable, value)                                                         \
	for (struct type variable __attribute__((cleanup(type##_scope_end_))) = (value),           \
				  *WEFT_JOIN_(variable, once_) = &(variable);                      \
	     WEFT_JOIN_(variable, once_); WEFT_JOIN_(variable, once_) = WEFT_NULL_)

/**
 * A block that is a region of the current context: `WEFT_REGION("parse") { ... }`. The region ends
 * when the block is left in any way: end, `break` or `continue` (both leave the block), `return`,
 * `goto`, a C++ exception, but not longjmp() or pthread_exit() without unwinding. To the compiler
 * the block is the body of a loop: a function that returns a value wants a `return` after it.
 */
#define WEFT_REGION(name)                                                                          \
	WEFT_SCOPE_(weft_region, WEFT_JOIN_(weft_scope_, __COUNTER__), weft_region_begin(name))

/** WEFT_REGION() for a given context. */
#define WEFT_REGION_CTX(context, name)                                                             \
	WEFT_SCOPE_(weft_region, WEFT_JOIN_(weft_scope_, __COUNTER__),                             \
		    weft_region_begin_ctx((context), (name)))

/**
 * A statement: from here to the end of the enclosing block is a region of the current context.
 * (Go: defer trace.StartRegion(ctx, name).End()) It ends as WEFT_REGION() does. C++ has
 * weft::region for this.
 */
#define WEFT_REGION_SCOPE(name)                                                                    \
	struct weft_region WEFT_JOIN_(weft_scope_, __COUNTER__)                                    \
		__attribute__((cleanup(weft_region_scope_end_), unused)) = weft_region_begin(name)

/** WEFT_REGION_SCOPE() for a given context. */
#define WEFT_REGION_SCOPE_CTX(context, name)                                                       \
	struct weft_region WEFT_JOIN_(weft_scope_, __COUNTER__)                                    \
		__attribute__((cleanup(weft_region_scope_end_), unused)) =                         \
			weft_region_begin_ctx((context), (name))

/** A block that is a task, current on this thread inside it: `WEFT_TASK("request") { ... }`. */
#define WEFT_TASK(type)                                                                            \
	WEFT_SCOPE_(weft_task, WEFT_JOIN_(weft_scope_, __COUNTER__), weft_task_begin(type))

#else

#define WEFT_SCOPE_OFF_(variable, dropped)                                                         \
	for (int variable = ((dropped), 1); variable; variable = 0)
#define WEFT_REGION(name) WEFT_SCOPE_OFF_(WEFT_JOIN_(weft_scope_, __COUNTER__), WEFT_DROP_(name))
#define WEFT_REGION_CTX(context, name)                                                             \
	WEFT_SCOPE_OFF_(WEFT_JOIN_(weft_scope_, __COUNTER__),                                      \
			(WEFT_DROP_(context), WEFT_DROP_(name)))
#define WEFT_TASK(type)                      WEFT_REGION(type)
#define WEFT_REGION_SCOPE(name)              WEFT_DROP_(name)
#define WEFT_REGION_SCOPE_CTX(context, name) (WEFT_DROP_(context), WEFT_DROP_(name))

#endif

/**
 * Runs `function(argument)` inside a region of the current context. (Go: trace.WithRegion) The
 * region ends also when the function throws a C++ exception.
 */
WEFT_INLINE_ void weft_with_region(const char *name, void (*function)(void *argument),
				   void *argument)
{
	WEFT_REGION(name) {
		function(argument);
	}
}

#ifdef __cplusplus
} /* extern "C" */
#endif

/* ---- C++ (11 and later): the same as classes. ---- */

#if __cplusplus >= 201103L

#include <utility>

#if __cplusplus >= 201703L
#define WEFT_NODISCARD_ [[nodiscard]]
#else
#define WEFT_NODISCARD_
#endif

namespace weft
{

/** A task that ends with its owner. Moves; hand `context()` to the threads that work for it. */
class task
{
      public:
	/** Begins a task under the thread's current one and makes it current. */
	WEFT_NODISCARD_ WEFT_ALWAYS_INLINE_ explicit task(const char *type)
	    : task_(weft_task_begin(type))
	{
		(void)type;
	}
	/** Begins a task under `parent`; the thread's current context stays. */
	WEFT_NODISCARD_ WEFT_ALWAYS_INLINE_ task(weft_context parent, const char *type)
	    : task_(weft_task_begin_ctx(parent, type))
	{
		(void)parent;
		(void)type;
	}
	WEFT_ALWAYS_INLINE_ task(task &&other) noexcept : task_(other.task_)
	{
		other.task_.state = WEFT_SPAN_OFF;
	}
	task(const task &) = delete;
	task &operator=(const task &) = delete;
	task &operator=(task &&) = delete;
	WEFT_ALWAYS_INLINE_ ~task()
	{
		end();
	}
	/** Ends the task now, on any thread; the destructor then does nothing. */
	WEFT_ALWAYS_INLINE_ void end()
	{
		weft_task_end(&task_);
		task_.state = WEFT_SPAN_OFF;
	}
	/** Ends the task now as failed. */
	WEFT_ALWAYS_INLINE_ void fail(const char *error)
	{
		(void)error;
		weft_task_end_error(&task_, error);
		task_.state = WEFT_SPAN_OFF;
	}
	WEFT_ALWAYS_INLINE_ weft_context context() const
	{
		return task_.context;
	}
	/** Gives the task up without ending it: whoever adopts it will. */
	WEFT_ALWAYS_INLINE_ weft_context release()
	{
		task_.state = WEFT_SPAN_OFF;
		return task_.context;
	}
	/** See weft_task_adopt(). */
	static WEFT_ALWAYS_INLINE_ task adopt(weft_context context, const char *type)
	{
		(void)context;
		(void)type;
		return task(weft_task_adopt(context, type));
	}

      private:
	WEFT_ALWAYS_INLINE_ explicit task(const weft_task &adopted) : task_(adopted)
	{
	}

	weft_task task_;
};

/** A region that ends with its scope. */
class region
{
      public:
	WEFT_NODISCARD_ WEFT_ALWAYS_INLINE_ explicit region(const char *name)
	    : region_(weft_region_begin(name))
	{
		(void)name;
	}
	WEFT_NODISCARD_ WEFT_ALWAYS_INLINE_ region(weft_context context, const char *name)
	    : region_(weft_region_begin_ctx(context, name))
	{
		(void)context;
		(void)name;
	}
	region(const region &) = delete;
	region &operator=(const region &) = delete;
	WEFT_ALWAYS_INLINE_ ~region()
	{
		end();
	}
	WEFT_ALWAYS_INLINE_ void end()
	{
		weft_region_end(&region_);
		region_.state = WEFT_SPAN_OFF;
	}
	WEFT_ALWAYS_INLINE_ void fail(const char *error)
	{
		(void)error;
		weft_region_end_error(&region_, error);
		region_.state = WEFT_SPAN_OFF;
	}

      private:
	weft_region region_;
};

/** Makes `context` the thread's current one until the end of the scope. */
class scoped_context
{
      public:
	WEFT_NODISCARD_ WEFT_ALWAYS_INLINE_ explicit scoped_context(weft_context context)
	    : previous_(weft_context_set(context))
	{
		(void)context;
	}
	scoped_context(const scoped_context &) = delete;
	scoped_context &operator=(const scoped_context &) = delete;
	WEFT_ALWAYS_INLINE_ ~scoped_context()
	{
		(void)weft_context_set(previous_);
	}

      private:
	weft_context previous_;
};

/** Runs `function()` inside a region and returns what it returns. */
template <typename Function>
WEFT_ALWAYS_INLINE_ auto with_region(const char *name, Function &&function)
	-> decltype(std::forward<Function>(function)())
{
	region scope(name);

	return std::forward<Function>(function)();
}

} // namespace weft

#endif /* C++11 */

#endif
