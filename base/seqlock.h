/* A value in memory that outlives its writer: a process killed at any instant leaves a whole one,
 * and another process (or thread) reads it without a lock and knows when it must not trust it.
 *
 * DESIGN. A sequence lock with two copies (a latch): a write goes to the copy that is not the
 * newest, then one counter makes it the newest. With a single copy a writer that is killed in the
 * middle of it would leave nothing to go on with; so the value before is whole instead. Every word
 * is an atomic, stored with release and loaded with acquire, which costs nothing on x86-64 and
 * needs no fence: a reader that sees a word of a later write also sees the counter that was stored
 * before it, and throws its copy away. A checksum tells what no counter can: memory that was
 * overwritten by somebody else, or was never such a value. One writer; any readers. */
#ifndef ORIEL_BASE_SEQLOCK_H
#define ORIEL_BASE_SEQLOCK_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef _Atomic uint64_t shared_word;
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(shared_word) == 8,
               "a word works between processes");

/* Words of memory for a value of at most n bytes: the counter, and two copies with their length and
 * checksum. */
#define SEQLOCK_WORDS(n) (1 + 2 * (2 + ((n) + 7) / 8))

struct seqlock {        /* a view of such memory; where it lies may differ in each process */
    shared_word *words; /* all zero: nothing was written */
    size_t cap;         /* [bytes] the greatest value: words has SEQLOCK_WORDS(cap) */
};

/* Write a value of len bytes, at most cap (a CHECK). */
void seqlock_write(const struct seqlock *l, const void *value, size_t len);
/* Nothing is there any more, and not a byte of what was. */
void seqlock_clear(const struct seqlock *l);
/* The newest value to ret, which has cap bytes, and its length. ERR_UNKNOWN: nothing is there;
 * ERR_AGAIN: the writer was faster, time after time; ERR_FORMAT: what is there was not written so.
 * On error the bytes at ret are undefined. */
enum err seqlock_read(const struct seqlock *l, void *ret, size_t *ret_len);
/* The newest value of cap bytes to ret, however fast the writer is, for counters that are published
 * again and again. False, and zeros, when nothing was written yet or what is there is not that. */
bool seqlock_get(const struct seqlock *l, void *ret);

#endif
