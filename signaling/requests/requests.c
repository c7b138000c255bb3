#include "signaling/requests/requests.h"

#include "base/check.h"
#include "signaling/requests/act.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/state/unkept.h"

#include <string.h>

static const struct request *const table[] = {
    &request_hello,   &request_join,   &request_resume,   &request_restart,   &request_leave,
    &request_end,     &request_mute,   &request_pin,      &request_record,    &request_consent,
    &request_remove,  &request_ping,   &request_host,     &request_hand_over, &request_lock,
    &request_admit,   &request_lobby,  &request_mute_all, &request_allow,     &request_chat,
    &request_ask,     &request_answer, &request_hand,     &request_react,     &request_point,
    &request_chapter, &request_follow, &request_retract,  &request_renew,     &request_spotlight,
    &request_roster,  &request_probe,  &request_invite};

static const struct request *find_request(const char *type) {
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strcmp(table[i]->type, type) == 0) {
            return table[i];
        }
    }
    return NULL;
}

static enum code perform(struct call *c, const struct request *r) {
    struct act act;
    c->act = r->act;
    act_begin(&act, c);
    enum code code = r->run(c);
    act_tell(&act, c, code);
    return code;
}

static enum code run(struct call *c, const char *text, size_t n) {
    const char *type;
    enum code code = call_read(c, text, n, &type);
    if (code != CODE_OK) {
        return code;
    }
    const struct request *r = find_request(type);
    if (!r) {
        return CODE_UNKNOWN_TYPE;
    }
    if (r->needs_seat && !c->conn->seat) {
        return CODE_NOT_JOINED;
    }
    if (r->needs_seat && c->conn->seat->waits && !r->from_lobby) {
        return CODE_NOT_ADMITTED;
    }
    code = call_check(c, r);
    if (code == CODE_OK && r->changes && !call_change(c)) {
        return CODE_RATE_LIMITED;
    }
    return code == CODE_OK ? perform(c, r) : code;
}

void request_handle(struct signaling *s, us_t now, struct conn *conn, const char *text, size_t n) {
    struct call c = {.s = s, .now = now, .conn = conn};
    enum code code = run(&c, text, n);
    if (code != CODE_OK) {
        reply_error(&c, code);
    }
    unkept_seat(s, conn->seat); /* most change something of one's own, and be it an account */
    call_free(&c);
}
