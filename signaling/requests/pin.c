/* Whom this viewer wants on the stage. */
#include "signaling/requests.h"

#include <string.h>

static const struct seat *by_number(const struct tour *t, const char *id) {
    uint32_t number;
    struct span digits = {id + 1, strlen(id) - 1};
    if (id[0] != 'p' || !span_number(digits, UINT32_MAX, &number)) {
        return NULL;
    }
    LIST_EACH(l, &t->seats) {
        const struct seat *x = LIST_ENTRY(l, struct seat, in_tour);
        if (x->number == number) {
            return x;
        }
    }
    return NULL;
}

static enum sig_code pin(struct call *c) {
    struct seat *x = c->conn->seat;
    const char *id = call_string(c, "participant", NULL);
    const struct seat *who = id && *id ? by_number(x->tour, id) : NULL;
    if (id && !who) {
        c->field = "participant";
        return SIG_BAD_FIELD;
    }
    reply_ok(c);
    x->pinned = who ? who->id : 0;
    if (x->session) {
        effect(c->s, (struct sig_effect){.type = EFFECT_PIN,
                                         .worker = x->tour->worker,
                                         .peer = x->session->params.peer,
                                         .participant = x->pinned});
    }
    return SIG_OK;
}

const struct request request_pin = {.type = "pin",
                                    .fields = {{"participant", FIELD_STRING, false, 16}},
                                    .needs_seat = true,
                                    .run = pin};
