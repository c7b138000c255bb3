/* A connected peer to plain bytes and back (media/snapshot.h). Sources and slots find each other
 * again by ssrc, whichever of their peers is adopted first. */
#include "base/check.h"
#include "media/peer.h"
#include "media/tour.h"

enum { FLAG_NACK = 1, FLAG_PLI = 2, FLAG_TWCC = 4, FLAG_MUTED = 8, FLAG_LIVE = 16 };
enum { FLAG_HOST = 1, FLAG_LOUDEST = 2, FLAG_CONSENT = 4 };

static void save_line(const struct session_line *l, struct snapshot_line *ret) {
    memcpy(ret->mid, l->mid, strlen(l->mid));
    ret->kind = (uint8_t)(l->slot << 4 | l->source);
    ret->slot_index = l->slot_index;
    ret->codec = l->codec;
    ret->pt = l->pt;
    ret->rtx_pt = l->rtx_pt;
    ret->flags =
        (uint8_t)((l->nack ? FLAG_NACK : 0) | (l->pli ? FLAG_PLI : 0) | (l->twcc ? FLAG_TWCC : 0));
    memcpy(ret->ext, l->ext.id, sizeof(ret->ext));
}

static void save_ice(const struct ice_credentials *c, struct snapshot_ice *ret) {
    memcpy(ret->local_ufrag, c->local_ufrag, sizeof(ret->local_ufrag));
    memcpy(ret->local_pwd, c->local_pwd, sizeof(ret->local_pwd));
    memcpy(ret->remote_ufrag, c->remote_ufrag, sizeof(ret->remote_ufrag));
}

static void save_slot(const struct slot *s, struct snapshot_slot *ret) {
    save_line(&s->s, &ret->line);
    ret->ssrc = s->s.ssrc;
    ret->rtx_ssrc = s->s.rtx_ssrc;
    rewrite_export(&s->rewrite, 0, ret);
    rewrite_vp8_export(&s->vp8, ret);
    ret->rtx_index = s->rtx.next;
    ret->packets = s->packets;
    ret->octets = s->octets;
}

static void save_source(const struct peer *p, const struct line *l, struct snapshot_source *ret) {
    const struct source *s = l->source;
    uint32_t roc = 0;
    save_line(&l->s, &ret->line);
    ret->line.flags |= (uint8_t)(l->muted ? FLAG_MUTED : 0);
    ret->ssrc = l->ssrc ? l->ssrc : l->s.ssrc;
    ret->rtx_ssrc = l->rtx_ssrc ? l->rtx_ssrc : l->s.rtx_ssrc;
    if (l->rtx_ssrc && srtp_opener_roc(p->opener, l->rtx_ssrc, &roc) == OK) {
        ret->rtx_high = (uint64_t)(roc + 1) << 16 | l->rtx_seq;
    }
    if (s && s->stats.ext.any) {
        ret->line.flags |= (uint8_t)(s->live ? FLAG_LIVE : 0);
        ret->high = s->stats.ext.high;
        ret->sr_ntp = s->clock.sr_ntp;
        ret->sr_rtp_ts = s->clock.sr_ts;
        ret->id = s->tap_id;
    }
}

enum err engine_snapshot(const struct engine *e, uint64_t peer, struct session_snapshot *ret) {
    const struct peer *p = peer_find(e, peer);
    if (!p || p->state != PEER_CONNECTED || p->selected < 0) {
        return p ? ERR_WRONG_STATE : ERR_UNKNOWN;
    }
    CHECK(forward_idle(e));
    memset(ret, 0, sizeof(*ret)); /* padding too: it is written to files */
    ret->version = SNAPSHOT_VERSION;
    ret->flags = (uint8_t)((p->host ? FLAG_HOST : 0) | (p->loudest_audio ? FLAG_LOUDEST : 0) |
                           (p->record_consent ? FLAG_CONSENT : 0));
    ret->n_slots = p->n_slots;
    ret->n_sources = p->n_lines;
    ret->peer = p->handle;
    ret->participant = p->participant;
    ret->tour = p->tour->handle;
    ret->pinned = p->pinned;
    ret->remote = p->paths[p->selected].addr;
    save_ice(&p->ice, &ret->ice);
    ret->keys = p->keys;
    ret->srtcp_index = p->srtcp_index;
    memcpy(ret->cname, p->cname, strlen(p->cname));
    memcpy(ret->fingerprint, p->fingerprint, sizeof(ret->fingerprint));
    ret->last_flight_len = (uint8_t)(p->flight_len <= UINT8_MAX ? p->flight_len : 0);
    memcpy(ret->last_flight, p->flight, ret->last_flight_len);
    for (unsigned i = 0; i < p->n_lines; i++) {
        save_source(p, &p->lines[i], &ret->sources[i]);
    }
    for (unsigned i = 0; i < p->n_slots; i++) {
        save_slot(&p->slots[i], &ret->slots[i]);
    }
    return OK;
}

static void load_line(const struct snapshot_line *l, uint32_t ssrc, uint32_t rtx_ssrc,
                      struct session_line *ret) {
    *ret = (struct session_line){.source = l->kind & 0x0f,
                                 .slot = l->kind >> 4,
                                 .slot_index = l->slot_index,
                                 .codec = l->codec,
                                 .pt = l->pt,
                                 .rtx_pt = l->rtx_pt,
                                 .nack = l->flags & FLAG_NACK,
                                 .pli = l->flags & FLAG_PLI,
                                 .twcc = l->flags & FLAG_TWCC,
                                 .ssrc = ssrc,
                                 .rtx_ssrc = rtx_ssrc};
    memcpy(ret->mid, l->mid, sizeof(l->mid));
    memcpy(ret->ext.id, l->ext, sizeof(l->ext));
}

static void load_ice(const struct snapshot_ice *c, struct ice_credentials *ret) {
    memcpy(ret->local_ufrag, c->local_ufrag, sizeof(c->local_ufrag));
    memcpy(ret->local_pwd, c->local_pwd, sizeof(c->local_pwd));
    memcpy(ret->remote_ufrag, c->remote_ufrag, sizeof(c->remote_ufrag));
}

/* The snapshot as the offer and answer it came from. */
static enum err load_params(const struct session_snapshot *s, struct session_params *ret) {
    if (s->version != SNAPSHOT_VERSION || s->n_slots > SESSION_SLOTS_MAX ||
        !srtp_profile_known(s->keys.profile) || s->n_sources > SESSION_SOURCES_MAX) {
        return ERR_FORMAT;
    }
    *ret = (struct session_params){.peer = s->peer,
                                   .participant = s->participant,
                                   .tour = s->tour,
                                   .host = s->flags & FLAG_HOST,
                                   .loudest_audio = s->flags & FLAG_LOUDEST,
                                   .record_consent = s->flags & FLAG_CONSENT,
                                   .n_lines = (uint8_t)(s->n_sources + s->n_slots)};
    load_ice(&s->ice, &ret->ice);
    memcpy(ret->cname, s->cname, sizeof(s->cname));
    memcpy(ret->fingerprint, s->fingerprint, sizeof(ret->fingerprint));
    for (unsigned i = 0; i < s->n_sources; i++) {
        const struct snapshot_source *src = &s->sources[i];
        load_line(&src->line, src->ssrc, src->rtx_ssrc, &ret->lines[i]);
        if (ret->lines[i].slot) {
            return ERR_FORMAT;
        }
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        const struct snapshot_slot *slot = &s->slots[i];
        struct session_line *l = &ret->lines[s->n_sources + i];
        load_line(&slot->line, slot->ssrc, slot->rtx_ssrc, l);
        if (!l->slot) {
            return ERR_FORMAT;
        }
    }
    return OK;
}

static enum err load_source(struct peer *p, struct line *l, const struct snapshot_source *s) {
    l->muted = s->line.flags & FLAG_MUTED;
    if (s->rtx_high) {
        l->rtx_ssrc = s->rtx_ssrc;
        l->rtx_seq = (uint16_t)s->rtx_high;
        enum err err = srtp_opener_adopt(p->opener, s->rtx_ssrc, s->rtx_high - (1u << 16));
        if (err != OK) {
            return err;
        }
    }
    if (s->ssrc == 0 || s->high < 1u << 16) {
        return OK;
    }
    enum err err = s->ssrc == s->rtx_ssrc ? ERR_FORMAT : source_make(p, l);
    if (err == OK) {
        err = srtp_opener_adopt(p->opener, s->ssrc, s->high - (1u << 16));
    }
    if (err != OK) {
        return err;
    }
    l->ssrc = s->ssrc;
    recv_stats_resume(&l->source->stats, s->high);
    recv_nack_resume(&l->source->nack, s->high);
    l->source->tap_resume = s->id;
    p->engine->next_tap = s->id > p->engine->next_tap ? s->id : p->engine->next_tap;
    return OK;
}

/* Slots that wait for this source go on with it. */
static void meet(struct slot *slot, struct source *s) {
    struct tour *t = s->peer->tour;
    if (slot->resume != s->line->ssrc || slot->s.codec != s->line->s.codec ||
        slot->peer->participant == s->peer->participant) {
        return;
    }
    slot_resume(slot, s);
    /* Whose camera is on the stage spoke last: ranking then agrees with what is shown. */
    if (slot->s.slot == SLOT_STAGE && s->line->s.source == SOURCE_CAMERA && !t->speakers[0]) {
        tour_spoke(t, s->peer->participant);
    }
}

static void meet_all(struct tour *t) {
    LIST_EACH(pl, &t->peers) {
        struct peer *p = LIST_ENTRY(pl, struct peer, in_tour);
        for (unsigned i = 0; i < p->n_slots; i++) {
            struct slot *slot = &p->slots[i];
            for (struct link *l = t->live.next; slot->resume && l != &t->live; l = l->next) {
                meet(slot, LIST_ENTRY(l, struct source, in_live));
            }
        }
    }
}

static enum err load_peer(struct peer *p, us_t now, const struct session_snapshot *s) {
    p->keys = s->keys;
    enum err err = peer_set_keys(p);
    for (unsigned i = 0; err == OK && i < p->n_lines; i++) {
        err = load_source(p, &p->lines[i], &s->sources[i]);
    }
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct slot *slot = &p->slots[i];
        rewrite_import(&slot->rewrite, now, &s->slots[i]);
        rewrite_vp8_import(&slot->vp8, &s->slots[i]);
        slot->rtx.next = s->slots[i].rtx_index;
        slot->packets = s->slots[i].packets;
        slot->octets = s->slots[i].octets;
        slot->resume = s->slots[i].source;
    }
    p->pinned = s->pinned;
    p->srtcp_index = s->srtcp_index;
    p->flight_len = s->last_flight_len;
    p->flight_at = p->flight_len;
    memcpy(p->flight, s->last_flight, sizeof(s->last_flight));
    p->flight_sent = now;
    p->keys_ready = true;
    p->report_at = now;
    p->state = PEER_CONNECTED;
    peer_add_path(p, now, &s->remote, true);
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (p->lines[i].source && (s->sources[i].line.flags & FLAG_LIVE)) {
            source_adopt(p->lines[i].source, now);
        }
    }
    return OK;
}

enum err engine_adopt(struct engine *e, us_t now, const struct session_snapshot *s) {
    struct session_params params;
    struct peer *p = NULL;
    engine_begin(e, now);
    enum err err = load_params(s, &params);
    if (err == OK) {
        err = peer_create(e, now, &params, &p);
        err = err == ERR_RANGE ? ERR_FORMAT : err;
    }
    if (err != OK) {
        return err;
    }
    err = load_peer(p, now, s);
    if (err != OK) {
        peer_leave(p, now, false);
        engine_end(e);
        return err;
    }
    p->tour->settle_until = now + TOUR_SETTLE;
    tour_reschedule(p->tour);
    meet_all(p->tour);
    tour_changed(p->tour);
    peer_reschedule(p, now);
    engine_end(e);
    return OK;
}
