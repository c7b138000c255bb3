#include "recorder/capture/programme.h"

#include "recorder/container/container.h"

#define BATCH (100 * US_PER_MS) /* [us] of sound that a deadline mixes at least */

/* What players take off the times of the mix is what its encoder is behind. */
_Static_assert(MIXER_PRE_SKIP == CONTAINER_OPUS_PRE_SKIP, "as the computed headers say");

/* Picture and sound in order of time. */
static void on_mixed(void *ctx, uint32_t output, us_t t, struct bytes opus) {
    struct programme *p = ctx;
    struct media_frame f = {
        .t = t, .duration = MIXER_FRAME, .data = opus, .stream = STREAM_AUDIO, .key = true};
    (void)output;
    held_release(&p->held, p->now, t + 1);
    if (!track_frame(&p->track, p->now, &f)) {
        track_lose(&p->track, &(struct track_loss){STREAM_AUDIO, t, 1, p->track.refused});
    }
}

/* Sound that was to be in the mix and is not. */
static void on_lost(void *ctx, uint32_t source, const struct mixer_lost *l) {
    struct programme *p = ctx;
    mixdown_lost(&p->sound, source, l);
}

void programme_init(struct programme *p, const struct programme_config *c,
                    const struct track_sink *sink) {
    *p = (struct programme){.zero = c->zero, .now = c->zero};
    p->mixed = (struct mixer_sink){p, on_mixed, on_lost};
    track_init(&p->track, &(struct track_config){.id = ID_PROGRAMME,
                                                 .video = c->video,
                                                 .audio = CODEC_OPUS,
                                                 .from_zero = true,
                                                 .limits = c->limits,
                                                 .sink = sink});
    held_init(&p->held, &p->track);
    mixdown_init(&p->sound, &c->sound, &p->mixed, &p->track);
}

void programme_free(struct programme *p) {
    held_free(&p->held);
    mixdown_free(&p->sound);
    track_free(&p->track);
}

/* Pictures go on as far as sound does. */
static void follow_sound(struct programme *p) {
    held_release(&p->held, p->now, mixdown_at(&p->sound));
}

static void show_nothing(struct programme *p, us_t at) {
    p->shown = 0;
    held_settle(&p->held, p->now, at);
    follow_sound(p);
}

void programme_stage(struct programme *p, uint32_t source, us_t at) {
    p->stage = source;
    if (!source) {
        show_nothing(p, at);
    }
}

void programme_voice(struct programme *p, uint32_t source) {
    p->voice = source;
}

void programme_pause(struct programme *p, uint32_t source, us_t at) {
    if (p->shown == source) {
        show_nothing(p, at);
    }
    p->voice = p->voice == source ? 0 : p->voice;
    mixdown_off(&p->sound, source, at);
}

void programme_off(struct programme *p, uint32_t source, us_t at) {
    p->stage = p->stage == source ? 0 : p->stage;
    programme_pause(p, source, at);
}

void programme_lose(struct programme *p, uint32_t source, const struct track_loss *l) {
    if (l->stream == STREAM_AUDIO) {
        mixdown_lose(&p->sound, source, l);
    } else if (source == p->shown) {
        held_lose(&p->held, l);
        follow_sound(p);
    }
}

/* Too far ahead: missing here, if it is on, from its arrival on. */
static void refuse(struct programme *p, uint32_t source, const struct media_frame *f) {
    bool video = f->stream == STREAM_VIDEO;
    programme_lose(p, source,
                   &(struct track_loss){(enum stream)f->stream, f->t - f->ahead, 1, "clock"});
    if (video && p->shown == source) {
        p->shown = 0;
    }
}

void programme_frame(struct programme *p, us_t now, uint32_t source, const struct media_frame *f) {
    p->now = now;
    if (f->ahead > PROGRAMME_AHEAD) {
        refuse(p, source, f);
        return;
    }
    if (f->stream == STREAM_AUDIO) {
        mixdown_frame(&p->sound, source, f);
        return;
    }
    if (source == p->stage && f->key) {
        p->shown = source;
    }
    if (source == p->shown) {
        held_frame(&p->held, f);
        follow_sound(p);
    }
}

bool programme_lacks_key(const struct programme *p, uint32_t source) {
    return p->stage == source && (p->shown != source || held_lacks_key(&p->held));
}

void programme_clock(struct programme *p, us_t now, us_t at) {
    p->now = now;
    p->behind = us_max(now - p->zero - at, 0);
    mixdown_clock(&p->sound, at);
    follow_sound(p);
}

/* At the latest then more of the sound is final, whoever is waited for. */
static us_t sound_deadline(const struct programme *p) {
    if (list_empty(&p->held.items) && !mixdown_waits(&p->sound)) {
        return US_NEVER;
    }
    us_t at = mixdown_at(&p->sound) + MIXER_FRAME + MIXER_LOOK_AHEAD + BATCH;
    return p->zero + at + p->sound.behind + p->behind + PROGRAMME_QUIET;
}

us_t programme_deadline(const struct programme *p) {
    return us_min(track_deadline(&p->track), sound_deadline(p));
}

void programme_timeout(struct programme *p, us_t now) {
    p->now = now;
    mixdown_clock(&p->sound, now - p->zero - p->behind - PROGRAMME_QUIET);
    follow_sound(p);
    track_timeout(&p->track, now);
}

uint64_t programme_lost(struct programme *p) {
    uint64_t lost = p->sound.lost;
    p->sound.lost = 0;
    return lost;
}

void programme_end(struct programme *p, us_t now, us_t at) {
    p->now = now;
    mixdown_end(&p->sound, at);
    held_release(&p->held, now, US_NEVER);
    track_settle(&p->track, STREAM_VIDEO, at);
    track_settle(&p->track, STREAM_AUDIO, at);
    track_close(&p->track);
}
