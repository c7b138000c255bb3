/* What a received datagram is, and whose: the way from a socket to a session. Nothing before the
 * client's own authentication changes state. */
#include "media/engine/input.h"

#include "media/engine/offence.h"
#include "media/engine/picture.h"
#include "media/engine/rtcp_in.h"
#include "media/engine/rtp_in.h"
#include "media/engine/schedule.h"
#include "media/engine/turn.h"
#include "media/transport/handshake.h"
#include "media/transport/path.h"
#include "media/wire/rtp.h"

/* Keep it until it is asked for. However many a batch may cause: what the network sends must not
 * end the server, and a client checks again. */
static void answer(struct engine *e, const struct datagram *d) {
    if (d->len == 0 || d->len > STUN_MAX) {
        return;
    }
    if (e->n_stun == ARRAY_LEN(e->stun_out)) {
        e->n.drop_full++;
        return;
    }
    e->stun_out[e->n_stun].to = d->to;
    e->stun_out[e->n_stun].from = d->from;
    e->stun_out[e->n_stun].len = (uint16_t)d->len;
    memcpy(e->stun_out[e->n_stun++].data, d->data, d->len);
}

static void challenge(struct session *s, us_t now, struct path *path) {
    path_challenge(&s->transport, now, path, &s->engine->stun.challenge);
    answer(s->engine, &s->engine->stun.challenge);
}

/* What has to wait until more has come from there asks whether anybody is there. */
static void prove_for_handshake(struct session *s, us_t now) {
    struct path *unproven = handshake_to_prove(&s->transport);
    if (unproven) {
        challenge(s, now, unproven);
    }
}

/* More has come from the client's address, or it has answered: what was held back may go out. */
static void resume_handshake(struct session *s) {
    if (handshake_pending(&s->transport)) {
        schedule_output(s);
    }
}

/* Adds up to ENGINE_ANSWERS_MAX answers: its own, a challenge of where it came from, and one of the
 * address that the handshake goes to. */
static void from_stun(struct engine *e, us_t now, const struct packet *k) {
    e->n.stun_in++;
    struct transport *t = path_stun(&e->transports, now, k, &e->stun);
    answer(e, &e->stun.reply);
    answer(e, &e->stun.challenge);
    if (!t) {
        return;
    }
    struct session *s = session_of(t);
    if (e->stun.back) {
        picture_lost_all(s, now);
    }
    if (t->begins) {
        handshake_begin(t, now);
        prove_for_handshake(s, now);
    }
    resume_handshake(s);
    schedule(s, now);
}

/* Before the keys are there each datagram may be a costly step. */
static bool may_step(struct session *s, struct packet *k) {
    struct engine *e = s->engine;
    if (s->transport.state != TRANSPORT_JOINING || handshakes_may(&e->handshakes)) {
        return true;
    }
    e->n.dtls_deferred++;
    e->n.drop_full += !handshakes_defer(&e->handshakes, k);
    return false;
}

static void from_dtls(struct session *s, us_t now, struct path *path, struct packet *k) {
    if (!may_step(s, k)) {
        return;
    }
    struct bytes datagram = bytes_of(k->data, k->len);
    enum transport_verdict v = handshake_input(&s->transport, now, path, datagram);
    resume_handshake(s); /* whatever came of it, also an alert, is to be sent */
    prove_for_handshake(s, now);
    if (v == TRANSPORT_FAILED || v == TRANSPORT_GONE) {
        session_fail(s, now, v == TRANSPORT_GONE ? OK : (enum err)s->transport.failure);
        return;
    }
    if (v == TRANSPORT_CONNECTED) {
        session_connected(s, now);
    }
    schedule(s, now);
}

static void from_srtp(struct session *s, us_t now, struct path *path, struct packet *k) {
    bool back = false;
    enum wire_kind kind = wire_classify(bytes_of(k->data, k->len));
    if (kind == WIRE_RTCP && s->bwe) {
        bwe_fetch_all(s->bwe); /* while it is decrypted */
    }
    enum err err = transport_open(&s->transport, now, path, k, &back);
    if (err == ERR_FULL) {
        /* It has used up hundreds of streams with authentic packets, which no client does: that is
         * why more of them are held against it, although they are not opened any more. */
        offence_note(s, now, OFFENCE_RTP, 1);
    }
    if (err != OK) {
        return;
    }
    if (!path->proven) {
        path->received += k->len;
        challenge(s, now, path);
        resume_handshake(s);
    }
    if (back) {
        picture_lost_all(s, now);
    }
    if (kind == WIRE_RTP) {
        rtp_in(s, now, k);
    } else {
        rtcp_in(s, now, k);
    }
    schedule(s, now);
}

static void from_client(struct engine *e, us_t now, struct packet *k, enum wire_kind kind) {
    struct path *path = NULL;
    struct transport *t = path_find(&e->transports, now, &k->from, &path);
    if (!t) {
        e->n.drop_unknown_address++;
    } else if (kind == WIRE_DTLS) {
        from_dtls(session_of(t), now, path, k);
    } else {
        from_srtp(session_of(t), now, path, k);
    }
}

void input_handshakes(struct engine *e, us_t now) {
    struct packet *k;
    for (unsigned i = 0; i < HANDSHAKES_STEPS && (k = handshakes_take(&e->handshakes)); i++) {
        from_client(e, now, k, WIRE_DTLS);
        packet_unref(k);
    }
}

void engine_input(struct engine *e, us_t now, struct packet *p) {
    turn_input(e, now);
    e->n.datagrams_in++;
    e->n.bytes_in += p->len;
    enum wire_kind kind = wire_classify(bytes_of(p->data, p->len));
    switch (kind) {
    case WIRE_STUN:
        from_stun(e, now, p);
        break;
    case WIRE_DTLS:
    case WIRE_RTP:
    case WIRE_RTCP:
        from_client(e, now, p, kind);
        break;
    default:
        e->n.drop_other++;
        break;
    }
    packet_unref(p);
    turn_end(e);
}
