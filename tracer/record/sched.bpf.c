// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The scheduler's tracepoints, CPU-wide, into one ring a CPU (bpf-record.h). Runs in the kernel: built with
 * clang -target bpf, embedded into libweft-record, fitted to the running kernel by its type
 * information. The structures below name only what is used; their offsets are the kernel's.
 *
 * Loads of typed pointers are checked by the kernel and cost one instruction. What is behind untyped
 * ones (the files of a process), needed when a thread blocks in a system call that takes a descriptor,
 * is given a type; kernels that cannot do that copy it by a helper, which costs as much as the record.
 */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf-record.h"
#include "kernel-enums.h"

#define KERNEL_TYPE      __attribute__((preserve_access_index))
#define PF_KTHREAD       0x00200000
#define TS_COMPAT        0x0002
#define STATES           0x7f /* Those that the kernel reports to tracers. */
#define ANON_INODE_MAGIC 0x09041934
#define RESERVE_TRIES    4
#define EXITED           0x30 /* EXIT_DEAD, EXIT_ZOMBIE: no program is left. */
#define BELL_SIZE        __builtin_offsetof(struct weft_bpf_waking, tid)

struct ns_common {
	unsigned int inum;
} KERNEL_TYPE;

struct pid_namespace {
	struct ns_common ns;
} KERNEL_TYPE;

struct upid {
	int nr;
	struct pid_namespace *ns;
} KERNEL_TYPE;

struct pid {
	unsigned int level;
	struct upid numbers[1];
} KERNEL_TYPE;

struct list_head {
	struct list_head *next;
} KERNEL_TYPE;

struct super_block {
	unsigned long s_magic;
} KERNEL_TYPE;

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
} KERNEL_TYPE;

struct file {
	struct inode *f_inode;
} KERNEL_TYPE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} KERNEL_TYPE;

struct files_struct {
	struct fdtable *fdt;
} KERNEL_TYPE;

struct thread_info {
	__u32 status;
} KERNEL_TYPE;

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	unsigned int __state;
	int exit_state;
	int prio;
	int pid, tgid;
	char comm[16];
	struct pid *thread_pid;
	struct files_struct *files;
} KERNEL_TYPE;

struct linux_binprm {
	const char *filename;
} KERNEL_TYPE;

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long di;
	unsigned long orig_ax;
} KERNEL_TYPE;
#else
struct pt_regs {
	__u64 orig_x0;
	int syscallno;
} KERNEL_TYPE;
#endif

/* Since Linux 6.2. */
extern void *bpf_rdonly_cast(const void *pointer, __u32 btf_id) __ksym __weak;

char program_license[] SEC("license") = "Dual MIT/GPL";

/* Set before loading. */
const volatile struct weft_bpf_settings settings;

/* The size of its values is set before loading: one a CPU, as bpf-record.h draws it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct weft_bpf_cpu) + 4096 + WEFT_BPF_RECORD_MAX);
} cpus SEC(".maps");

/* Names, from all CPUs, and what wakes the reader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WEFT_BPF_NAMES_BYTES);
} names SEC(".maps");

/* Where a chain is put together: how long it is shows afterwards. */
struct chain_room {
	__u64 addresses[WEFT_CHAIN_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct chain_room);
} chain_rooms SEC(".maps");

/* ---- Rings ---- */

static __always_inline struct weft_bpf_cpu *own_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/* Anew at each place: an interrupt, or the reader, may have changed it. */
#define READ(place) (*(const volatile __typeof__(place) *)&(place))

/*
 * Room in the CPU's ring; NULL: none, which is counted. Only what interrupts this program on its own
 * CPU makes a try fail.
 */
static __always_inline void *reserve(struct weft_bpf_cpu *own, __u64 size)
{
	int i;

	size = (size + 7) & ~7ULL;
#pragma unroll
	for (i = 0; i < RESERVE_TRIES; i++) {
		__u64 head = READ(own->head);

		if (head + size - READ(own->tail) > settings.ring_bytes) {
			break;
		}
		if (__sync_val_compare_and_swap(&own->head, head, head + size) == head) {
			return (char *)(own + 1) + (head & (settings.ring_bytes - 1));
		}
	}
	own->lost_count++;
	return NULL;
}

/* A record of the CPU's own ring with its type; the function ends when there is none. */
#define BEGIN_RECORD(record, own, record_type)                                                     \
	do {                                                                                       \
		(own) = own_cpu();                                                                 \
		(record) = (own) ? reserve(own, sizeof(*(record))) : NULL;                         \
		if (!(record)) {                                                                   \
			return 0;                                                                  \
		}                                                                                  \
		(record)->type = (record_type);                                                    \
	} while (0)

/* The reader looks by itself many times a second; waking it costs more than an event. */
static __always_inline void ring_bell(struct weft_bpf_cpu *own)
{
	struct weft_bpf_waking *bell;

	if (READ(own->head) - READ(own->tail) < settings.wake_bytes || READ(own->is_told)) {
		return;
	}
	bell = bpf_ringbuf_reserve(&names, BELL_SIZE, 0);
	if (bell) {
		own->is_told = 1;
		bell->type = WEFT_BPF_BELL;
		bpf_ringbuf_submit(bell, BPF_RB_FORCE_WAKEUP);
	}
}

/* The record is whole once it has its time. A1: pairs with R1 in bpf-engine.c. */
static __always_inline void submit(struct weft_bpf_cpu *own, __u64 *time_ns)
{
	__u64 now_ns = bpf_ktime_get_ns();

#ifdef __TARGET_ARCH_x86
	barrier(); /* Stores are seen in their order there. */
	*(volatile __u64 *)time_ns = now_ns;
#else
	(void)__sync_lock_test_and_set(time_ns, now_ns); /* Orders both ways. */
#endif
	ring_bell(own);
}

/* ---- What a thread blocks in ---- */

static __always_inline int syscall_of(struct task_struct *task, __u64 *ret_arg)
{
	struct pt_regs *regs;

	if (task->flags & PF_KTHREAD) {
		return -1;
	}
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
#ifdef __TARGET_ARCH_x86
	if (task->thread_info.status & TS_COMPAT) {
		return -2; /* Another table of numbers. */
	}
	*ret_arg = regs->di;
	return (int)regs->orig_ax < 0 ? -1 : (int)regs->orig_ax;
#else
	*ret_arg = regs->orig_x0;
	return regs->syscallno < 0 ? -1 : regs->syscallno;
#endif
}

static __always_inline __u8 kind_of(unsigned short mode)
{
	switch (mode & 0170000) {
	case 0140000:
		return WEFT_OBJECT_SOCKET;
	case 0010000:
		return WEFT_OBJECT_PIPE;
	case 0100000:
		return WEFT_OBJECT_FILE;
	case 0060000:
		return WEFT_OBJECT_BLOCK;
	case 0020000:
		return WEFT_OBJECT_CHAR;
	case 0040000:
		return WEFT_OBJECT_DIRECTORY;
	default:
		return WEFT_OBJECT_UNKNOWN;
	}
}

/* Reads what is at a pointer that the verifier knows no type of, in one instruction. */
#define TYPED(pointer, type) ((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))

static __always_inline struct file *file_of(struct fdtable *table, __u32 fd, bool casts)
{
	struct file *file = NULL;

	if (casts) {
		/* Any type will do that begins with a pointer. */
		return (struct file *)TYPED(&table->fd[fd], struct list_head)->next;
	}
	return bpf_probe_read_kernel(&file, sizeof(file), &table->fd[fd]) < 0 ? NULL : file;
}

static __always_inline __u8 object_of(struct task_struct *task, __u64 fd, bool casts)
{
	struct files_struct *files = task->files;
	struct fdtable *table;
	struct file *file;
	struct inode *inode;
	unsigned long magic;
	__u8 kind;

	if (!files) {
		return WEFT_OBJECT_UNKNOWN;
	}
	table = files->fdt;
	if (!table || (__u32)fd >= table->max_fds) {
		return WEFT_OBJECT_UNKNOWN;
	}
	file = file_of(table, (__u32)fd, casts);
	if (!file) {
		return WEFT_OBJECT_UNKNOWN;
	}
	inode = casts ? TYPED(file, struct file)->f_inode : BPF_CORE_READ(file, f_inode);
	kind = kind_of(casts ? inode->i_mode : BPF_CORE_READ(inode, i_mode));
	/* Files without a name say regular or nothing; the others need no second look. */
	if (kind != WEFT_OBJECT_FILE && kind != WEFT_OBJECT_UNKNOWN) {
		return kind;
	}
	magic = casts ? inode->i_sb->s_magic : BPF_CORE_READ(inode, i_sb, s_magic);
	return magic == ANON_INODE_MAGIC ? WEFT_OBJECT_ANON : kind;
}

/* ---- Switches and wake-ups ---- */

static __always_inline __u8 state_bits(const __u64 *ctx, struct task_struct *prev)
{
	__u32 state = settings.state_is_told ? (__u32)ctx[3] : prev->__state;

	return (state | (__u32)prev->exit_state) & STATES;
}

/*
 * Frame pointers of the program, followed by the kernel: what is not in memory ends the chain. In a
 * record of its own, so that a switch without one stays small.
 */
static __always_inline void put_chain(void *ctx, struct weft_bpf_cpu *own, __s32 tid)
{
	const __u32 only = 0;
	struct chain_room *room = bpf_map_lookup_elem(&chain_rooms, &only);
	struct weft_bpf_chain *record;
	long size;

	if (!room) {
		return;
	}
	size = bpf_get_stack(ctx, room, sizeof(*room), BPF_F_USER_STACK);
	if (size < (long)sizeof(__u64) || size > (long)sizeof(*room)) {
		return;
	}
	record = reserve(own, __builtin_offsetof(struct weft_bpf_chain, addresses) + size);
	if (!record) {
		return;
	}
	record->type = WEFT_BPF_CHAIN;
	record->count = size / sizeof(__u64);
	record->tid = tid;
	if (bpf_probe_read_kernel(record->addresses, size, room) < 0) {
		record->addresses[0] = 0;
	}
	submit(own, &record->time_ns);
}

static __always_inline int put_switch(__u64 *ctx, bool casts)
{
	struct task_struct *prev = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	const bool preempted = ctx[0] & 1;
	const __u8 state = preempted ? 0 : state_bits(ctx, prev);
	struct weft_bpf_cpu *own = own_cpu();
	struct weft_bpf_switch *record;
	__u64 arg = 0;
	int number = -1;

	if (!own) {
		return 0;
	}
	if (state && prev->pid) {
		number = syscall_of(prev, &arg);
	}
	if (settings.takes_chains && state && !(state & EXITED) && !(prev->flags & PF_KTHREAD)) {
		put_chain(ctx, own, prev->pid);
	}
	if (number < 0) {
		record = reserve(own, __builtin_offsetof(struct weft_bpf_switch, arg));
		if (!record) {
			return 0;
		}
		record->type = WEFT_BPF_SWITCH;
		record->object = WEFT_OBJECT_NONE;
	} else {
		record = reserve(own, sizeof(*record));
		if (!record) {
			return 0;
		}
		record->type = WEFT_BPF_SWITCH_ARG;
		record->arg = arg;
		record->object = number < WEFT_BPF_SYSCALLS &&
						 settings.takes_fd[number & (WEFT_BPF_SYSCALLS - 1)]
					 ? object_of(prev, arg, casts)
					 : WEFT_OBJECT_NONE;
	}
	record->flags = preempted ? WEFT_BPF_PREEMPTED : 0;
	record->syscall = (__s16)number;
	record->state = state;
	record->prev_prio = prev->prio;
	record->next_prio = next->prio;
	record->prev_tid = prev->pid;
	record->next_tid = next->pid;
	submit(own, &record->time_ns);
	return 0;
}

/* One of both is loaded. */
SEC("tp_btf/sched_switch")
int on_switch_casts(__u64 *ctx)
{
	return put_switch(ctx, true);
}

SEC("tp_btf/sched_switch")
int on_switch_copies(__u64 *ctx)
{
	return put_switch(ctx, false);
}

/* ---- Interrupts, as wakers ---- */

/*
 * The kernel's own count of what interrupted what cannot be read on all machines (its address is no
 * symbol everywhere), so entries and exits are noted: a few hundred nanoseconds an interrupt. Timers
 * are noted where they expire, for their interrupt has a name of its own on each architecture.
 */
static __always_inline int note_context(__u32 set, __u32 clear)
{
	struct weft_bpf_cpu *own = own_cpu();

	if (own) {
		own->contexts = (own->contexts | set) & ~clear;
	}
	return 0;
}

#define NOTE(tracepoint, set, clear)                                                               \
	SEC("tp_btf/" #tracepoint) int on_##tracepoint(__u64 *ctx)                                 \
	{                                                                                          \
		(void)ctx;                                                                         \
		return note_context(set, clear);                                                   \
	}

NOTE(irq_handler_entry, 1U << WEFT_CONTEXT_IRQ, 0)
NOTE(irq_handler_exit, 0, 1U << WEFT_CONTEXT_IRQ)
NOTE(hrtimer_expire_entry, 1U << WEFT_CONTEXT_IRQ, 0)
NOTE(hrtimer_expire_exit, 0, 1U << WEFT_CONTEXT_IRQ)
NOTE(softirq_entry, 1U << WEFT_CONTEXT_SOFTIRQ, 0)
NOTE(softirq_exit, 0, 1U << WEFT_CONTEXT_SOFTIRQ)

/* The idle thread wakes nobody by itself. */
static __always_inline __u8 context_now(const struct weft_bpf_cpu *own, __s32 waker_tid)
{
	const __u64 contexts = own->contexts;

	if (contexts & 1U << WEFT_CONTEXT_IRQ) {
		return WEFT_CONTEXT_IRQ;
	}
	if (contexts & 1U << WEFT_CONTEXT_SOFTIRQ) {
		return WEFT_CONTEXT_SOFTIRQ;
	}
	return waker_tid == 0 ? WEFT_CONTEXT_IRQ : WEFT_CONTEXT_TASK;
}

static __always_inline int put_thread(__u8 type, struct task_struct *task, int target_cpu)
{
	struct weft_bpf_cpu *own;
	struct weft_bpf_waking *record;

	BEGIN_RECORD(record, own, type);
	record->prio = task->prio;
	record->tid = task->pid;
	record->waker_tid = (__s32)bpf_get_current_pid_tgid();
	record->context = context_now(own, record->waker_tid);
	record->target_cpu = target_cpu;
	submit(own, &record->time_ns);
	return 0;
}

/* Where it ran last, and, but for balancing, is woken. */
struct task_struct___cpu {
	int recent_used_cpu;
	int wake_cpu;
} KERNEL_TYPE;

static __always_inline int cpu_of(struct task_struct *task)
{
	return ((struct task_struct___cpu *)task)->wake_cpu;
}

SEC("tp_btf/sched_waking")
int on_waking(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	return put_thread(WEFT_BPF_WAKING, task, cpu_of(task));
}

SEC("tp_btf/sched_wakeup_new")
int on_wakeup_new(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	return put_thread(WEFT_BPF_WAKEUP_NEW, task, cpu_of(task));
}

/* ---- Lives of threads ---- */

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *ctx)
{
	return put_thread(WEFT_BPF_EXIT, (struct task_struct *)ctx[0], 0);
}

static __always_inline void *upid_at(struct pid *pid, unsigned int level)
{
	return (char *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

static __always_inline __u32 namespace_of(struct pid *pid)
{
	struct upid *own = upid_at(pid, BPF_CORE_READ(pid, level));

	return BPF_CORE_READ(own, ns, ns.inum);
}

/* For the reader, which takes one CPU after the other. `name` is the kernel's. */
static __always_inline void tell_name(__s32 tid, const void *name)
{
	struct weft_bpf_rename *record = bpf_ringbuf_reserve(&names, sizeof(*record), 0);

	if (!record) {
		return; /* The CPU's own ring tells it, perhaps late. */
	}
	record->time_ns = bpf_ktime_get_ns();
	record->type = WEFT_BPF_NAME;
	record->tid = tid;
	if (bpf_probe_read_kernel_str(record->name, sizeof(record->name), name) < 0) {
		record->name[0] = '\0';
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx[0];
	struct task_struct *child = (struct task_struct *)ctx[1];
	struct pid *pid = child->thread_pid;
	struct weft_bpf_cpu *own;
	struct weft_bpf_fork *record;
	unsigned int count = BPF_CORE_READ(pid, level) + 1;
	unsigned int i;

	tell_name(child->pid, child->comm);
	BEGIN_RECORD(record, own, WEFT_BPF_FORK);
	record->parent_tid = parent->pid;
	record->parent_pid = parent->tgid;
	record->child_tid = child->pid;
	record->child_pid = child->tgid;
	record->parent_ns = namespace_of(parent->thread_pid);
	record->child_ns = namespace_of(pid);
	record->level_count = count < WEFT_BPF_LEVELS ? count : WEFT_BPF_LEVELS;
#pragma unroll
	for (i = 0; i < WEFT_BPF_LEVELS; i++) {
		struct upid *own = upid_at(pid, i);

		record->vtids[i] = i < count ? BPF_CORE_READ(own, nr) : 0;
	}
	submit(own, &record->time_ns);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct linux_binprm *program = (struct linux_binprm *)ctx[2];
	struct weft_bpf_cpu *own;
	struct weft_bpf_exec *record;

	BEGIN_RECORD(record, own, WEFT_BPF_EXEC);
	record->tid = task->pid;
	record->old_tid = (__s32)ctx[1];
	if (bpf_probe_read_kernel_str(record->path, sizeof(record->path), program->filename) < 0) {
		record->path[0] = '\0';
	}
	submit(own, &record->time_ns);
	return 0;
}

SEC("tp_btf/task_rename")
int on_rename(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct weft_bpf_cpu *own;
	struct weft_bpf_rename *record;

	tell_name(task->pid, (const void *)ctx[1]);
	BEGIN_RECORD(record, own, WEFT_BPF_RENAME);
	record->tid = task->pid;
	if (bpf_probe_read_kernel_str(record->name, sizeof(record->name), (const void *)ctx[1]) <
	    0) {
		record->name[0] = '\0';
	}
	submit(own, &record->time_ns);
	return 0;
}

/* ---- System calls, when asked for ---- */

static __always_inline int put_syscall(__u8 type, int number, __s64 result)
{
	struct weft_bpf_cpu *own;
	struct weft_bpf_syscall *record;

	if (number < 0) {
		return 0;
	}
	BEGIN_RECORD(record, own, type);
	record->number = (__s16)number;
	record->result = result;
	submit(own, &record->time_ns);
	return 0;
}

SEC("tp_btf/sys_enter")
int on_sys_enter(__u64 *ctx)
{
	__u64 arg;

	(void)ctx;
	return put_syscall(WEFT_BPF_SYSCALL_ENTRY, syscall_of(bpf_get_current_task_btf(), &arg), 0);
}

SEC("tp_btf/sys_exit")
int on_sys_exit(__u64 *ctx)
{
	__u64 arg;

	return put_syscall(WEFT_BPF_SYSCALL_EXIT, syscall_of(bpf_get_current_task_btf(), &arg),
			   (__s64)ctx[1]);
}
