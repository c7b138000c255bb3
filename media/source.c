#include "media/source.h"

#include "base/alloc.h"
#include "media/peer.h"
#include "media/tour.h"

static enum err make_twcc(struct peer *p, const struct line *line) {
    if (!line->s.twcc || p->twcc) {
        return OK;
    }
    p->twcc = mem_zalloc(1, sizeof(*p->twcc));
    if (!p->twcc) {
        return ERR_NOMEM;
    }
    recv_twcc_init(p->twcc);
    return OK;
}

static void init_stream(struct source *s) {
    uint32_t rate = codec_clock(s->line->s.codec);
    recv_stats_init(&s->stats, rate);
    recv_nack_init(&s->nack);
    recv_clock_init(&s->clock, rate);
    memset(&s->keyframe, 0, sizeof(s->keyframe));
    s->has_key = false;
}

enum err source_make(struct peer *p, struct line *line) {
    struct source *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    enum err err = send_cache_init(&s->cache, p->engine->c.cache_packets, SOURCE_CACHE_AGE);
    if (err == OK) {
        err = make_twcc(p, line);
    }
    if (err != OK) {
        send_cache_free(&s->cache);
        mem_free(s);
        return err;
    }
    s->peer = p;
    s->line = line;
    s->voice = -1;
    list_init(&s->in_live);
    list_init(&s->subs);
    init_stream(s);
    line->source = s;
    return OK;
}

static void forget_subs(struct source *s) {
    LIST_EACH(l, &s->subs) {
        slot_forget(LIST_ENTRY(l, struct sub, link)->slot, s);
    }
}

void source_free(struct source *s, us_t now) {
    if (!s) {
        return;
    }
    source_off(s, now);
    forget_subs(s);
    send_cache_free(&s->cache);
    s->line->source = NULL;
    mem_free(s);
}

void source_restart(struct source *s, us_t now) {
    source_off(s, now);
    forget_subs(s);
    send_cache_clear(&s->cache);
    init_stream(s);
}

static void tell(const struct source *s, enum media_event_type type) {
    const struct peer *p = s->peer;
    if (p->tour->removing) {
        return;
    }
    struct media_event *ev = event_push(p->engine, type);
    ev->tour = p->tour->handle;
    ev->peer = p->handle;
    ev->participant = p->participant;
    ev->source_kind = s->line->s.source;
    memcpy(ev->mid, s->line->s.mid, sizeof(ev->mid));
}

void source_adopt(struct source *s, us_t now) {
    struct tour *t = s->peer->tour;
    s->live = true;
    s->heard = now;
    s->order = ++s->peer->engine->next_order;
    list_push(&t->live, &s->in_live);
    if (!line_is_video(s->line)) {
        tour_voice_add(t, s);
    }
    source_tap_update(s, now);
    tour_changed(t);
}

void source_on(struct source *s, us_t now) {
    if (!s->live) {
        tell(s, MEDIA_SOURCE_ON);
        source_adopt(s, now);
    }
}

void source_off(struct source *s, us_t now) {
    struct tour *t = s->peer->tour;
    if (!s->live) {
        return;
    }
    s->live = false;
    list_remove(&s->in_live);
    tour_voice_remove(t, s);
    tell(s, MEDIA_SOURCE_OFF);
    source_tap_update(s, now);
    memset(&s->keyframe, 0, sizeof(s->keyframe));
    s->has_key = false; /* what comes next does not continue that picture */
    tour_changed(t);
}

us_t source_deadline(const struct source *s) {
    us_t patience = s->line->s.source == SOURCE_SCREEN ? SOURCE_STILL : SOURCE_SILENT;
    return s->live ? s->heard + patience : US_NEVER;
}

void source_on_timer(struct source *s, us_t now) {
    send_cache_expire(&s->cache, now);
    if (source_deadline(s) <= now) {
        source_off(s, now);
    }
}

void source_need_keyframe(struct source *s, us_t now) {
    if (line_is_video(s->line) && s->live) {
        recv_keyframe_need(&s->keyframe);
        peer_reschedule(s->peer, now);
    }
}

void source_tap_update(struct source *s, us_t now) {
    struct engine *e = s->peer->engine;
    bool on = s->live && s->peer->tour->tapped && s->peer->record_consent;
    if (on == (s->tap_id != 0)) {
        return;
    }
    if (!on) {
        tap_source(s, now, false);
        s->tap_id = 0;
        recv_keyframe_periodic(&s->keyframe, now, 0);
        return;
    }
    s->tap_id = s->tap_resume ? s->tap_resume : ++e->next_tap;
    s->tap_resume = 0;
    tap_source(s, now, true);
    if (line_is_video(s->line)) {
        recv_keyframe_periodic(&s->keyframe, now, e->c.keyframe_interval);
        source_need_keyframe(s, now);
    }
}

/* A packet without payload only probes the path: it is not forwarded, and the gap it would leave in
 * the outbound numbering is closed. */
static void skip_padding(struct source *s, uint64_t seq) {
    LIST_EACH(l, &s->subs) {
        rewrite_skip(&LIST_ENTRY(l, struct sub, link)->slot->rewrite, s->line->ssrc, seq);
    }
}

static void note_level(struct source *s, us_t now, const struct rtp *r) {
    uint8_t level = 0;
    bool voice = false;
    struct bytes ext = rtp_ext_find(r, s->line->s.ext.id[RTP_EXT_AUDIO_LEVEL]);
    if (rtp_audio_level(ext, &level, &voice)) {
        tour_voice_level(s->peer->tour, s, now, level);
    }
}

static void tap_packet(struct source *s, us_t now, const struct fanout *f) {
    uint8_t level = 127;
    bool voice = false;
    struct bytes ext = rtp_ext_find(&f->rtp, s->line->s.ext.id[RTP_EXT_AUDIO_LEVEL]);
    if (!rtp_audio_level(ext, &level, &voice)) {
        level = 127;
    }
    tap_push(s->peer->engine,
             &(struct tap){.type = TAP_RTP,
                           .kind = s->line->s.source,
                           .codec = s->line->s.codec,
                           .audio_level = level,
                           .source = s->tap_id,
                           .tour = s->peer->tour->handle,
                           .participant = s->peer->participant,
                           .seq = f->seq,
                           .rtp_ts = f->rtp.ts,
                           .now = now,
                           .payload_at = (uint16_t)(f->rtp.payload.p - f->packet->data),
                           .payload_len = (uint16_t)f->rtp.payload.n,
                           .marker = f->rtp.marker,
                           .packet = f->packet});
}

static void cache_packet(struct source *s, const struct fanout *f, us_t now) {
    send_cache_store(&s->cache,
                     &(struct cached){.packet = f->packet,
                                      .seq = f->seq,
                                      .at = now,
                                      .ts = f->rtp.ts,
                                      .payload_at = (uint16_t)(f->rtp.payload.p - f->packet->data),
                                      .payload_len = (uint16_t)f->rtp.payload.n,
                                      .pt = f->rtp.pt,
                                      .marker = f->rtp.marker});
}

void fanout_fill(struct fanout *f, struct source *s, struct packet *k, const struct rtp *r,
                 uint64_t seq) {
    enum codec codec = (enum codec)s->line->s.codec;
    *f = (struct fanout){.packet = k, .source = s, .rtp = *r, .seq = seq};
    f->has_vp8 = codec == CODEC_VP8 && vp8_parse(r->payload, &f->vp8) == OK;
    f->keyframe = f->has_vp8 ? f->vp8.start && f->vp8.keyframe
                             : line_is_video(s->line) && keyframe_begins(codec, r->payload);
}

/* H.264 sends parameter sets and slices in packets of their own, and each looks like a beginning.
 * Only the first of them is one: a decoder that starts with a slice has no parameters. */
static void note_key(struct source *s, us_t now, struct fanout *f) {
    if (!f->keyframe) {
        return;
    }
    if (s->has_key && s->key_ts == f->rtp.ts && f->seq > s->key_seq) {
        f->keyframe = false;
        return;
    }
    recv_keyframe_arrived(&s->keyframe, now);
    s->has_key = true;
    s->key_at = now;
    s->key_seq = f->seq;
    s->key_ts = f->rtp.ts;
}

/* A new packet with a payload, of a source that is not muted. */
static void flow(struct source *s, us_t now, struct fanout *f) {
    struct tour *t = s->peer->tour;
    if (!s->live && f->seq < s->stats.ext.high) {
        return; /* a straggler or a repair of what has stopped */
    }
    s->heard = now;
    if (!s->live) {
        /* Slots are bound before this packet goes out: it may begin the first key frame. */
        source_on(s, now);
        router_run(t, now);
    }
    note_key(s, now, f);
    if (!line_is_video(s->line)) {
        note_level(s, now, &f->rtp);
    }
    cache_packet(s, f, now);
    if (s->tap_id) {
        tap_packet(s, now, f);
    }
    if (!list_empty(&s->subs)) {
        forward_start(s->peer->engine, f);
    }
}

/* Extended sequence numbers are (rollover counter + 1) << 16 | seq, also for an ssrc that comes
 * back to an m-line after another one: a snapshot derives the counter from them. */
static void align_with_srtp(struct source *s, uint16_t seq) {
    uint32_t roc = 0;
    if (srtp_opener_roc(s->peer->opener, s->line->ssrc, &roc) == OK && roc > 0) {
        recv_stats_resume(&s->stats, ((uint64_t)(roc + 1) << 16 | seq) - 1);
    }
}

void source_receive(struct source *s, us_t now, struct packet *k, const struct rtp *r,
                    bool recovered) {
    uint64_t seq = 0;
    struct recv_arrival a = {.at = now,
                             .seq = r->seq,
                             .ts = r->ts,
                             .payload = (uint32_t)r->payload.n,
                             .recovered = recovered};
    if (!s->stats.ext.any) {
        align_with_srtp(s, r->seq);
    }
    if (recv_stats_packet(&s->stats, &a, &seq) != SEQ_NEW) {
        return;
    }
    if (s->line->s.nack) {
        recv_nack_packet(&s->nack, now, seq);
    }
    if (r->payload.n == 0) {
        skip_padding(s, seq);
        return;
    }
    if (s->line->muted) {
        return;
    }
    struct fanout f;
    fanout_fill(&f, s, k, r, seq);
    flow(s, now, &f);
}
