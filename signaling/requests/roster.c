/* Who is here, whole: for a client that is not sure of what it has put together from events. It is
 * as long as the tour is large, and so is the time until one may have it again: it is a hundred a
 * second in all, however many ask. */
#include "base/json_write.h"
#include "signaling/requests/reply.h"

#define ROSTER_EVERY (1 * US_PER_S)
#define ROSTER_EACH (10 * US_PER_MS) /* for each who is here, if that is longer */

static enum code roster(struct call *c) {
    struct seat *me = c->conn->seat;
    struct buffer o = {0};
    if (c->now < me->roster_at) {
        return CODE_RATE_LIMITED;
    }
    me->roster_at = c->now + us_max(ROSTER_EVERY, me->tour->n_seats * ROSTER_EACH);
    reply_open(c, &o, "roster");
    reply_roster(c, &o, me);
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_roster = {.type = "roster", .needs_seat = true, .run = roster};
