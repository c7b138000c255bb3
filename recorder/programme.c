#include "recorder/programme.h"

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

void programme_stage(struct programme *p, uint32_t source) {
    p->stage = source;
    if (!source) {
        p->shown = 0;
    }
}

void programme_voice(struct programme *p, uint32_t source) {
    p->voice = source ? source : p->voice;
}

void programme_pause(struct programme *p, uint32_t source) {
    p->shown = p->shown == source ? 0 : p->shown;
    p->voice = p->voice == source ? 0 : p->voice;
}

void programme_off(struct programme *p, uint32_t source) {
    p->stage = p->stage == source ? 0 : p->stage;
    programme_pause(p, source);
}

void programme_frame(struct programme *p, us_t now, uint32_t source, const struct media_frame *f) {
    if (f->stream == STREAM_AUDIO) {
        p->voice = p->voice ? p->voice : source;
        if (source == p->voice) {
            track_frame(&p->track, now, f);
        }
        return;
    }
    if (source == p->stage && f->key) {
        p->shown = source;
    }
    if (source == p->shown) {
        track_frame(&p->track, now, f);
    }
}
