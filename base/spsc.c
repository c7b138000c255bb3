#include "base/spsc.h"

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define CACHE_LINE 64

/* Indices count messages since the start and wrap freely; the mask finds the place. Each end keeps
 * a copy of the other's index and reads the shared one only when its copy says full or empty, so a
 * busy pair seldom touches the other's cache line. */
struct spsc {
    size_t mask, size;
    unsigned char *slots;
    char apart0[CACHE_LINE];
    atomic_size_t tail; /* producer: next place to write */
    size_t head_seen;
    char apart1[CACHE_LINE];
    atomic_size_t head; /* consumer: next place to read */
    size_t tail_seen;
    char apart2[CACHE_LINE];
};

struct spsc *spsc_new(size_t cap, size_t size) {
    size_t n = 1;
    while (n < cap) {
        if (n > SIZE_MAX / 4) {
            return NULL;
        }
        n *= 2;
    }
    struct spsc *q = mem_zalloc(1, sizeof(*q));
    if (!q) {
        return NULL;
    }
    q->mask = n - 1;
    q->size = size;
    q->slots = mem_zalloc(n, size);
    if (!q->slots) {
        return spsc_free(q);
    }
    return q;
}

struct spsc *spsc_free(struct spsc *q) {
    if (q) {
        mem_free(q->slots);
        mem_free(q);
    }
    return NULL;
}

bool spsc_push(struct spsc *q, const void *msg) {
    size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    if (tail - q->head_seen > q->mask) {
        q->head_seen = atomic_load_explicit(&q->head, memory_order_acquire);
        if (tail - q->head_seen > q->mask) {
            return false;
        }
    }
    memcpy(q->slots + (tail & q->mask) * q->size, msg, q->size);
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    return true;
}

bool spsc_pop(struct spsc *q, void *ret_msg) {
    size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    if (head == q->tail_seen) {
        q->tail_seen = atomic_load_explicit(&q->tail, memory_order_acquire);
        if (head == q->tail_seen) {
            return false;
        }
    }
    memcpy(ret_msg, q->slots + (head & q->mask) * q->size, q->size);
    atomic_store_explicit(&q->head, head + 1, memory_order_release);
    return true;
}

size_t spsc_room(const struct spsc *q) {
    return q->mask + 1 - spsc_len(q);
}

size_t spsc_len(const struct spsc *q) {
    /* Head first: the tail read later is never behind it. */
    size_t head = atomic_load_explicit(&q->head, memory_order_acquire);
    return atomic_load_explicit(&q->tail, memory_order_acquire) - head;
}
