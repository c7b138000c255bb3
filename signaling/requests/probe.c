/* A transport to try out the network with, before joining. */
#include "signaling/seats/probe.h"
#include "base/json_write.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/tours/tours.h"

static enum code probe(struct call *c) {
    struct claims k;
    struct tour *t;
    struct wants wants;
    struct offer offer = {.use = OFFER_WANTS, .wants = &wants};
    struct buffer o = {0};
    offer.text = call_string(c, "offer", &offer.n);
    enum code code = call_token_tour(c, &k);
    /* That the tour is to come, or over, is no reason not to look at the network. */
    if (code == CODE_OK && tour_for(c->s, c->now, &k, &t) == CODE_REMOVED) {
        code = CODE_REMOVED;
    }
    code = code == CODE_OK ? call_wants(c, &wants) : code;
    code = code == CODE_OK ? probe_add(c->s, c->now, c->conn, &k, &offer) : code;
    if (code != CODE_OK) {
        call_refused(c, &offer);
        return code;
    }
    reply_open(c, &o, "probed");
    json_put_int(&o, "ends_in_ms", (c->conn->probe->end.timer.at - c->now) / US_PER_MS);
    reply_ice_servers(c, &o, k.sub, k.expires);
    reply_answer(c, &o, probe_latest(c->conn->probe), &offer);
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_probe = {.type = "probe",
                                      .fields = {{"token", FIELD_STRING, false, 8192},
                                                 {"tour", FIELD_STRING, false, TOUR_NAME_MAX},
                                                 {"offer", FIELD_STRING, true, 0},
                                                 {"sources", FIELD_LIST, false, WANTS_MAX},
                                                 {"slots", FIELD_LIST, false, WANTS_MAX}},
                                      .run = probe};
