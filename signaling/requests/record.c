/* Start, pause or stop the recording. What is true of it then, the recorder reports. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/tours/tours.h"

static enum code record(struct call *c) {
    struct seat *seat = c->conn->seat;
    if (!seat->host || seat->tour->record == RECORD_OFF) {
        return CODE_FORBIDDEN;
    }
    if (call_bool(c, "on") && !call_bool(c, "paused") && !call_change(c)) {
        return CODE_RATE_LIMITED; /* to stop it is never too often */
    }
    reply_ok(c);
    tour_record(c->s, seat->tour, call_bool(c, "on"));
    tour_record_pause(c->s, seat->tour, seat->id, call_bool(c, "paused"));
    return CODE_OK;
}

const struct request request_record = {
    .type = "record",
    .fields = {{"on", FIELD_BOOL, true, 0}, {"paused", FIELD_BOOL, false, 0}},
    .needs_seat = true,
    .run = record};
