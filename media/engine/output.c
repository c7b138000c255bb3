/* What is to be sent, one datagram at a time: the answer to a STUN check, then what sessions have
 * to say themselves, then media. */
#include "media/engine/rtcp_out.h"
#include "media/engine/schedule.h"
#include "media/transport/handshake.h"

static bool take(struct datagram *from, struct datagram *ret) {
    if (from->len == 0) {
        return false;
    }
    ret->to = from->to;
    ret->from = from->from;
    ret->len = from->len;
    memcpy(ret->data, from->data, from->len);
    from->len = 0;
    return true;
}

static bool session_output(struct session *s, us_t now, struct datagram *ret) {
    struct transport *t = &s->transport;
    bool leaves = s->says_farewell;
    if (!handshake_output(t, ret) && !rtcp_out(s, now, ret) &&
        !(leaves && handshake_farewell(t, ret))) {
        return false;
    }
    t->packets_out++;
    t->bytes_out += ret->len;
    return true;
}

static bool ready_output(struct engine *e, us_t now, struct datagram *ret) {
    while (!list_empty(&e->ready)) {
        struct session *s = LIST_ENTRY(e->ready.next, struct session, ready);
        if (session_output(s, now, ret)) {
            return true;
        }
        list_remove(&s->ready);
        if (s->transport.state == TRANSPORT_CLOSED) {
            session_release(s);
        } else {
            schedule_drained(s, now);
        }
    }
    return false;
}

bool engine_output(struct engine *e, us_t now, struct datagram *ret) {
    now = us_max(now, e->now);
    if (take(&e->stun.reply, ret) || take(&e->stun.challenge, ret) || ready_output(e, now, ret) ||
        fanout_output(&e->fanout, now, ret)) {
        e->n.datagrams_out++;
        e->n.bytes_out += ret->len;
        return true;
    }
    return false;
}
