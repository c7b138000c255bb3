/* End the tour for everybody. */
#include "signaling/requests/reply.h"
#include "signaling/seats/departures.h"

static enum code end(struct call *c) {
    if (!c->conn->seat->host) {
        return CODE_FORBIDDEN;
    }
    reply_ok(c);
    tour_end(c->s, c->now, c->conn->seat->tour, END_ORDERED);
    return CODE_OK;
}

const struct request request_end = {.type = "end", .needs_seat = true, .act = ACT_END, .run = end};
