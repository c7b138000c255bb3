#include "recorder/capture/programme.h"

void programme_init(struct programme *p, const struct segment_limits *limits,
                    const struct track_sink *sink) {
    *p = (struct programme){0};
    track_init(&p->track, &(struct track_config){.id = ID_PROGRAMME,
                                                 .video = true,
                                                 .audio = true,
                                                 .from_zero = true,
                                                 .limits = *limits,
                                                 .sink = sink});
}

static void show_nothing(struct programme *p, us_t at) {
    p->shown = 0;
    track_settle(&p->track, STREAM_VIDEO, at);
}

void programme_stage(struct programme *p, uint32_t source, us_t at) {
    p->stage = source;
    if (!source) {
        show_nothing(p, at);
    }
}

void programme_voice(struct programme *p, uint32_t source) {
    p->voice = source ? source : p->voice;
}

void programme_pause(struct programme *p, uint32_t source, us_t at) {
    if (p->shown == source) {
        show_nothing(p, at);
    }
    if (p->voice == source) {
        p->voice = 0;
        track_settle(&p->track, STREAM_AUDIO, at);
    }
}

void programme_off(struct programme *p, uint32_t source, us_t at) {
    p->stage = p->stage == source ? 0 : p->stage;
    programme_pause(p, source, at);
}

/* Sound that overlaps what another voice said before is no loss: that time has its sound. */
static void hear(struct programme *p, us_t now, uint32_t source, const struct media_frame *f) {
    if (track_frame(&p->track, now, f)) {
        p->heard = source;
    } else if (p->heard == source) {
        track_lose(&p->track, &(struct track_loss){STREAM_AUDIO, f->t, 1, "clock"});
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
    if (f->ahead > PROGRAMME_AHEAD) {
        refuse(p, source, f);
        return;
    }
    if (f->stream == STREAM_AUDIO) {
        p->voice = p->voice ? p->voice : source;
        if (source == p->voice) {
            hear(p, now, source, f);
        }
        return;
    }
    if (source == p->stage && f->key) {
        p->shown = source;
    }
    if (source == p->shown && !track_frame(&p->track, now, f)) {
        track_lose(&p->track, &(struct track_loss){STREAM_VIDEO, f->t, 0, "keyframe"});
    }
}

void programme_lose(struct programme *p, uint32_t source, const struct track_loss *l) {
    if (source == (l->stream == STREAM_VIDEO ? p->shown : p->voice)) {
        track_lose(&p->track, l);
    }
}
