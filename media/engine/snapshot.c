/* A connected session to plain bytes (snapshot.h); adopt.c is the way back. */
#include "media/engine/snapshot.h"

#include "media/engine/source.h"

static void save_line(const struct session_line *l, struct snapshot_line *ret) {
    memcpy(ret->mid, l->mid, strlen(l->mid));
    ret->kind = (uint8_t)(l->slot << 4 | l->source);
    ret->slot_index = l->slot_index;
    ret->codec = l->codec;
    ret->pt = l->pt;
    ret->rtx_pt = l->rtx_pt;
    ret->flags = (uint8_t)((l->nack ? SNAPSHOT_NACK : 0) | (l->pli ? SNAPSHOT_PLI : 0) |
                           (l->twcc ? SNAPSHOT_TWCC : 0));
    memcpy(ret->ext, l->ext.id, sizeof(ret->ext));
}

static void save_slot(const struct slot *slot, us_t now, struct snapshot_slot *ret) {
    const struct stream *out = &slot->stream;
    save_line(&slot->line, &ret->line);
    ret->ssrc = slot->line.ssrc;
    ret->rtx_ssrc = slot->line.rtx_ssrc;
    rewrite_export(&out->rewrite, now, &ret->rewrite);
    ret->vp8 = out->vp8;
    ret->line.flags |= (uint8_t)(stream_unnumbered(out) ? SNAPSHOT_UNNUMBERED : 0);
    ret->rtx_index = out->rtx.next;
    ret->packets = out->packets;
    ret->octets = out->octets;
}

static void save_source(const struct session *s, unsigned i, struct snapshot_source *ret) {
    const struct inbound *in = &s->in[i];
    const struct source *x = s->sources[i];
    uint32_t roc = 0;
    save_line(&in->s, &ret->line);
    ret->line.flags |= (uint8_t)(in->muted ? SNAPSHOT_MUTED : 0);
    ret->ssrc = in->ssrc ? in->ssrc : in->s.ssrc;
    ret->rtx_ssrc = in->rtx_ssrc ? in->rtx_ssrc : in->s.rtx_ssrc;
    if (in->rtx_ssrc && srtp_opener_roc(s->transport.opener, in->rtx_ssrc, &roc) == OK) {
        ret->rtx_high = (uint64_t)(roc + 1) << 16 | in->rtx_seq;
    }
    if (x && in->stats.ext.any) {
        ret->line.flags |= (uint8_t)(x->flow.feed.live ? SNAPSHOT_LIVE : 0);
        ret->high = in->stats.ext.high;
        ret->sr_ntp = x->flow.feed.clock.sr_ntp;
        ret->sr_rtp_ts = x->flow.feed.clock.sr_ts;
        ret->id = x->flow.tap_id;
    }
}

static void save_transport(const struct transport *t, struct session_snapshot *ret) {
    if (t->selected >= 0) {
        ret->remote = t->paths[t->selected].addr;
        ret->local = t->paths[t->selected].local;
    }
    ret->ice = t->ice;
    ret->keys = t->keys;
    ret->srtcp_index = t->srtcp_index;
    ret->twcc_next = t->twcc_next;
    memcpy(ret->fingerprint, t->fingerprint, sizeof(ret->fingerprint));
    ret->last_flight_len = (uint8_t)(t->flight_len <= UINT8_MAX ? t->flight_len : 0);
    memcpy(ret->last_flight, t->flight, ret->last_flight_len);
}

size_t snapshot_len(const struct session_snapshot *s) {
    return offsetof(struct session_snapshot, slots) + s->n_slots * sizeof(s->slots[0]);
}

void snapshot_make(const struct session *s, us_t now, struct session_snapshot *ret) {
    memset(ret, 0, sizeof(*ret)); /* padding too: it is written to files */
    ret->version = SNAPSHOT_VERSION;
    ret->flags = (uint8_t)((s->host ? SNAPSHOT_HOST : 0) |
                           (s->viewer.loudest_audio ? SNAPSHOT_LOUDEST_AUDIO : 0) |
                           (s->record_consent ? SNAPSHOT_RECORD_CONSENT : 0));
    ret->taken = now;
    ret->n_slots = s->n_slots;
    ret->n_sources = s->n_in;
    ret->peer = s->handle;
    ret->participant = s->participant;
    ret->tour = s->tour->handle;
    ret->pinned = s->viewer.pinned;
    ret->clock_offset = clock_offset_save(&s->offset);
    memcpy(ret->cname, s->cname, strlen(s->cname));
    save_transport(&s->transport, ret);
    for (unsigned i = 0; i < s->n_in; i++) {
        save_source(s, i, &ret->sources[i]);
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        save_slot(&s->slots[i], now, &ret->slots[i]);
    }
}

/* The limit takes the place of the index, which is never above it. */
static bool take_limit(const shared_word *limit, uint64_t *index) {
    uint64_t was = *index;
    return lease_read(limit, index) == OK && *index >= was;
}

static bool take_limits(const struct session_slot *slot, struct session_snapshot *s) {
    uint64_t srtcp = s->srtcp_index;
    bool ok = take_limit(&slot->limits[SESSION_LIMIT_SRTCP], &srtcp) && srtcp <= UINT32_MAX;
    s->srtcp_index = (uint32_t)srtcp;
    for (unsigned i = 0; ok && i < s->n_slots; i++) {
        ok = take_limit(&slot->limits[SESSION_LIMIT_RTP(i)], &s->slots[i].rewrite.index) &&
             take_limit(&slot->limits[SESSION_LIMIT_RTX(i)], &s->slots[i].rtx_index);
    }
    return ok;
}

enum err session_slot_read(const struct session_slot *slot, struct session_snapshot *ret) {
    struct seqlock state = {.words = (shared_word *)(uintptr_t)slot->state, .cap = sizeof(*ret)};
    size_t len = 0;
    memset(ret, 0, sizeof(*ret));
    enum err err = seqlock_read(&state, ret, &len);
    if (err != OK) {
        return err;
    }
    /* Limits only grow, so those read now cover what was sent when the state was written. */
    bool ok = ret->version == SNAPSHOT_VERSION && ret->n_slots <= SESSION_SLOTS_MAX &&
              len == snapshot_len(ret) && take_limits(slot, ret);
    return ok ? OK : ERR_FORMAT;
}
