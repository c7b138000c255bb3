#include "recorder/capture/recording_source.h"

#include "base/alloc.h"
#include "media/wire/opus.h"
#include "recorder/capture/recording.h"

#include <stdio.h>

#define PAUSE_NOTED                                                                           \
    (500 * US_PER_MS)              /* a shorter pause is seen in the times of the frames only \
                                    */
#define ID_EVERY (200 * US_PER_MS) /* a track is noted again, under another id, not more often */
#define SR_EVERY (500 * US_PER_MS) /* RFC 3550 section 6.2: reports come seconds apart */

static void begin_track(struct recording *r, struct rec_source *s) {
    const struct recorder_config *c = &r->core->c;
    bool audio = s->codec == CODEC_OPUS;
    if (r->tracks >= c->tracks_per_tour ||
        (s->person && s->person->tracks >= c->tracks_per_participant)) {
        r->core->n.tracks_refused++;
        return;
    }
    r->tracks++;
    if (s->person) {
        s->person->tracks++;
    }
    track_init(&s->track, &(struct track_config){.id = id_random(&c->rng),
                                                 .video = audio ? CODEC_NONE : s->codec,
                                                 .audio = audio ? CODEC_OPUS : CODEC_NONE,
                                                 .limits = r->programme.track.limits,
                                                 .sink = &r->sink});
    s->tracked = true;
    rec_source_note(r, s);
}

void rec_source_note(struct recording *r, struct rec_source *s) {
    struct entry e = {.type = ENTRY_TRACK};
    if (!s->tracked) {
        return;
    }
    s->noted = s->id;
    s->note_next = r->now + ID_EVERY;
    e.u.track = (struct entry_track){.track = s->track.id,
                                     .kind = s->kind,
                                     .codec = s->codec,
                                     .source = s->id,
                                     .participant = s->participant};
    recording_note(r, &e, recording_time(r, r->now));
}

static bool recorded(const struct tap *t) {
    bool audio = t->kind == SOURCE_MICROPHONE && t->codec == CODEC_OPUS;
    bool video = (t->kind == SOURCE_CAMERA || t->kind == SOURCE_SCREEN) &&
                 depacketizer_supports((enum codec)t->codec);
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

static struct rec_source *make(struct recording *r, const struct tap *t) {
    struct rec_source *s = mem_zalloc(1, sizeof(*s));
    if (!s || reorder_init(&s->reorder, r->core->c.reorder_wait) != OK) {
        return mem_free(s);
    }
    s->id = t->source;
    s->tour = t->tour;
    s->kind = t->kind;
    s->codec = t->codec;
    s->participant = t->participant;
    s->person = recording_person_of(r, s->participant);
    s->clock = s->person ? &s->person->clock : &s->own;
    s->from = -1;
    asking_init(&s->asking);
    asking_begin(&s->asking, r->now);
    depacketizer_init(&s->video, (enum codec)s->codec);
    timeline_init(&s->line, codec_clock((enum codec)s->codec));
    s->line.reorders = s->codec == CODEC_H264;
    list_push(&r->sources, &s->in_recording);
    r->n_sources++;
    if (r->core->c.per_source_tracks) {
        begin_track(r, s);
    }
    return s;
}

/* Looking for a place for a source that is not known. */
struct search {
    struct rec_source *same;   /* paused, of the same person, kind and codec */
    struct rec_source *oldest; /* of all that are paused, the one since longest */
    struct rec_source *own;    /* of the person's */
    uint32_t n_own;            /* sources of the person */
};

static struct rec_source *older(struct rec_source *a, struct rec_source *b) {
    return !a || b->paused_at < a->paused_at ? b : a;
}

static void search(const struct recording *r, const struct tap *t, struct search *ret) {
    *ret = (struct search){0};
    LIST_EACH(l, &r->sources) {
        struct rec_source *s = LIST_ENTRY(l, struct rec_source, in_recording);
        bool own = s->participant == t->participant;
        ret->n_own += own;
        if (!s->paused) {
            continue;
        }
        ret->oldest = older(ret->oldest, s);
        ret->own = own ? older(ret->own, s) : ret->own;
        if (own && s->kind == t->kind && s->codec == t->codec) {
            ret->same = older(ret->same, s);
        }
    }
}

/* False: a limit is reached and nothing is paused that could go. */
static bool make_room(struct recording *r, const struct search *f) {
    const struct recorder_config *c = &r->core->c;
    struct rec_source *out = NULL;
    if (f->n_own >= c->sources_per_participant) {
        out = f->own;
    } else if (r->n_sources < c->sources_per_tour) {
        return true;
    } else {
        out = f->oldest;
    }
    if (out) {
        rec_source_remove(r, out);
    }
    return out != NULL;
}

struct rec_source *rec_source_of(struct recording *r, const struct tap *t) {
    struct search f;
    struct rec_source *s = rec_source_find(r, t->source);
    if (s || !recorded(t)) {
        return s;
    }
    search(r, t, &f);
    if (f.same) {
        f.same->id = t->source; /* noted with its first packet */
        return f.same;
    }
    return make_room(r, &f) ? make(r, t) : NULL;
}

/* A gap does not outlast the sending. */
void rec_source_settle(struct rec_source *s, us_t at) {
    if (s->tracked) {
        track_settle(&s->track, STREAM_VIDEO, at);
        track_settle(&s->track, STREAM_AUDIO, at);
    }
}

void rec_source_pause(struct recording *r, struct rec_source *s, const struct tap *t) {
    if (s->paused) {
        return;
    }
    rec_source_drain(r, s, US_NEVER);
    asking_stop(&s->asking);
    reorder_free(&s->reorder);
    depacketizer_reset(&s->video);
    s->from = -1;
    s->missing = 0;
    s->lost = false;
    s->paused = true;
    s->paused_at = recording_time(r, t->now);
    rec_source_settle(s, s->paused_at);
    programme_pause(&r->programme, s->id, s->paused_at);
}

/* Nothing is missing then: no gap that counts as one. */
static void note_pause(struct recording *r, const struct rec_source *s, us_t t) {
    struct entry e = {.type = ENTRY_GAP};
    if (!s->tracked || t - s->paused_at < PAUSE_NOTED) {
        return;
    }
    e.u.gap =
        (struct entry_gap){.track = s->track.id, .duration = t - s->paused_at, .cause = "pause"};
    recording_note(r, &e, s->paused_at);
}

void rec_source_resume(struct recording *r, struct rec_source *s, const struct tap *t) {
    if (!s->paused || reorder_init(&s->reorder, r->core->c.reorder_wait) != OK) {
        return;
    }
    s->paused = false;
    asking_begin(&s->asking, r->now);
    timeline_resume(&s->line);
    note_pause(r, s, recording_time(r, t->now));
}

static void lose(struct recording *r, struct rec_source *s, const struct track_loss *l) {
    if (s->tracked) {
        track_lose(&s->track, l);
    }
    programme_lose(&r->programme, s->id, l);
}

/* A frame into its track and the programme. */
static void emit(struct recording *r, struct rec_source *s, const struct media_frame *f) {
    r->core->n.frames++;
    if (s->tracked && !track_frame(&s->track, r->now, f)) {
        track_lose(&s->track, &(struct track_loss){f->stream, f->t, f->stream == STREAM_AUDIO,
                                                   s->track.refused});
    }
    programme_frame(&r->programme, r->now, s->id, f);
}

static void emit_video(struct recording *r, struct rec_source *s, const struct video_frame *v,
                       us_t arrival) {
    struct media_frame f = {.data = v->data,
                            .stream = STREAM_VIDEO,
                            .key = v->key,
                            .codec = s->codec,
                            .reorders = v->reorders,
                            .width = v->width,
                            .height = v->height,
                            .init = v->init};
    f.t = timeline_stamp(&s->line, s->clock, v->rtp_ts, arrival);
    if (f.t == TIMELINE_REFUSED) {
        s->video.started = false; /* what refers to it cannot be shown either */
        lose(r, s, &(struct track_loss){STREAM_VIDEO, arrival, 1, "clock"});
        return;
    }
    f.shift = v->key ? 0 : s->line.shift;
    f.ahead = f.t - arrival;
    s->missing = 0; /* nothing of this picture or of one before it */
    s->lost = false;
    emit(r, s, &f);
}

/* Nothing of it can be recorded before a key frame, in its track or in the programme. What is in
 * neither lacks nothing: the relay asks when the stage changes. */
static bool lacks_key(const struct recording *r, const struct rec_source *s) {
    bool wanted = s->tracked || r->programme.stage == s->id;
    return (wanted && !s->video.started) || (s->tracked && s->track.waiting) ||
           programme_lacks_key(&r->programme, s->id);
}

/* What the depacketizer has counted so far. */
struct tally {
    uint64_t dropped, holes;
};
static struct tally tally_of(const struct rec_source *s) {
    return (struct tally){s->video.dropped, s->video.holes};
}

/* Padding that was never tapped leaves holes in which no media is missing; the picture ids tell.
 * What else was lost, and what cannot be shown because of it, is a gap from the last picture on. */
static void check_video(struct recording *r, struct rec_source *s, const struct tally *before) {
    struct tally now = tally_of(s);
    if (now.dropped == before->dropped && now.holes == before->holes) {
        return;
    }
    s->lost = s->lost || s->missing || now.holes != before->holes;
    lose(r, s,
         &(struct track_loss){STREAM_VIDEO, us_max(s->from, 0), s->missing,
                              s->lost ? "loss" : "keyframe"});
    s->missing = 0;
}

struct video_end {
    struct tally before;
    const struct video_frame *v; /* NULL: nothing to show */
    us_t arrival;                /* recording time [us] */
    uint64_t seq;
};

/* What has become of the picture that may have ended with packet e->seq. */
static void end_video(struct recording *r, struct rec_source *s, const struct video_end *e) {
    check_video(r, s, &e->before);
    if (e->v) {
        emit_video(r, s, e->v, e->arrival);
    }
    if (e->v || s->video.dropped != e->before.dropped) {
        asking_judge(&s->asking, e->seq, lacks_key(r, s));
    }
}

static void take_video(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    struct bytes payload =
        k->packet ? bytes_of(k->packet->data + k->payload_at, k->payload_len) : bytes_of(NULL, 0);
    struct video_piece p = {
        .payload = payload, .rtp_ts = k->rtp_ts, .marker = k->marker, .lost = k->missing};
    struct video_frame v;
    struct video_end e = {tally_of(s), NULL, recording_time(r, k->at), k->seq - 1};
    s->missing += k->missing;
    e.v = depacketizer_end(&s->video, &p, &v) ? &v : NULL;
    end_video(r, s, &e);
    e.before = tally_of(s);
    e.seq = k->seq;
    e.v = depacketizer_add(&s->video, &p, &v) ? &v : NULL;
    end_video(r, s, &e);
}

/* What is missing before a packet is as long as so many of its kind, or as there is room for. */
static void take_audio(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    struct bytes data = bytes_of(k->packet->data + k->payload_at, k->payload_len);
    struct media_frame f = {.data = data,
                            .duration = opus_packet_duration(data),
                            .stream = STREAM_AUDIO,
                            .key = true,
                            .level = k->level};
    us_t arrival = recording_time(r, k->at);
    f.t = timeline_stamp(&s->line, s->clock, k->rtp_ts, arrival);
    if (f.t == TIMELINE_REFUSED) {
        lose(r, s, &(struct track_loss){STREAM_AUDIO, arrival, k->missing + 1, "clock"});
        return;
    }
    f.ahead = f.t - arrival;
    if (k->missing) {
        us_t length = us_min((us_t)k->missing * f.duration, us_max(f.t - s->from, 0));
        lose(r, s, &(struct track_loss){STREAM_AUDIO, f.t - length, k->missing, "loss"});
    }
    if (f.duration == 0) {
        lose(r, s, &(struct track_loss){STREAM_AUDIO, f.t, 1, "format"});
        return;
    }
    emit(r, s, &f);
}

static void take(struct recording *r, struct rec_source *s, const struct reorder_packet *k) {
    bool pictures = s->codec != CODEC_OPUS;
    if (k->packet ? (size_t)k->payload_at + k->payload_len > sizeof(k->packet->data) : !pictures) {
        return;
    }
    s->from = s->from < 0 ? recording_time(r, k->at) : s->from;
    if (pictures) {
        take_video(r, s, k);
    } else {
        take_audio(r, s, k);
    }
}

void rec_source_rtp(struct recording *r, struct rec_source *s, const struct tap *t) {
    if (s->paused) { /* there was no memory for going on */
        packet_unref(t->packet);
        return;
    }
    if (s->tracked && s->noted != s->id && r->now >= s->note_next) {
        rec_source_note(r, s);
    }
    s->asking.worker = t->worker;
    reorder_push(&s->reorder, t);
    rec_source_drain(r, s, t->now);
}

void rec_source_timeout(struct recording *r, struct rec_source *s, us_t now) {
    rec_source_drain(r, s, now);
    if (!s->tracked) {
        return;
    }
    track_timeout(&s->track, now);
    if (s->paused && s->track.open.n == 0) {
        track_free(&s->track); /* only memory: it may go on */
    }
}

void rec_source_drain(struct recording *r, struct rec_source *s, us_t now) {
    struct reorder_packet k;
    while (reorder_pop(&s->reorder, now, &k)) {
        take(r, s, &k);
        packet_unref(k.packet);
    }
    asking_look(&s->asking, r->now, &r->core->asking);
}

void rec_source_sr(struct recording *r, struct rec_source *s, const struct tap *t) {
    us_t at = recording_time(r, t->now);
    struct entry e = {.type = ENTRY_SR};
    struct timeline_report report = {.at = at, .ntp = t->ntp, .rtp_ts = t->rtp_ts};
    e.u.sr = (struct entry_sr){.track = s->tracked ? s->track.id : ID_NONE,
                               .ntp = t->ntp,
                               .rtp_ts = timeline_sr(&s->line, s->clock, &report)};
    if (s->tracked && r->now >= s->sr_next) {
        s->sr_next = r->now + SR_EVERY;
        recording_note(r, &e, at);
    }
}

void rec_source_remove(struct recording *r, struct rec_source *s) {
    us_t at = recording_time(r, r->now);
    rec_source_settle(s, at);
    if (s->tracked) {
        track_close(&s->track); /* its last segment asks the recording where the track began */
        track_free(&s->track);
    }
    asking_stop(&s->asking);
    list_remove(&s->in_recording);
    r->n_sources--;
    programme_off(&r->programme, s->id, at);
    reorder_free(&s->reorder);
    depacketizer_reset(&s->video);
    mem_free(s);
}
