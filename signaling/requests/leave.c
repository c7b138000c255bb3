/* Give the seat up; the connection may join again. */
#include "signaling/requests/reply.h"
#include "signaling/seats/departures.h"

static enum code leave(struct call *c) {
    reply_ok(c);
    seat_leave(c->s, c->now, c->conn->seat, "left");
    return CODE_OK;
}

const struct request request_leave = {
    .type = "leave", .needs_seat = true, .from_lobby = true, .run = leave};
