#include "media/transport/lifecycle.h"

#include "media/transport/credentials.h"
#include "media/transport/handshake.h"
#include "media/transport/path.h"

#include <string.h>

enum err transport_init(struct transport *t, struct transports *all, us_t now,
                        const struct session_params *s) {
    t->all = all;
    list_init(&t->changed);
    lease_init(&t->srtcp_lease, SRTCP_INDEX_END);
    t->selected = -1;
    t->flight_due = US_NEVER;
    t->joined_at = now;
    t->last_authentic = now;
    t->srtcp_index = 1;
    t->resend_credit = RESEND_CREDIT_START;
    t->begins = s->dtls_active;
    memcpy(t->fingerprint, s->fingerprint, sizeof(t->fingerprint));
    return credentials_announce(t, &s->ice);
}

void transport_close(struct transport *t) {
    path_forget_all(t);
    t->state = TRANSPORT_CLOSED;
    t->flight_due = US_NEVER;
    t->sendable = false;
}

void transport_resume(struct transport *t, us_t now, const struct packet_addrs *where) {
    t->flight_at = t->flight_len;
    t->flight_sent = now;
    t->keys_ready = true;
    t->state = TRANSPORT_UP;
    struct path *path = where ? path_add(t, now, where) : NULL;
    if (path) { /* else another session has the address now, and is heard from it */
        path->proven = true;
        path->nominated = true;
        t->selected = (int8_t)(path - t->paths);
    }
    transport_update(t, now);
}

us_t transport_deadline(const struct transport *t) {
    const struct transports_config *c = &t->all->c;
    if (t->state == TRANSPORT_JOINING) {
        return us_min(t->joined_at + c->join_timeout, handshake_deadline(t));
    }
    us_t at = us_min(t->last_authentic + c->peer_timeout, handshake_deadline(t));
    return t->sendable ? us_min(at, t->paths[t->selected].heard + c->media_silence) : at;
}

enum transport_verdict transport_timeout(struct transport *t, us_t now) {
    const struct transports_config *c = &t->all->c;
    transport_update(t, now);
    if (t->state == TRANSPORT_JOINING && now - t->joined_at >= c->join_timeout) {
        t->failure = ERR_AGAIN;
        return TRANSPORT_FAILED;
    }
    if (t->state == TRANSPORT_UP && now - t->last_authentic >= c->peer_timeout) {
        return TRANSPORT_GONE;
    }
    return handshake_timeout(t, now);
}
