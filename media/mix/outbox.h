/* What waits to be told to engines. Private to media/mix. Owner: the mix thread. */
#ifndef ORIEL_MEDIA_MIX_OUTBOX_H
#define ORIEL_MEDIA_MIX_OUTBOX_H

#include "base/err.h"
#include "media/engine/relay.h"

struct outbox {
    struct outbox_place {
        struct relay m;
        uint64_t to; /* bit per worker; however many, it is one message here */
    } * ring;
    uint32_t cap, head, n;
};

/* cap messages. ERR_NOMEM. */
enum err outbox_init(struct outbox *b, uint32_t cap);
/* Lets go of what waits. A zeroed one is allowed. */
void outbox_free(struct outbox *b);
/* A message for these workers, of which the caller fills in the rest; NULL: there is no room, or
 * nobody to tell. */
struct relay *outbox_push(struct outbox *b, enum relay_type type, uint64_t to);
/* The next message, to ret->to; false when there is none. Each worker gets a reference of a packet
 * of its own, the last one that of the box. */
bool outbox_next(struct outbox *b, struct relay *ret);

#endif
