/* The handshake of a peer. Its object lives from the first record to the last datagram of our last
 * flight; afterwards only the bytes of that flight are kept (secure/dtls.h says why). */
#include "base/alloc.h"
#include "media/peer.h"
#include "media/tour.h"

enum err peer_set_keys(struct peer *p) {
    p->opener = srtp_opener_new(&p->keys);
    p->sealer = srtp_sealer_new(&p->keys);
    return p->opener && p->sealer ? OK : ERR_NOMEM;
}

static enum err finish(struct peer *p, us_t now) {
    size_t flight_len = 0;
    enum err err = dtls_export(p->dtls, &p->keys);
    if (err == OK) {
        err = dtls_last_flight(p->dtls, p->flight, &flight_len);
    }
    if (err == OK) {
        err = peer_set_keys(p);
    }
    if (err != OK) {
        return err;
    }
    p->flight_len = (uint16_t)flight_len;
    p->flight_at = p->flight_len;
    p->flight_sent = now;
    p->keys_ready = true;
    p->state = PEER_CONNECTED;
    p->report_at = now;
    p->engine->n.dtls_done++;
    struct media_event *ev = event_push(p->engine, MEDIA_PEER_CONNECTED);
    ev->tour = p->tour->handle;
    ev->peer = p->handle;
    ev->participant = p->participant;
    tour_changed(p->tour);
    return OK;
}

static void progress(struct peer *p, us_t now, enum dtls_state state) {
    peer_ready(p); /* whatever came of it, also an alert, is to be sent */
    enum err err = state == DTLS_FAILED ? dtls_failure_err(dtls_failure(p->dtls)) : OK;
    if (state == DTLS_DONE && !p->keys_ready) {
        err = finish(p, now);
    }
    if (err != OK) {
        p->engine->n.dtls_failed++;
        peer_fail(p, now, err);
        return;
    }
    peer_reschedule(p, now);
}

/* The client lost our Finished: it repeats its flight until it sees ours. */
static void answer_again(struct peer *p, us_t now, struct bytes datagram) {
    if (!dtls_is_handshake(datagram) || now - p->flight_sent < PEER_FLIGHT_GAP) {
        p->engine->n.drop_dtls++;
        return;
    }
    p->flight_at = 0;
    p->flight_sent = now;
    peer_ready(p);
}

void peer_dtls_input(struct peer *p, us_t now, const struct packet *k) {
    struct engine *e = p->engine;
    struct bytes datagram = bytes_of(k->data, k->len);
    if (p->state != PEER_JOINING) {
        answer_again(p, now, datagram);
        return;
    }
    if (!p->dtls) {
        p->dtls = dtls_new(e->c.identity, p->fingerprint, false);
        if (!p->dtls) {
            e->n.drop_full++; /* the client repeats its hello */
            return;
        }
    }
    progress(p, now, dtls_input(p->dtls, now, datagram));
}

void peer_dtls_timer(struct peer *p, us_t now) {
    if (p->dtls && p->state == PEER_JOINING && dtls_deadline(p->dtls) <= now) {
        progress(p, now, dtls_timeout(p->dtls, now));
    }
}

static bool flight_output(struct peer *p, struct datagram *ret) {
    if (p->flight_at + 2 > p->flight_len) {
        return false;
    }
    size_t n = be16(p->flight + p->flight_at);
    if (p->flight_at + 2 + n > p->flight_len) {
        p->flight_at = p->flight_len;
        return false;
    }
    memcpy(ret->data, p->flight + p->flight_at + 2, n);
    ret->len = n;
    p->flight_at = (uint16_t)(p->flight_at + 2 + n);
    return true;
}

bool peer_dtls_output(struct peer *p, struct datagram *ret) {
    if (p->dtls) {
        ret->len = dtls_output(p->dtls, ret->data, sizeof(ret->data));
        if (ret->len > 0) {
            return true;
        }
        if (p->keys_ready || p->state == PEER_LEAVING) {
            p->dtls = dtls_free(p->dtls);
        }
    }
    return flight_output(p, ret);
}
