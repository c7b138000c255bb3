/* A connected session to plain bytes (snapshot.h); adopt.c is the way back. */
#include "media/engine/snapshot.h"

#include "base/map.h"
#include "media/engine/source.h"

static void save_line(const struct session_line *l, struct snapshot_line *ret) {
    memcpy(ret->mid, l->mid, strnlen(l->mid, MID_SHORT));
    ret->kind = (uint8_t)(l->slot << 2 | l->source);
    ret->codec = (uint8_t)(l->slot_index << 4 | l->codec);
    ret->pt = l->pt;
    ret->rtx_pt = l->rtx_pt;
    ret->more_pt = l->codec == CODEC_OPUS ? l->red_pt : l->fec_pt;
    ret->flags = (uint8_t)((l->nack ? SNAPSHOT_NACK : 0) | (l->pli ? SNAPSHOT_PLI : 0) |
                           (l->twcc ? SNAPSHOT_TWCC : 0) | (l->remb ? SNAPSHOT_REMB : 0) |
                           (l->fir ? SNAPSHOT_FIR : 0));
    for (unsigned i = 0; i < RTP_EXT_ACCEPTED; i++) {
        ret->ext[i / 2] |= (uint8_t)(l->ext.id[i] << 4 * (i % 2));
    }
}

uint32_t snapshot_key(uint64_t participant, enum source_kind kind, unsigned layer, uint32_t ssrc) {
    uint64_t id[2] = {participant, (uint64_t)kind << 40 | (uint64_t)layer << 32 | ssrc};
    uint32_t key = (uint32_t)hash_bytes(id, sizeof(id), 0);
    return key ? key : 1;
}

static void save_slot(const struct slot *slot, us_t now, struct snapshot_slot *ret) {
    const struct stream *out = &slot->stream;
    save_line(&slot->line, &ret->line);
    ret->ssrc = slot->line.ssrc;
    ret->rtx_ssrc = slot->line.rtx_ssrc;
    rewrite_export(&out->rewrite, now, &ret->rewrite);
    struct feed *shown = stream_shown(out);
    bool bound = shown && ret->rewrite.source == shown->id;
    ret->rewrite.source = bound ? layer_key(layer_of(shown)) : 0;
    if (slot->line.codec == CODEC_AV1) {
        ret->dependency = out->dependency;
    } else {
        ret->vp8 = out->vp8.is;
    }
    /* Who goes on would wait for the rest of the source once more (rewrite_squeeze). */
    bool rests = out->rewrite.squeezed && !out->rewrite.live;
    bool behind = out->replay.behind && out->replay.feed == shown;
    ret->line.flags |= bound && (behind || rests) ? SNAPSHOT_BEHIND : 0;
    ret->line.kind |= (uint8_t)(out->layers.now << 4);
    ret->line.flags |= (uint8_t)(stream_unnumbered(out) ? SNAPSHOT_UNNUMBERED : 0);
    ret->rtx_index = out->rtx.next;
    ret->packets = out->packets;
    ret->octets = out->octets;
}

static void save_protect(const struct protect *x, struct session_snapshot *ret) {
    if (x) {
        ret->fec_ssrc = x->ssrc;
        ret->fec_index = x->next;
    }
}

static void save_stream(const struct session *s, const struct inbound *in, const struct layer *l,
                        struct snapshot_stream *ret) {
    const struct session_line *line = &in->line->s;
    uint32_t roc = 0;
    ret->ssrc = in->ssrc ? in->ssrc : line->ssrc;
    ret->rtx_ssrc = in->rtx_ssrc ? in->rtx_ssrc : line->rtx_ssrc;
    if (in->rtx_ssrc && srtp_opener_roc(s->transport.opener, in->rtx_ssrc, &roc) == OK) {
        ret->rtx_high = (uint64_t)(roc + 1) << 16 | in->rtx_seq;
    }
    if (l && in->books->stats.ext.any) {
        ret->high = in->books->stats.ext.high;
        ret->sr_ntp = l->feed.clock.sr_ntp;
        ret->sr_rtp_ts = l->feed.clock.sr_ts;
        ret->id = l->tap_id;
        ret->fir = l->feed.keyframe.command;
    }
}

static void save_source(const struct session *s, unsigned i, struct session_snapshot *snapshot,
                        unsigned *n) {
    const struct inbound_line *line = &s->lines[i];
    struct snapshot_source *ret = &snapshot->sources[i];
    save_line(&line->s, &ret->line);
    ret->line.flags |= (uint8_t)(line->muted ? SNAPSHOT_MUTED : 0);
    ret->n_rids = line->s.n_rids;
    unsigned live = 0, cut = 0;
    for (unsigned j = 0; j < inbound_layers(line); j++) {
        const struct layer *l = s->sources[i] ? s->sources[i]->flow.layers[j] : NULL;
        struct snapshot_stream *to = &snapshot->streams[(*n)++];
        memcpy(to->rid, line->s.rid[j], strlen(line->s.rid[j]));
        save_stream(s, &line->streams[j], l, to);
        live |= l && l->feed.live && to->high ? 1u << j : 0;
        cut |= line->streams[j].cut ? 1u << j : 0;
    }
    ret->live = live & FLOW_ALL;
    ret->cut = cut & FLOW_ALL;
}

static void save_transport(const struct transport *t, struct session_snapshot *ret) {
    /* A TCP connection ends with its process: there the client has to come anew, by ICE. */
    if (t->selected >= 0 && t->paths[t->selected].addr.via == 0) {
        ret->remote = t->paths[t->selected].addr;
        ret->local = t->paths[t->selected].local;
    }
    memcpy(ret->ice.local_ufrag, t->ice.local_ufrag, sizeof(ret->ice.local_ufrag));
    memcpy(ret->ice.local_pwd, t->ice.local_pwd, sizeof(ret->ice.local_pwd));
    memcpy(ret->ice.remote_ufrag, t->ice.remote_ufrag, sizeof(ret->ice.remote_ufrag));
    memcpy(ret->ice.remote_pwd, t->ice.remote_pwd, sizeof(ret->ice.remote_pwd));
    ret->keys = t->keys;
    ret->srtcp_index = t->srtcp_index;
    ret->twcc_next = t->twcc_next;
    memcpy(ret->fingerprint, t->fingerprint, sizeof(ret->fingerprint));
    ret->last_flight_len = (uint8_t)(t->flight_len <= UINT8_MAX ? t->flight_len : 0);
    memcpy(ret->last_flight, t->flight, ret->last_flight_len);
}

/* params_check has seen to it that they fit. */
static char *save_tail(const struct session_line *l, char *to) {
    size_t n = strlen(l->mid);
    if (n < MID_SHORT) {
        return to;
    }
    memcpy(to, l->mid + MID_SHORT, n - MID_SHORT + 1);
    return to + n - MID_SHORT + 1;
}

static void save_tails(const struct session *s, struct session_snapshot *ret) {
    char *to = ret->mid_tails;
    for (unsigned i = 0; i < s->n_lines; i++) {
        to = save_tail(&s->lines[i].s, to);
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        to = save_tail(&s->slots[i].line, to);
    }
}

size_t snapshot_len(const struct session_snapshot *s) {
    return offsetof(struct session_snapshot, slots) + s->n_slots * sizeof(s->slots[0]);
}

void snapshot_make(const struct session *s, us_t now, struct session_snapshot *ret) {
    memset(ret, 0, sizeof(*ret)); /* padding too: it is written to files */
    ret->version = SNAPSHOT_VERSION;
    ret->flags = (uint8_t)((s->host ? SNAPSHOT_HOST : 0) |
                           (s->viewer.loudest_audio ? SNAPSHOT_LOUDEST_AUDIO : 0) |
                           (s->viewer.mix ? SNAPSHOT_MIX : 0) |
                           (s->obeys_layers ? SNAPSHOT_OBEYS_LAYERS : 0) |
                           (s->record_consent ? SNAPSHOT_RECORD_CONSENT : 0));
    ret->taken = now;
    ret->n_slots = s->n_slots;
    ret->n_sources = s->n_lines & 15;
    ret->receives = s->viewer.receives & 15;
    ret->peer = s->handle;
    ret->participant = s->participant;
    ret->tour = s->tour->handle;
    ret->pinned = s->viewer.mix ? s->viewer.without : s->viewer.pinned;
    ret->clock_offset = clock_offset_save(&s->offset);
    memcpy(ret->cname, s->cname, strlen(s->cname));
    save_transport(&s->transport, ret);
    save_tails(s, ret);
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_lines; i++) {
        save_source(s, i, ret, &n);
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        save_slot(&s->slots[i], now, &ret->slots[i]);
        bool ahead = s->slots[i].told != 0 && ret->slots[i].rewrite.source == 0;
        ret->flags |= ahead ? SNAPSHOT_TOLD_AHEAD : 0;
        save_protect(s->slots[i].stream.protect, ret);
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
    return ok && (!s->fec_ssrc || take_limit(&slot->limits[SESSION_LIMIT_FEC], &s->fec_index));
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
