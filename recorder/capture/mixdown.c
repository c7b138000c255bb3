#include "recorder/capture/mixdown.h"

#include "base/alloc.h"
#include "media/wire/tap.h"

#define OUTPUT 1
_Static_assert(TAP_LEVEL_NONE == MIXER_LEVEL_NONE, "what nobody says is audible");
#define AHEAD (3 * US_PER_S)    /* of arrival: programme.h lets pass what is less */
#define OPUS_BITRATE_MAX 510000 /* [bit/s] */
#define OPUS_SHORTEST 2500      /* [us] of a packet */
#define OPUS_PACKET_MAX 7650    /* [bytes] 120 ms of the fastest */
/* Of each voice, whatever is configured: 16 s. */
#define QUEUE_BYTES_MAX (1 << 20)
#define QUEUE_PACKETS_MAX 6400

/* A source that is on and was heard, or should have been. */
struct voice {
    struct link in_mixdown;
    uint32_t source;
    us_t until; /* recording time of the end of what it said [us] */
    us_t heard; /* m->clock when it said that; what is lost is not waited for */
    struct track_gap gap;
};

/* How long a voice that is not heard is waited for. */
static us_t lag(const struct mixdown *m) {
    return m->c.reorder_wait + MIXDOWN_LAG;
}

void mixdown_init(struct mixdown *m, const struct mixdown_config *c, const struct mixer_sink *sink,
                  const struct track *track) {
    *m = (struct mixdown){.c = *c, .sink = sink, .track = track};
    m->behind = us_max(MIXDOWN_BEHIND, lag(m));
    list_init(&m->voices);
}

static void forget(struct voice *v) {
    list_remove(&v->in_mixdown);
    mem_free(v);
}

void mixdown_free(struct mixdown *m) {
    LIST_EACH(l, &m->voices) {
        forget(LIST_ENTRY(l, struct voice, in_mixdown));
    }
    m->mixer = mixer_free(m->mixer);
}

static struct voice *find(const struct mixdown *m, uint32_t source) {
    LIST_EACH(l, &m->voices) {
        struct voice *v = LIST_ENTRY(l, struct voice, in_mixdown);
        if (v->source == source) {
            return v;
        }
    }
    return NULL;
}

/* NULL without memory. */
static struct voice *voice_of(struct mixdown *m, uint32_t source) {
    struct voice *v = find(m, source);
    if (!v) {
        v = mem_zalloc(1, sizeof(*v));
        if (v) {
            v->source = source;
            list_push(&m->voices, &v->in_mixdown);
        }
    }
    return v;
}

/* As much as a voice can say while another is waited for: as fast as Opus can be, and in as short
 * packets (RFC 6716 section 2); some more, as packets lie in one piece. */
static uint32_t queue_bytes(us_t t) {
    us_t bytes = t / US_PER_MS * OPUS_BITRATE_MAX / 8000 + 2 * OPUS_PACKET_MAX;
    return (uint32_t)us_min(bytes, QUEUE_BYTES_MAX);
}

static uint32_t queue_packets(us_t t) {
    return (uint32_t)us_min(t / OPUS_SHORTEST + 1, QUEUE_PACKETS_MAX);
}

/* The mix begins at the first time that is not final yet: others may be before this voice. */
static bool begin(struct mixdown *m) {
    if (m->mixer) {
        return true;
    }
    us_t ahead = m->behind + AHEAD;
    m->mixer = mixer_new(&(struct mixer_config){.inputs = m->c.voices,
                                                .bitrate = m->c.bitrate,
                                                .ahead = ahead,
                                                .queue_bytes = queue_bytes(ahead),
                                                .queue_packets = queue_packets(ahead)});
    if (m->mixer && mixer_output(m->mixer, OUTPUT, 0) != OK) {
        m->mixer = mixer_free(m->mixer);
    }
    if (m->mixer) {
        mixer_skip(m->mixer, m->final, m->sink);
    }
    return m->mixer != NULL;
}

static const char *cause_of(enum mixer_verdict v) {
    switch (v) {
    case MIXER_TAKEN:
        return NULL;
    case MIXER_LATE:
        return "late";
    case MIXER_AHEAD:
    case MIXER_OVERLAP:
        return "clock";
    case MIXER_BAD:
        return "format";
    default:
        return "limit";
    }
}

/* Why it is not in the mix; NULL: it is. */
static const char *put(struct mixdown *m, uint32_t source, const struct media_frame *f) {
    if (!begin(m) || mixer_input(m->mixer, source) != OK) {
        return "limit";
    }
    return cause_of(mixer_put_level(m->mixer, source, f->t, f->data, f->level));
}

static void lose(struct mixdown *m, struct voice *v, const struct track_loss *l) {
    m->lost += l->packets;
    track_gap_lose(m->track, &v->gap, us_max(v->until, l->at), l);
}

void mixdown_frame(struct mixdown *m, uint32_t source, const struct media_frame *f) {
    struct voice *v = voice_of(m, source);
    if (!v) {
        m->lost++;
        return;
    }
    const char *cause = put(m, source, f);
    if (cause) {
        lose(m, v, &(struct track_loss){STREAM_AUDIO, f->t, 1, cause});
    } else {
        track_gap_go_on(m->track, &v->gap, f->t);
    }
    v->until = us_max(v->until, f->t + f->duration);
    v->heard = m->clock;
}

void mixdown_lose(struct mixdown *m, uint32_t source, const struct track_loss *l) {
    struct voice *v = voice_of(m, source);
    if (v) {
        lose(m, v, l);
    }
}

void mixdown_lost(struct mixdown *m, uint32_t source, const struct mixer_lost *l) {
    struct track_loss loss = {STREAM_AUDIO, l->t, 1, cause_of(l->why)};
    struct voice *v = find(m, source);
    m->lost++;
    track_gap_between(m->track, v ? &v->gap : &m->gone, l->t + l->duration, &loss);
}

void mixdown_off(struct mixdown *m, uint32_t source, us_t at) {
    struct voice *v = find(m, source);
    if (!v) {
        return;
    }
    track_gap_settle(m->track, &v->gap, at);
    if (m->mixer) {
        mixer_input_end(m->mixer, source);
    }
    forget(v);
}

/* Up to when everybody had the chance to be heard. */
static us_t final_time(const struct mixdown *m) {
    us_t final = m->clock - MIXDOWN_NEW;
    LIST_EACH(l, &m->voices) {
        const struct voice *v = LIST_ENTRY(l, struct voice, in_mixdown);
        if (m->clock - v->heard < lag(m)) {
            final = us_min(final, v->until);
        }
    }
    return us_max(us_max(final, m->clock - m->behind), m->final);
}

void mixdown_clock(struct mixdown *m, us_t at) {
    m->clock = us_max(m->clock, at);
    m->final = final_time(m);
    track_gap_pass(m->track, &m->gone, m->final);
    LIST_EACH(l, &m->voices) {
        track_gap_pass(m->track, &LIST_ENTRY(l, struct voice, in_mixdown)->gap, m->final);
    }
    if (!m->mixer) {
        return;
    }
    if (m->final - mixer_at(m->mixer) > MIXDOWN_PAUSE) {
        mixer_skip(m->mixer, m->final, m->sink);
    }
    mixer_take(m->mixer, m->final, m->sink);
}

us_t mixdown_at(const struct mixdown *m) {
    return m->mixer ? mixer_at(m->mixer) : US_NEVER;
}

bool mixdown_waits(const struct mixdown *m) {
    return m->mixer && !mixer_idle(m->mixer);
}

void mixdown_end(struct mixdown *m, us_t at) {
    LIST_EACH(l, &m->voices) {
        mixdown_off(m, LIST_ENTRY(l, struct voice, in_mixdown)->source, at);
    }
    if (m->mixer) {
        bool pause = mixer_idle(m->mixer) && at - mixer_at(m->mixer) > MIXDOWN_PAUSE;
        mixer_drain(m->mixer, pause ? 0 : at, m->sink);
    }
    track_gap_settle(m->track, &m->gone, at);
}
