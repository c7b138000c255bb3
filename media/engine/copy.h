/* What a worker that has just got a tour is given of its pictures: what their origin keeps, from
 * the last key frame on, so that its first viewer is sent that (picture.h) and nobody is asked for
 * a key frame. Owner: the engine's thread.
 *
 * DESIGN. A worker is introduced once, when it says that it has got the tour; with that comes the
 * word of which layers a copy follows, of what the cache has then, as what is newer reaches it
 * anyway. The packets go by reference, one message each, behind everything else that waits and only
 * so many in a millisecond, so neither a large picture nor many workers hold up what is live. They
 * are told one after another; the last one says so. Nothing is told twice: if a message is lost,
 * one of what is live meanwhile too, or what is kept is kept no more, the copy is of no use, and a
 * key frame is asked for as it would have been without one. */
#ifndef ORIEL_MEDIA_ENGINE_COPY_H
#define ORIEL_MEDIA_ENGINE_COPY_H

#include "base/list.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one layer: at its origin the one that is given, at a replica the one that comes. */
struct picture_copy {
    struct link in; /* engine.copies, while somebody gets it */
    uint64_t to;    /* workers (bits) that get it, */
    uint64_t left;  /* those of them that have not got the packet `next`, */
    uint64_t later; /* and those that get one after this one */
    uint64_t from;  /* extended sequence number of the key frame, */
    uint64_t end;   /* behind the last packet, */
    uint64_t next;  /* and of what comes next. Replica: 0 = nothing has come */
    bool awaited;   /* replica: it has been announced, */
    uint64_t live;  /* and this is the first live one since; 0: none */
    us_t until;     /* replica: [us] no key frame is asked for before that */
};

/* The layer does not flow any more, or is about to be another stream; or there is no need of it. */
static inline void copy_stop(struct picture_copy *c) {
    list_remove(&c->in);
    *c = (struct picture_copy){0};
    list_init(&c->in);
}

#endif
