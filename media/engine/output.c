/* What is to be sent, one datagram at a time: the answer to a STUN check, then what sessions have
 * to say themselves, then media. */
#include "media/engine/keep.h"
#include "media/engine/rtcp_out.h"
#include "media/engine/schedule.h"
#include "media/engine/turn.h"
#include "media/transport/handshake.h"

static bool stun_output(struct engine *e, struct train *ret) {
    if (e->n_stun == 0) {
        return false;
    }
    e->n_stun--; /* their order does not matter */
    ret->to = e->stun_out[e->n_stun].to;
    ret->from = e->stun_out[e->n_stun].from;
    memcpy(ret->data, e->stun_out[e->n_stun].data, e->stun_out[e->n_stun].len);
    train_add(ret, e->stun_out[e->n_stun].len);
    return true;
}

static bool session_output(struct session *s, us_t now, struct datagram *ret) {
    struct transport *t = &s->transport;
    bool leaves = s->says_farewell;
    if (!handshake_output(t, ret) && !rtcp_out(s, now, ret) &&
        !(leaves && handshake_farewell(t, ret))) {
        return false;
    }
    transport_sent(t, 1, ret->len);
    return true;
}

static bool ready_output(struct engine *e, us_t now, struct train *ret) {
    while (!list_empty(&e->ready)) {
        struct session *s = LIST_ENTRY(e->ready.next, struct session, ready);
        if (session_output(s, now, &e->own)) {
            train_of(ret, &e->own);
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

static bool next(struct engine *e, us_t now, struct train *ret) {
    return stun_output(e, ret) || ready_output(e, now, ret) || fanout_output(&e->fanout, now, ret);
}

/* A replay that came too late wants a key frame instead: that is asked for before it returns. */
static bool wanted_output(struct engine *e, us_t now, struct train *ret) {
    if (list_empty(&e->feeds.wants)) {
        return false;
    }
    turn_end(e);
    return ready_output(e, now, ret);
}

bool engine_output(struct engine *e, us_t now, struct train *ret) {
    OWNER_CHECK(&e->owner);
    now = us_max(now, e->now);
    train_clear(ret);
    if (next(e, now, ret) || wanted_output(e, now, ret)) {
        e->n.datagrams_out += ret->n;
        e->n.bytes_out += ret->len;
        return true;
    }
    while (!list_empty(&e->fanout.paced)) {
        struct out_queue *q = LIST_ENTRY(e->fanout.paced.next, struct out_queue, paced);
        list_remove(&q->paced);
        schedule_drained(CONTAINER_OF(q, struct session, queue), now);
    }
    keep_changed(e, now);
    e->n_inputs = 0;
    handshakes_next(&e->handshakes);
    return false;
}
