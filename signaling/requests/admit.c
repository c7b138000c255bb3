/* A host lets in who waits: all, or those that are named. All of them or, when one is not there or
 * there is no room, nobody. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/lobby.h"

#define NAMED_MAX 1024

static struct seat *named(const struct call *c, size_t i) {
    const char *id = json_get_string(json_item(json_member(c->msg, "participants"), i), NULL);
    return id ? waiting_by_number(c->conn->seat->tour, id) : NULL;
}

/* How many come in by it. */
static enum code check(struct call *c, bool all) {
    const struct tour *t = c->conn->seat->tour;
    size_t n = json_count(json_member(c->msg, "participants"));
    for (size_t i = 0; i < n; i++) {
        if (!named(c, i)) {
            c->field = "participants";
            return CODE_BAD_FIELD;
        }
    }
    uint32_t let_in = t->n_lobby - lobby_count(t); /* and not in yet */
    return admission_over(t, let_in + (all ? lobby_count(t) : (uint32_t)n)) ? CODE_TOUR_FULL
                                                                            : CODE_OK;
}

static enum code admit_named(struct call *c) {
    size_t n = json_count(json_member(c->msg, "participants"));
    for (size_t i = 0; i < n; i++) {
        if (lobby_admit(c->s, c->now, named(c, i)) != OK) {
            return CODE_INTERNAL;
        }
    }
    return CODE_OK;
}

static enum code admit(struct call *c) {
    const struct seat *me = c->conn->seat;
    bool all = !json_member_set(c->msg, "participants");
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    enum code code = check(c, all);
    if (code != CODE_OK) {
        return code;
    }
    if (all) {
        code = lobby_admit_all(c->s, c->now, me->tour) == OK ? CODE_OK : CODE_INTERNAL;
    } else {
        code = admit_named(c);
    }
    if (code == CODE_OK) {
        reply_ok(c);
    }
    return code;
}

const struct request request_admit = {.type = "admit",
                                      .fields = {{"participants", FIELD_LIST, false, NAMED_MAX}},
                                      .needs_seat = true,
                                      .run = admit};
