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
    if (err == OK && !t->begins) { /* else the last flight is the client's, to be sent again */
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
    t->flight_due = flight_len > 0 ? now + HANDSHAKE_UNASKED_FIRST : US_NEVER;
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
        t->handshake = (uint8_t)dtls_failure(t->dtls);
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

/* NULL when memory is out: what the client sends again leads here again. */
static struct dtls *make(struct transport *t) {
    t->dtls = dtls_new(t->all->c.identity, t->fingerprint, t->begins);
    t->all->c.counters->drop_full += !t->dtls;
    return t->dtls;
}

void handshake_begin(struct transport *t, us_t now) {
    bool due = t->begins && t->state == TRANSPORT_JOINING && !t->dtls && t->selected >= 0;
    if (due && make(t)) {
        dtls_start(t->dtls, now);
    }
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
    if (!t->dtls && (t->begins || !make(t))) {
        return TRANSPORT_NOTHING;
    }
    return progress(t, now, dtls_input(t->dtls, now, datagram));
}

us_t handshake_deadline(const struct transport *t) {
    if (t->state != TRANSPORT_JOINING) {
        return t->flight_due;
    }
    return t->dtls ? dtls_deadline(t->dtls) : US_NEVER;
}

static void end_again(struct transport *t, us_t now) {
    us_t wait = HANDSHAKE_UNASKED_FIRST << ++t->flight_unasked;
    bool last = t->flight_unasked == HANDSHAKE_UNASKED_MAX;
    t->flight_due = last ? US_NEVER : now + us_min(wait, HANDSHAKE_UNASKED_LAST);
    t->flight_at = 0;
    t->flight_sent = now;
}

enum transport_verdict handshake_timeout(struct transport *t, us_t now) {
    if (handshake_deadline(t) > now) {
        return TRANSPORT_NOTHING;
    }
    if (t->state != TRANSPORT_JOINING) {
        end_again(t, now);
        return TRANSPORT_NOTHING;
    }
    return progress(t, now, dtls_timeout(t->dtls, now));
}

/* Of our last flight, while it is being sent again: length of the next datagram; 0 at its end. */
static size_t flight_len(const struct transport *t) {
    size_t left = (size_t)t->flight_len - t->flight_at;
    size_t n = left > 2 ? be16(t->flight + t->flight_at) : 0;
    return n + 2 <= left ? n : 0;
}

static size_t flight_output(struct transport *t, uint8_t *out) {
    size_t n = flight_len(t);
    if (n > 0) {
        memcpy(out, t->flight + t->flight_at + 2, n);
        t->flight_at = (uint16_t)(t->flight_at + 2 + n);
    }
    return n;
}

static size_t next_len(const struct transport *t) {
    size_t n = t->dtls ? dtls_output_len(t->dtls) : 0;
    return n > 0 ? n : flight_len(t);
}

struct path *handshake_to_prove(struct transport *t) {
    struct path *path = t->selected < 0 ? NULL : &t->paths[t->selected];
    size_t n = next_len(t);
    if (n == 0 || !path || transport_allows(path, 2 * n)) {
        return NULL;
    }
    /* The question must not be what makes it wait. */
    bool held = !transport_allows(path, n);
    return held || transport_allows(path, n + CHALLENGE_USUAL) ? path : NULL;
}

bool handshake_output(struct transport *t, struct datagram *ret) {
    struct path *path = t->selected < 0 ? NULL : &t->paths[t->selected];
    if (t->dtls && dtls_output_len(t->dtls) == 0 &&
        (t->keys_ready || t->state == TRANSPORT_CLOSED)) {
        t->dtls = dtls_free(t->dtls);
    }
    size_t n = next_len(t);
    if (n == 0 || !path || !transport_allows(path, n)) {
        return false;
    }
    transport_address(t, ret);
    ret->len = t->dtls ? dtls_output(t->dtls, ret->data, sizeof(ret->data)) : 0;
    ret->len = ret->len > 0 ? ret->len : flight_output(t, ret->data);
    path->sent += (uint32_t)ret->len;
    return ret->len > 0;
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
