#include "recorder/recording_source.h"

#include "base/alloc.h"
#include "recorder/depacketize_opus.h"
#include "recorder/recording.h"

#include <stdio.h>

static struct ntp_clock *clock_of(struct recording *r, struct rec_source *s) {
    LIST_EACH(l, &r->clocks) {
        struct recording_clock *c = LIST_ENTRY(l, struct recording_clock, in_recording);
        if (c->participant == s->participant) {
            return &c->clock;
        }
    }
    struct recording_clock *c =
        r->n_clocks < RECORDING_PEOPLE_MAX ? mem_zalloc(1, sizeof(*c)) : NULL;
    if (!c) {
        return &s->own;
    }
    c->participant = s->participant;
    list_push(&r->clocks, &c->in_recording);
    r->n_clocks++;
    return &c->clock;
}

static void begin_track(struct recording *r, struct rec_source *s) {
    bool video = s->codec == CODEC_VP8;
    track_init(&s->track, &(struct track_config){.id = id_random(&r->core->c.rng),
                                                 .video = video,
                                                 .audio = !video,
                                                 .limits = r->programme.track.limits,
                                                 .sink = &r->sink});
    s->tracked = true;
    rec_source_note(r, s);
}

void rec_source_note(struct recording *r, const struct rec_source *s) {
    struct entry e = {.type = ENTRY_TRACK};
    if (!s->tracked) {
        return;
    }
    e.u.track = (struct entry_track){.track = s->track.id,
                                     .kind = s->kind,
                                     .codec = s->codec,
                                     .source = s->id,
                                     .participant = s->participant};
    recording_note(r, &e, recording_time(r, r->now));
}

static bool recorded(const struct tap *t) {
    bool audio = t->kind == SOURCE_MICROPHONE && t->codec == CODEC_OPUS;
    bool video = (t->kind == SOURCE_CAMERA || t->kind == SOURCE_SCREEN) && t->codec == CODEC_VP8;
    return t->source != 0 && (audio || video);
}

struct rec_source *rec_source_find(const struct recording *r, uint32_t id) {
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        if (s->id == id) {
            return s;
        }
    }
    return NULL;
}

struct rec_source *rec_source_of(struct recording *r, const struct tap *t) {
    struct rec_source *known = rec_source_find(r, t->source);
    if (known) {
        return known;
    }
    if (!recorded(t) || r->n_sources == RECORDING_SOURCES_MAX) {
        return NULL;
    }
    struct rec_source *s = mem_zalloc(1, sizeof(*s));
    if (!s || reorder_init(&s->reorder, r->core->c.reorder_wait) != OK) {
        return mem_free(s);
    }
    s->id = t->source;
    s->kind = t->kind;
    s->codec = t->codec;
    s->participant = t->participant;
    s->clock = clock_of(r, s);
    timeline_init(&s->line, codec_clock((enum codec)s->codec));
    list_push(&r->sources, &s->in_recording);
    r->n_sources++;
    if (r->core->c.per_source_tracks) {
        begin_track(r, s);
    }
    return s;
}

static void emit_video(struct recording *r, struct rec_source *s, const struct vp8_frame *v,
                       us_t arrival) {
    struct media_frame f = {.data = v->data,
                            .stream = STREAM_VIDEO,
                            .key = v->key,
                            .width = v->width,
                            .height = v->height};
    f.t = timeline_stamp(&s->line, s->clock, v->rtp_ts, arrival);
    s->last = f.t;
    recording_frame(r, s, &f);
}

static void take_video(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    struct vp8_piece p = {.payload = bytes_of(k->packet->data + k->payload_at, k->payload_len),
                          .rtp_ts = k->rtp_ts,
                          .marker = k->marker,
                          .lost = k->missing != 0};
    struct vp8_frame v;
    us_t arrival = recording_time(r, k->at);
    if (vp8_frames_end(&s->video, &p, &v)) {
        emit_video(r, s, &v, arrival);
    }
    if (vp8_frames_add(&s->video, &p, &v)) {
        emit_video(r, s, &v, arrival);
    }
}

static void take_audio(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    struct bytes data = bytes_of(k->packet->data + k->payload_at, k->payload_len);
    struct media_frame f = {
        .data = data, .duration = opus_packet_duration(data), .stream = STREAM_AUDIO, .key = true};
    if (f.duration == 0) {
        return;
    }
    f.t = timeline_stamp(&s->line, s->clock, k->rtp_ts, recording_time(r, k->at));
    s->last = f.t;
    recording_frame(r, s, &f);
}

/* The gap is as long as the media clock says: from the last frame to this packet. */
static void note_gap(struct recording *r, const struct rec_source *s,
                     const struct reorder_packet *k, us_t last) {
    us_t t = recording_time(r, k->at);
    struct entry e = {.type = ENTRY_GAP};
    e.u.gap = (struct entry_gap){.track = s->tracked ? s->track.id : ID_PROGRAMME,
                                 .duration = us_max(t - last, 0),
                                 .packets = k->missing};
    snprintf(e.u.gap.cause, sizeof(e.u.gap.cause), "loss");
    r->core->n.gaps++;
    recording_note(r, &e, us_min(last, t));
}

static void take(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    if ((size_t)k->payload_at + k->payload_len > sizeof(k->packet->data)) {
        return;
    }
    uint64_t dropped = s->video.dropped;
    bool audio = s->codec == CODEC_OPUS;
    us_t before = s->last;
    if (audio) {
        take_audio(r, s, k);
    } else {
        take_video(r, s, k);
    }
    /* Padding that was never tapped leaves holes in which no media is missing. */
    bool harmless = !audio && s->video.started && s->video.dropped == dropped;
    if (k->missing && !harmless) {
        note_gap(r, s, k, before);
    }
}

void rec_source_rtp(struct recording *r, struct rec_source *s, const struct tap *t) {
    reorder_push(&s->reorder, t);
    rec_source_drain(r, s, t->now);
}

void rec_source_drain(struct recording *r, struct rec_source *s, us_t now) {
    struct reorder_packet k;
    while (reorder_pop(&s->reorder, now, &k)) {
        take(r, s, &k);
        packet_unref(k.packet);
    }
}

void rec_source_sr(struct recording *r, struct rec_source *s, const struct tap *t) {
    us_t at = recording_time(r, t->now);
    struct entry e = {.type = ENTRY_SR};
    ntp_clock_sr(s->clock, at, t->ntp);
    e.u.sr = (struct entry_sr){.track = s->tracked ? s->track.id : ID_NONE,
                               .ntp = t->ntp,
                               .rtp_ts = timeline_sr(&s->line, t->ntp, t->rtp_ts)};
    if (s->tracked) {
        recording_note(r, &e, at);
    }
}

void rec_source_remove(struct recording *r, struct rec_source *s) {
    list_remove(&s->in_recording);
    r->n_sources--;
    if (s->tracked) {
        track_close(&s->track);
        track_free(&s->track);
    }
    programme_off(&r->programme, s->id);
    reorder_free(&s->reorder);
    vp8_frames_free(&s->video);
    mem_free(s);
}
