/* What is to be sent, one datagram at a time: the answer to a STUN check, then what sessions have
 * to say themselves, then media. */
#include "media/engine/rtcp_out.h"
#include "media/engine/schedule.h"
#include "media/transport/handshake.h"

static bool reply_output(struct engine *e, struct datagram *ret) {
    if (e->reply.len == 0) {
        return false;
    }
    ret->to = e->reply.to;
    ret->len = e->reply.len;
    memcpy(ret->data, e->reply.data, e->reply.len);
    e->reply.len = 0;
    return true;
}

static bool session_output(struct session *s, us_t now, struct datagram *ret) {
    struct transport *t = &s->transport;
    if (!handshake_output(t, ret) && !rtcp_out(s, now, ret)) {
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
    if (reply_output(e, ret) || ready_output(e, now, ret) || fanout_output(&e->fanout, now, ret)) {
        e->n.datagrams_out++;
        e->n.bytes_out += ret->len;
        return true;
    }
    return false;
}
