/* Consent to be recorded, withdrawn or given again. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/effects.h"

static enum code consent(struct call *c) {
    struct seat *seat = c->conn->seat;
    bool given = call_bool(c, "recording");
    if (given && !seat->consent && !call_change(c)) { /* to withdraw it is never too often */
        return CODE_RATE_LIMITED;
    }
    reply_ok(c);
    if (given == seat->consent) {
        return CODE_OK;
    }
    seat->consent = given;
    if (seat->session) {
        seat->session->params.record_consent = given;
        command_peer(c->s, seat->session,
                     (struct command){.type = COMMAND_PEER_CONSENT, .on = given});
    }
    seat_journal(c->s, seat, true);
    return CODE_OK;
}

const struct request request_consent = {.type = "consent",
                                        .fields = {{"recording", FIELD_BOOL, true, 0}},
                                        .needs_seat = true,
                                        .run = consent};
