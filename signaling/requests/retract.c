/* What somebody has written is taken back, by herself or by a host. */
#include "base/json_write.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code retract(struct call *c) {
    const struct seat *me = c->conn->seat;
    struct entry_in in = {.kind = ENTRY_KIND_RETRACT};
    struct buffer fields = {0};
    uint64_t target = call_integer(c, "seq"), by;
    if (!entry_author(me->tour, target, &by)) {
        c->field = "seq";
        return CODE_BAD_FIELD;
    }
    enum code code = say_check(c, me->host || by == me->id);
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_uint(&fields, "target", target);
    json_close(&fields, '}');
    code = say_add(c, &in, &fields);
    if (code == CODE_OK) {
        entry_retract(me->tour, target);
    }
    return code;
}

const struct request request_retract = {.type = "retract",
                                        .fields = {{"seq", FIELD_INTEGER, true, 0}},
                                        .needs_seat = true,
                                        .run = retract};
