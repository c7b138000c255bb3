/* One offer in, one answer out. */
#include "base/json_write.h"
#include "base/utf8.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/tick.h"

#include <string.h>

/* Consent counts only for the text that is shown now. */
static bool consents(const struct call *c) {
    const char *version = call_object_string(c, "consent", "version");
    return call_object_bool(c, "consent", "recording") && version &&
           strcmp(version, c->s->consent_version) == 0;
}

static void reply_joined(const struct call *c, const struct admission *e) {
    struct buffer o = {0};
    reply_open(c, &o, "joined");
    reply_state(c, &o, e->seat);
    json_put_string(&o, "resume", e->seat->resume);
    reply_ice_servers(c, &o, e->seat->sub, WALL_SEAT);
    reply_answer(c, &o, e->seat, &e->offer);
    reply_send(c, &o);
}

static enum code join(struct call *c) {
    struct claims k;
    size_t sdp_n;
    if (c->conn->seat) {
        return CODE_ALREADY_JOINED;
    }
    const char *sdp = call_string(c, "offer", &sdp_n);
    struct admission e = {.claims = &k,
                          .name = call_string(c, "name", NULL),
                          .consent = consents(c),
                          .conn = c->conn,
                          .offer = {.use = OFFER_WANTS, .text = sdp, .n = sdp_n}};
    enum code code = call_token(c, &k);
    if (code != CODE_OK) {
        return code;
    }
    if (!utf8_printable(e.name)) {
        c->field = "name";
        return CODE_BAD_FIELD;
    }
    code = call_wants(c, &e.wants);
    code = code == CODE_OK ? seat_enter(c->s, c->now, &e) : code;
    if (code == CODE_CONSENT_REQUIRED) {
        c->field = "consent";
    } else if (code != CODE_OK) {
        call_refused(c, &e.offer);
    }
    if (code != CODE_OK) {
        return code;
    }
    reply_joined(c, &e);
    tell_entered(c->s, c->now, e.seat, e.took_over);
    return CODE_OK;
}

const struct request request_join = {.type = "join",
                                     .fields = {{"token", FIELD_STRING, false, 8192},
                                                {"name", FIELD_STRING, false, NAME_MAX_BYTES},
                                                {"consent", FIELD_OBJECT, false, 0},
                                                {"offer", FIELD_STRING, true, 0},
                                                {"sources", FIELD_LIST, false, WANTS_MAX},
                                                {"slots", FIELD_LIST, false, WANTS_MAX}},
                                     .run = join};
