/* Who owns it: the promise "Owner: the X thread" of a header, checked. An object that belongs to
 * one thread holds a struct owner, and its entry points begin with OWNER_CHECK. Threads share
 * nothing here but mailboxes and packets, so a call from another thread is a bug of ours and stops
 * the process, in production too: the check is one comparison (well under a nanosecond), and going
 * on would mean a corrupt engine or recording some time later.
 *
 * A thread is told by the address of a thread-local variable: no lock, no call into a thread
 * library. An address may be used again by a later thread when its own is gone, so a check can miss
 * a bug then, but never sees one that is not there. */
#ifndef ORIEL_BASE_OWNER_H
#define ORIEL_BASE_OWNER_H

#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero: nobody's, so that one thread may make an object and another be the first to use it. */
struct owner {
    const char *thread;
};

extern _Thread_local char owner_here; /* only its address means something */

/* Is it this thread's, or nobody's? */
static inline bool owner_fits(const struct owner *o) {
    return !o->thread || o->thread == &owner_here;
}
/* The same, and what was nobody's is this thread's from now on. */
static inline bool owner_claim(struct owner *o) {
    if (!o->thread) {
        o->thread = &owner_here;
    }
    return o->thread == &owner_here;
}

#define OWNER_OK(o) \
    _Generic((o), struct owner * : owner_claim, const struct owner * : owner_fits)(o)
/* Entry into an object whose owner is at o: another thread's is a broken invariant; nobody's
 * becomes this thread's, unless o points to const. */
#define OWNER_CHECK(o) \
    (OWNER_OK(o) ? (void)0 : check_failed(#o ": not this thread's", __FILE__, __LINE__))

/* Hand over, said by the owner: it is nobody's from here on, and the next who uses it owns it. What
 * brings it to the other thread (a mailbox, a join) also brings what was written to it. */
#define OWNER_RELEASE(o) (OWNER_CHECK(o), (void)((o)->thread = NULL))

/* Take over, said by the new owner who knows that the old one is gone: it has joined the thread. */
static inline void owner_take(struct owner *o) {
    o->thread = &owner_here;
}

#endif
