// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See heap-profile.h.
 *
 * Live sampled objects hang in chains from buckets by hash; each bucket belongs to a shard, which
 * has a lock and a list of free records. A chain changes by one store, so that a child of fork()
 * finds it whole whatever another thread was doing.
 */
#include "heap-profile.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "hook-stack.h"
#include "sampling.h"
#include "spin.h"

#define STACKS_MAX        (UINT32_C(1) << 17)
#define SHARDS            64U
#define BUCKETS           (1U << WEFT_HEAP_FILTER_BITS)
#define OBJECTS_PER_SHARD (UINT32_C(1) << 17) /* 8 Mi in all, touched as they fill. */
#define FILTER_FULL       255
/* Sizes up to this are told apart by 16 bytes, larger ones by an eighth of a power of two. */
#define FINE_SIZE_MAX 512
#define CLASS_BITS    3

WEFT_API __thread int64_t weft_heap_left_;
WEFT_API __thread bool weft_heap_has_looked_;
WEFT_API _Atomic uint8_t weft_heap_filter_[1U << WEFT_HEAP_FILTER_BITS];

/* What the thread knows of its gap; left is in weft_heap_left_. */
struct gap {
	int64_t rest; /* Of the gap, behind `left`. */
	int64_t rate; /* It was drawn with; what it means is settled with that. */
	bool drawn;
};

static __thread struct gap own_gap __attribute__((tls_model("initial-exec")));

struct object {
	uintptr_t address;
	struct weft_heap_sample sample;
	uint32_t
		next; /* Index + 1 in the shard, in the bucket's chain or among the free; 0: none. */
};

struct shard {
	_Atomic bool is_locked;
	uint32_t free_list; /* Guarded by is_locked, as the rest. */
	uint32_t used_count;
	uint64_t lost_count;
	uint32_t buckets[BUCKETS / SHARDS];
};

static struct shard shards[SHARDS];
static struct object *objects; /* OBJECTS_PER_SHARD for each shard. */
static struct weft_stack_table *table;
/* Read by every thread as it looks closer; -1 is everything as well. */
static _Atomic int64_t current_rate = WEFT_HEAP_RATE_DEFAULT;

/* ---- Live objects ---- */

static void lock(struct shard *shard)
{
	weft_spin_lock(&shard->is_locked);
}

static void unlock(struct shard *shard)
{
	weft_spin_unlock(&shard->is_locked);
}

static struct shard *shard_of(uint32_t hash)
{
	return &shards[hash % SHARDS];
}

static struct object *object_at(const struct shard *shard, uint32_t number)
{
	return &objects[(size_t)(shard - shards) * OBJECTS_PER_SHARD + number - 1];
}

/* Under the lock. 0: no room. */
static uint32_t new_object(struct shard *shard)
{
	uint32_t number = shard->free_list;

	if (number != 0) {
		shard->free_list = object_at(shard, number)->next;
	} else if (shard->used_count < OBJECTS_PER_SHARD) {
		number = ++shard->used_count;
	} else {
		shard->lost_count++;
	}
	return number;
}

/* Under the lock of the shard: no lost update, and 255 stays. */
static void count_in_filter(uint32_t hash, int change)
{
	uint8_t count = atomic_load_explicit(&weft_heap_filter_[hash], memory_order_relaxed);

	if (count != FILTER_FULL) {
		atomic_store_explicit(&weft_heap_filter_[hash], (uint8_t)(count + change),
				      memory_order_relaxed);
	}
}

/* Under the lock: where the bucket's chain points to the object; to 0: it is not there. */
static uint32_t *find_link(struct shard *shard, uint32_t hash, uintptr_t address)
{
	uint32_t *link = &shard->buckets[hash / SHARDS];

	while (*link != 0 && object_at(shard, *link)->address != address) {
		link = &object_at(shard, *link)->next;
	}
	return link;
}

static void add_object(struct shard *shard, uint32_t hash, uint32_t number, uintptr_t address,
		       const struct weft_heap_sample *sample)
{
	struct object *object = object_at(shard, number);

	object->address = address;
	object->sample = *sample;
	object->next = shard->buckets[hash / SHARDS];
	count_in_filter(hash, 1);
	shard->buckets[hash / SHARDS] = number;
}

/*
 * False: no room. An object that was there already was freed behind our back: ret_stale is what it
 * stood for.
 */
static bool remember(uintptr_t address, const struct weft_heap_sample *sample,
		     struct weft_heap_sample *ret_stale)
{
	uint32_t hash = weft_heap_hash((const void *)address);
	struct shard *shard = shard_of(hash);
	uint32_t number;

	ret_stale->entry = NULL;
	lock(shard);
	number = *find_link(shard, hash, address);
	if (number != 0) {
		*ret_stale = object_at(shard, number)->sample;
		object_at(shard, number)->sample = *sample;
	} else {
		number = new_object(shard);
		if (number != 0) {
			add_object(shard, hash, number, address, sample);
		}
	}
	unlock(shard);
	return number != 0;
}

/* entry is NULL when the address is not known. */
static struct weft_heap_sample forget(uintptr_t address)
{
	uint32_t hash = weft_heap_hash((const void *)address);
	struct shard *shard = shard_of(hash);
	struct weft_heap_sample sample = {NULL, 0, 0};
	uint32_t *link;

	lock(shard);
	link = find_link(shard, hash, address);
	if (*link != 0) {
		uint32_t number = *link;
		struct object *object = object_at(shard, number);

		sample = object->sample;
		*link = object->next;
		object->next = shard->free_list;
		shard->free_list = number;
		count_in_filter(hash, -1);
	}
	unlock(shard);
	return sample;
}

static void add(struct weft_stack_entry *entry, enum weft_heap_value value, int64_t amount)
{
	atomic_fetch_add_explicit(&entry->values[value], amount, memory_order_relaxed);
}

static void add_inuse(const struct weft_heap_sample *sample, int64_t sign)
{
	add(sample->entry, WEFT_HEAP_INUSE_OBJECTS, sign * sample->objects);
	add(sample->entry, WEFT_HEAP_INUSE_BYTES,
	    sign * weft_sampling_scale(sample->objects, sample->size));
}

static void hold(void *ptr, const struct weft_heap_sample *sample)
{
	struct weft_heap_sample stale;

	if (remember((uintptr_t)ptr, sample, &stale)) {
		add_inuse(sample, 1);
	}
	if (stale.entry) {
		add_inuse(&stale, -1);
	}
}

/* ---- Samples ---- */

static uint64_t size_class(uint64_t size)
{
	uint64_t step = 16;

	if (size > FINE_SIZE_MAX) {
		step = UINT64_C(1) << (63 - __builtin_clzll(size) - CLASS_BITS);
	}
	return size > UINT64_MAX - step ? size : (size + step - 1) / step * step;
}

static void take_sample(void *ptr, size_t size, int64_t rate, const void *caller)
{
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	size_t depth = weft_hook_stack(pcs, WEFT_STACK_DEPTH_MAX, (uintptr_t)caller);
	struct weft_heap_sample sample = {
		.entry = weft_stack_table_find_or_add(table, pcs, depth, size_class(size)),
		.objects = weft_sampling_weight((uint64_t)size + 1, rate),
		.size = size,
	};

	if (!sample.entry) {
		return; /* The table counts it as lost. */
	}
	add(sample.entry, WEFT_HEAP_ALLOC_OBJECTS, sample.objects);
	add(sample.entry, WEFT_HEAP_ALLOC_BYTES, weft_sampling_scale(sample.objects, size));
	hold(ptr, &sample);
}

static int64_t draw(int64_t rate)
{
	if (rate == 0) {
		return WEFT_HEAP_STEP;
	}
	return rate == 1 ? 0 : weft_sampling_gap(weft_hook_random(), rate);
}

/*
 * Settles an allocation that ended a step: whether it ended the gap too. Draws the next gap, or one
 * with the new rate when the rate has changed: then this allocation is tried against a fresh gap as
 * a whole, for what is left of an exponential gap is distributed like a fresh one.
 */
static bool settle(uint64_t need, int64_t rate)
{
	int64_t gap;
	bool hit;

	if (!own_gap.drawn || own_gap.rate != rate) {
		gap = draw(rate);
		own_gap.rate = rate;
		own_gap.drawn = true;
	} else {
		gap = weft_heap_left_ + (int64_t)need + own_gap.rest;
	}
	hit = rate != 0 && (uint64_t)gap < need;
	if (hit || rate == 0) {
		gap = draw(rate);
	} else {
		gap -= (int64_t)need;
	}
	weft_heap_left_ = gap < WEFT_HEAP_STEP ? gap : WEFT_HEAP_STEP;
	own_gap.rest = gap - weft_heap_left_;
	return hit;
}

WEFT_API void weft_heap_look_closer_(void *ptr, size_t size, const void *caller)
{
	uint64_t need = (uint64_t)size + 1;
	int64_t rate;

	weft_heap_has_looked_ = true;
	if (weft_hook_guard_ != 0 || need > INT64_MAX / 2 || !ptr) {
		weft_heap_left_ +=
			(int64_t)need; /* Ours, or it cannot be: as if it had not been. */
		return;
	}
	weft_hook_guard_++;
	rate = table ? atomic_load_explicit(&current_rate, memory_order_relaxed) : 0;
	if (settle(need, rate)) {
		take_sample(ptr, size, rate, caller);
	}
	weft_hook_guard_--;
}

WEFT_API struct weft_heap_sample weft_heap_take_(const void *ptr)
{
	struct weft_heap_sample sample = {NULL, 0, 0};

	/* Before the tables are there nothing is sampled; inside of us nothing was. */
	if (!objects || weft_hook_guard_ != 0) {
		return sample;
	}
	weft_hook_guard_++;
	sample = forget((uintptr_t)ptr);
	if (sample.entry) {
		add_inuse(&sample, -1);
	}
	weft_hook_guard_--;
	return sample;
}

WEFT_API void weft_heap_put_back_(void *ptr, const struct weft_heap_sample *sample)
{
	weft_hook_guard_++;
	hold(ptr, sample);
	weft_hook_guard_--;
}

/* ---- Control ---- */

int weft_heap_start(void)
{
	void *memory;

	if (table) {
		return 0;
	}
	memory = mmap(NULL, sizeof(*objects) * OBJECTS_PER_SHARD * SHARDS, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		return -ENOMEM;
	}
	objects = memory;
	table = weft_stack_table_create(STACKS_MAX);
	if (!table) {
		(void)munmap(memory, sizeof(*objects) * OBJECTS_PER_SHARD * SHARDS);
		objects = NULL;
		return -ENOMEM;
	}
	return 0;
}

bool weft_heap_is_started(void)
{
	return table != NULL;
}

void weft_heap_set_rate(int64_t rate)
{
	rate = rate < 0 ? 1 : rate;
	rate = rate < WEFT_SAMPLING_MEAN_MAX ? rate : WEFT_SAMPLING_MEAN_MAX;
	atomic_store_explicit(&current_rate, rate, memory_order_relaxed);
	/* What is left of the gap is thrown away, which makes no difference to an exponential one. */
	own_gap.drawn = false;
	weft_heap_left_ = 0;
}

int64_t weft_heap_rate(void)
{
	return atomic_load_explicit(&current_rate, memory_order_relaxed);
}

struct weft_stack_table *weft_heap_table(void)
{
	return table;
}

uint64_t weft_heap_lost(void)
{
	uint64_t lost = table ? weft_stack_table_lost(table) : 0;
	unsigned int i;

	for (i = 0; i < SHARDS; i++) {
		lock(&shards[i]);
		lost += shards[i].lost_count;
		unlock(&shards[i]);
	}
	return lost;
}

void weft_heap__forget_locks(void)
{
	unsigned int i;

	for (i = 0; i < SHARDS; i++) {
		if (atomic_load_explicit(&shards[i].is_locked, memory_order_relaxed)) {
			weft_spin_unlock(&shards[i].is_locked);
		}
	}
}
