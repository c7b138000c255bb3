/* Consent to be recorded, withdrawn or given again. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/effects.h"

static enum sig_code consent(struct call *c) {
    struct seat *x = c->conn->seat;
    bool given = call_bool(c, "recording");
    reply_ok(c);
    if (given == x->consent) {
        return SIG_OK;
    }
    x->consent = given;
    if (x->session) {
        x->session->params.record_consent = given;
        effect(c->s, (struct sig_effect){.type = EFFECT_PEER_CONSENT,
                                         .worker = x->session->worker,
                                         .peer = x->session->params.peer,
                                         .on = given});
    }
    seat_journal(c->s, x, true);
    return SIG_OK;
}

const struct request request_consent = {.type = "consent",
                                        .fields = {{"recording", FIELD_BOOL, true, 0}},
                                        .needs_seat = true,
                                        .run = consent};
