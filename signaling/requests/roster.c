/* Who is here, whole: for a client that is not sure of what it has put together from events. It is
 * as long as the tour is large, so each may have it once a second. */
#include "base/json_write.h"
#include "signaling/requests/reply.h"

#define ROSTER_EVERY (1 * US_PER_S)

static enum code roster(struct call *c) {
    struct seat *me = c->conn->seat;
    struct buffer o = {0};
    if (c->now < me->roster_at) {
        return CODE_RATE_LIMITED;
    }
    me->roster_at = c->now + ROSTER_EVERY;
    reply_open(c, &o, "roster");
    reply_roster(c, &o, me);
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_roster = {.type = "roster", .needs_seat = true, .run = roster};
