/* A host lets in who waits: all, or those that are named. All of them or, when one is not there or
 * there is no room, nobody. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/lobby.h"

#define NAMED_MAX 1024

/* Mark those that are named. False: one of them does not wait. */
static bool name(struct call *c) {
    const struct tour *t = c->conn->seat->tour;
    const struct json *list = json_member(c->msg, "participants");
    LIST_EACH(l, &t->lobby) {
        LIST_ENTRY(l, struct seat, in_tour)->named = false;
    }
    for (size_t i = 0; i < json_count(list); i++) {
        const char *id = json_get_string(json_item(list, i), NULL);
        struct seat *who = id ? waiting_by_number(t, id) : NULL;
        if (!who) {
            return false;
        }
        who->named = true;
    }
    return true;
}

/* How many will be in by it who are not yet: each once, and who was let in before. */
static uint32_t coming(const struct tour *t, bool all) {
    uint32_t n = 0;
    LIST_EACH(l, &t->lobby) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        n += all || seat->named || seat->admitted;
    }
    return n;
}

static enum code admit(struct call *c) {
    const struct seat *me = c->conn->seat;
    bool all = !json_member_set(c->msg, "participants");
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (!name(c)) {
        c->field = "participants";
        return CODE_BAD_FIELD;
    }
    if (admission_over(me->tour, coming(me->tour, all))) {
        return CODE_TOUR_FULL;
    }
    if (lobby_admit_all(c->s, c->now, me->tour, all) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_admit = {.type = "admit",
                                      .fields = {{"participants", FIELD_LIST, false, NAMED_MAX}},
                                      .needs_seat = true,
                                      .run = admit};
