/* Start, pause or stop the recording. What is true of it then, the recorder reports. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code record(struct call *c) {
    struct moderator me;
    bool on = call_bool(c, "on"), paused = call_bool(c, "paused");
    enum code code = moderate_as(c, &me);
    if (code == CODE_OK && me.t->record != RECORD_OFF && on && !paused && !call_change(c)) {
        return CODE_RATE_LIMITED; /* to stop it is never too often */
    }
    code = code == CODE_OK ? moderate_record(&me, on, paused) : code;
    return moderate_done(c, "on", code);
}

const struct request request_record = {
    .type = "record",
    .fields = {{"on", FIELD_BOOL, true, 0}, {"paused", FIELD_BOOL, false, 0}},
    .needs_seat = true,
    .act = ACT_RECORD,
    .run = record};
