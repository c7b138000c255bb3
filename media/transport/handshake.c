#include "media/transport/handshake.h"

#include <string.h>

/* How to say goodbye, and how to understand it, once the object is gone. */
static enum err keep_farewells(struct transport *t) {
    size_t n = 0;
    enum err err = dtls_farewell(t->dtls, t->farewell, &n);
    t->farewell_len = err == OK ? (uint8_t)n : 0;
    return err == OK ? dtls_reader_export(t->dtls, &t->reader) : err;
}

static enum err finish(struct transport *t, us_t now) {
    size_t flight_len = 0;
    enum err err = dtls_export(t->dtls, &t->keys);
    if (err == OK) {
        err = dtls_last_flight(t->dtls, t->flight, &flight_len);
    }
    if (err == OK) {
        err = keep_farewells(t);
    }
    if (err == OK) {
        err = transport_set_keys(t);
    }
    if (err != OK) {
        return err;
    }
    t->flight_len = (uint16_t)flight_len;
    t->flight_at = t->flight_len;
    t->flight_sent = now;
    t->keys_ready = true;
    t->state = TRANSPORT_UP;
    /* Our flights went to the selected address only, and who has not got them cannot finish. */
    if (t->selected >= 0) {
        t->paths[t->selected].proven = true;
        t->sendable = true;
    }
    t->all->c.counters->dtls_done++;
    return OK;
}

static enum transport_verdict progress(struct transport *t, us_t now, enum dtls_state state) {
    enum err err = state == DTLS_FAILED ? dtls_failure_err(dtls_failure(t->dtls)) : OK;
    bool done = state == DTLS_DONE && !t->keys_ready;
    if (done) {
        err = finish(t, now);
    }
    if (err != OK) {
        t->all->c.counters->dtls_failed++;
        t->failure = (uint8_t)err;
        return TRANSPORT_FAILED;
    }
    return done ? TRANSPORT_CONNECTED : TRANSPORT_NOTHING;
}

/* The client lost our Finished: it repeats its flight until it sees ours. */
static void answer_again(struct transport *t, us_t now, struct bytes datagram) {
    if (!dtls_is_handshake(datagram) || now - t->flight_sent < HANDSHAKE_FLIGHT_GAP) {
        t->all->c.counters->drop_dtls++;
        return;
    }
    t->flight_at = 0;
    t->flight_sent = now;
}

enum transport_verdict handshake_input(struct transport *t, us_t now, struct path *path,
                                       struct bytes datagram) {
    path->received += (uint32_t)datagram.n;
    if (t->state != TRANSPORT_JOINING) {
        if (dtls_is_close(&t->reader, datagram)) {
            return TRANSPORT_GONE;
        }
        answer_again(t, now, datagram);
        return TRANSPORT_NOTHING;
    }
    if (!t->dtls) {
        t->dtls = dtls_new(t->all->c.identity, t->fingerprint, false);
        if (!t->dtls) {
            t->all->c.counters->drop_full++; /* the client repeats its hello */
            return TRANSPORT_NOTHING;
        }
    }
    return progress(t, now, dtls_input(t->dtls, now, datagram));
}

us_t handshake_deadline(const struct transport *t) {
    return t->dtls ? dtls_deadline(t->dtls) : US_NEVER;
}

enum transport_verdict handshake_timeout(struct transport *t, us_t now) {
    if (handshake_deadline(t) > now) {
        return TRANSPORT_NOTHING;
    }
    return progress(t, now, dtls_timeout(t->dtls, now));
}

static bool flight_output(struct transport *t, struct datagram *ret) {
    if (t->flight_at + 2 > t->flight_len) {
        return false;
    }
    size_t n = be16(t->flight + t->flight_at);
    if (t->flight_at + 2 + n > t->flight_len) {
        t->flight_at = t->flight_len;
        return false;
    }
    memcpy(ret->data, t->flight + t->flight_at + 2, n);
    ret->len = n;
    t->flight_at = (uint16_t)(t->flight_at + 2 + n);
    return true;
}

/* A forged hello must not make us send much more to its supposed sender than what came from there:
 * nothing, once it is three times as much (the factor of RFC 9000 section 8.1, where even the last
 * datagram may not go beyond; here its length is known too late). */
static bool may_send(const struct path *path) {
    return path->proven || path->sent < 3 * path->received;
}

bool handshake_output(struct transport *t, struct datagram *ret) {
    struct path *path = t->selected < 0 ? NULL : &t->paths[t->selected];
    if (!path || !may_send(path)) {
        return false;
    }
    transport_address(t, ret);
    if (t->dtls) {
        ret->len = dtls_output(t->dtls, ret->data, sizeof(ret->data));
        if (ret->len > 0) {
            path->sent += (uint32_t)ret->len;
            return true;
        }
        if (t->keys_ready || t->state == TRANSPORT_CLOSED) {
            t->dtls = dtls_free(t->dtls);
        }
    }
    return flight_output(t, ret);
}

bool handshake_farewell(struct transport *t, struct datagram *ret) {
    if (t->farewell_len == 0 || t->selected < 0) {
        return false;
    }
    transport_address(t, ret);
    memcpy(ret->data, t->farewell, t->farewell_len);
    ret->len = t->farewell_len;
    t->farewell_len = 0;
    return true;
}
