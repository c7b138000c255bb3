/* The life of a peer: made by a command, connected by its handshake, ended by a command, a failure
 * or silence; then it lingers until its last datagrams have been sent. */
#include "media/peer.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/params.h"
#include "media/tour.h"

struct peer *peer_find(const struct engine *e, uint64_t handle) {
    return map_get(e->peers, handle);
}

static void add_lines(struct peer *p, const struct session_params *s) {
    for (unsigned i = 0; i < s->n_lines; i++) {
        const struct session_line *l = &s->lines[i];
        if (l->slot) {
            slot_init(&p->slots[p->n_slots++], p, l);
        } else {
            p->lines[p->n_lines++].s = *l;
        }
    }
    p->rtcp_ssrc = p->n_slots > 0 ? p->slots[0].s.ssrc : 1;
}

static struct peer *peer_new(struct engine *e, us_t now, const struct session_params *s) {
    unsigned slots = 0;
    for (unsigned i = 0; i < s->n_lines; i++) {
        slots += s->lines[i].slot != SLOT_NONE;
    }
    struct peer *p = mem_zalloc(1, sizeof(*p) + slots * sizeof(struct slot));
    if (!p) {
        return NULL;
    }
    p->timer.timer.at = US_NEVER;
    p->engine = e;
    list_init(&p->in_tour);
    list_init(&p->ready);
    list_init(&p->dirty);
    p->handle = s->peer;
    p->participant = s->participant;
    p->host = s->host;
    p->loudest_audio = s->loudest_audio;
    p->record_consent = s->record_consent;
    memcpy(p->cname, s->cname, sizeof(p->cname));
    memcpy(p->fingerprint, s->fingerprint, sizeof(p->fingerprint));
    p->selected = -1;
    p->joined_at = now;
    p->last_authentic = now;
    p->srtcp_index = 1;
    add_lines(p, s);
    return p;
}

enum err peer_create(struct engine *e, us_t now, const struct session_params *s,
                     struct peer **ret) {
    enum err err = params_check(s);
    struct tour *t = tour_find(e, s->tour);
    if (err == OK && !t) {
        err = ERR_UNKNOWN;
    }
    if (err == OK && peer_find(e, s->peer)) {
        err = ERR_EXISTS;
    }
    if (err == OK && map_len(e->peers) >= e->c.max_peers) {
        err = ERR_FULL;
    }
    if (err != OK) {
        return err;
    }
    struct peer *p = peer_new(e, now, s);
    if (!p) {
        return ERR_NOMEM;
    }
    err = peer_set_ice(p, &s->ice);
    if (err != OK) {
        mem_free(p);
        return err;
    }
    CHECK(map_put(e->peers, p->handle, p) == OK);
    p->tour = t;
    list_push(&t->peers, &p->in_tour);
    *ret = p;
    return OK;
}

void peer_destroy(struct peer *p) {
    list_remove(&p->in_tour);
    list_remove(&p->ready);
    list_remove(&p->dirty);
    dtls_free(p->dtls);
    srtp_opener_free(p->opener);
    srtp_sealer_free(p->sealer);
    mem_free(p->twcc);
    mem_wipe(&p->keys, sizeof(p->keys));
    mem_wipe(&p->ice, sizeof(p->ice));
    mem_free(p);
}

/* The selected address stays readable for the last datagrams, but nothing comes in by it. */
static void leave_maps(struct peer *p) {
    struct engine *e = p->engine;
    int8_t selected = p->selected;
    map_take(e->peers, p->handle);
    map_take(e->ufrags, p->ufrag_key);
    for (unsigned i = 0; i < PEER_PATHS_MAX; i++) {
        peer_drop_path(p, &p->paths[i]);
    }
    p->selected = selected;
}

void peer_leave(struct peer *p, us_t now, bool bye) {
    struct engine *e = p->engine;
    forward_forget(e, p);
    for (unsigned i = 0; i < p->n_lines; i++) {
        source_free(p->lines[i].source, now);
    }
    for (unsigned i = 0; i < p->n_slots; i++) {
        slot_show(&p->slots[i], now, NULL);
    }
    leave_maps(p);
    timers_clear(&e->timers, &p->timer.timer);
    list_remove(&p->dirty);
    list_remove(&p->in_tour);
    list_push(&e->leaving, &p->in_tour);
    tour_changed(p->tour);
    p->tour = NULL;
    p->say_bye = bye && p->state == PEER_CONNECTED;
    p->state = PEER_LEAVING;
    peer_ready(p);
}

static void tell_end(struct peer *p, enum media_event_type type, enum err reason) {
    struct media_event *ev = event_push(p->engine, type);
    ev->tour = p->tour->handle;
    ev->peer = p->handle;
    ev->participant = p->participant;
    ev->reason = (uint8_t)reason;
}

void peer_fail(struct peer *p, us_t now, enum err reason) {
    tell_end(p, MEDIA_PEER_FAILED, reason);
    peer_leave(p, now, false);
}

bool peer_sendable(const struct peer *p, us_t now) {
    return p->state == PEER_CONNECTED && p->selected >= 0 &&
           now - p->last_authentic < p->engine->c.media_silence;
}

static us_t peer_deadline(const struct peer *p, us_t now) {
    const struct engine_config *c = &p->engine->c;
    if (p->state == PEER_JOINING) {
        us_t at = p->joined_at + c->join_timeout;
        return p->dtls ? us_min(at, dtls_deadline(p->dtls)) : at;
    }
    us_t at = p->last_authentic + c->peer_timeout;
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (p->lines[i].source) {
            at = us_min(at, source_deadline(p->lines[i].source));
        }
    }
    /* While it waits for engine_output its RTCP is no reason to be woken. */
    return list_empty(&p->ready) ? us_min(at, peer_rtcp_deadline(p, now)) : at;
}

static void set_timer(struct peer *p, us_t at) {
    if (at != p->timer.timer.at) {
        timers_set(&p->engine->timers, &p->timer.timer, at);
    }
}

void peer_reschedule(struct peer *p, us_t now) {
    if (p->state == PEER_LEAVING) {
        return;
    }
    if (list_empty(&p->ready) && peer_rtcp_due(p, now)) {
        peer_ready(p);
    }
    set_timer(p, peer_deadline(p, now));
}

void peer_drained(struct peer *p, us_t now) {
    /* What could not be sent now is tried again soon, but never in a loop without time passing. */
    set_timer(p, us_max(peer_deadline(p, now), now + US_PER_MS));
}

static bool peer_expire(struct peer *p, us_t now) {
    const struct engine_config *c = &p->engine->c;
    if (p->state == PEER_JOINING && now - p->joined_at >= c->join_timeout) {
        peer_fail(p, now, ERR_AGAIN);
        return true;
    }
    if (p->state == PEER_CONNECTED && now - p->last_authentic >= c->peer_timeout) {
        tell_end(p, MEDIA_PEER_GONE, OK);
        peer_leave(p, now, false);
        return true;
    }
    return false;
}

void peer_on_timer(struct peer *p, us_t now) {
    if (peer_expire(p, now)) {
        return;
    }
    if (p->state == PEER_JOINING) {
        peer_dtls_timer(p, now);
    }
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (p->lines[i].source) {
            source_on_timer(p->lines[i].source, now);
        }
    }
    peer_reschedule(p, now);
}

void peer_heard(struct peer *p, us_t now, struct path *path) {
    bool was_silent = now - p->last_authentic >= p->engine->c.media_silence;
    path->heard = now;
    p->last_authentic = now;
    /* The selected address is dead and this one is not: the nomination was lost on the way, or
     * names an address that the client does not have. Or somebody else has it now. */
    if (p->selected < 0 || now - p->paths[p->selected].heard >= p->engine->c.media_silence) {
        p->selected = (int8_t)(path - p->paths);
    }
    for (unsigned i = 0; was_silent && i < p->n_slots; i++) {
        slot_need_keyframe(&p->slots[i], now);
    }
}

void peer_ready(struct peer *p) {
    if (list_empty(&p->ready)) {
        list_push(&p->engine->ready, &p->ready);
    }
}

bool peer_output(struct peer *p, us_t now, struct datagram *ret) {
    if (p->selected < 0) {
        return false;
    }
    ret->to = p->paths[p->selected].addr;
    if (!peer_dtls_output(p, ret) && !peer_rtcp_output(p, now, ret)) {
        return false;
    }
    p->packets_out++;
    p->bytes_out += ret->len;
    return true;
}
