#include "media/audio/mixer.h"

#include "base/alloc.h"
#include "media/audio/mix_input.h"
#include "media/audio/mix_output.h"

#include <string.h>

#define INPUTS 128
#define OUTPUTS 1
#define BITRATE 64000
#define COMPLEXITY 5
#define AHEAD (5 * US_PER_S)
#define QUEUE_BYTES 65536
#define QUEUE_PACKETS 512
#define BITRATE_MIN 6000 /* RFC 6716 section 2 */
#define BITRATE_MAX 510000
#define COMPLEXITY_MAX 10
#define LIMIT 65536 /* of inputs, outputs and packets that wait */

struct mixer {
    struct mixer_config c;
    struct mix_input *inputs; /* c.inputs places */
    struct mix_output *outputs;
    bool began;
    int64_t at;    /* [samples] where the next frame that is given out begins */
    int64_t mixed; /* [samples] what is before is mixed: LIMITER_CHUNK after `at`, or `at` */
    struct mixer_counters n;
    struct mix_work work;
    float sum[2 * MIX_FRAME], one[2 * MIX_FRAME], part[2 * MIX_FRAME];
};

static uint32_t or_default(uint32_t value, uint32_t otherwise) {
    return value ? value : otherwise;
}

static bool in_range(const struct mixer_config *c) {
    return c->inputs <= LIMIT && c->outputs <= LIMIT && c->queue_packets <= LIMIT &&
           c->bitrate >= BITRATE_MIN && c->bitrate <= BITRATE_MAX &&
           c->complexity <= COMPLEXITY_MAX && c->ahead > 0 && c->ahead <= MIXER_TIME_MAX;
}

struct mixer *mixer_new(const struct mixer_config *c) {
    struct mixer *m = mem_zalloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->c = (struct mixer_config){.inputs = or_default(c->inputs, INPUTS),
                                 .outputs = or_default(c->outputs, OUTPUTS),
                                 .bitrate = or_default(c->bitrate, BITRATE),
                                 .complexity = or_default(c->complexity, COMPLEXITY),
                                 .ahead = c->ahead ? c->ahead : AHEAD,
                                 .queue_bytes = or_default(c->queue_bytes, QUEUE_BYTES),
                                 .queue_packets = or_default(c->queue_packets, QUEUE_PACKETS)};
    m->work.counters = &m->n;
    if (in_range(&m->c)) {
        m->inputs = mem_zalloc(m->c.inputs, sizeof(*m->inputs));
        m->outputs = mem_zalloc(m->c.outputs, sizeof(*m->outputs));
    }
    return m->inputs && m->outputs ? m : mixer_free(m);
}

struct mixer *mixer_free(struct mixer *m) {
    if (!m) {
        return NULL;
    }
    for (uint32_t i = 0; m->inputs && i < m->c.inputs; i++) {
        mix_input_free(&m->inputs[i]);
    }
    for (uint32_t i = 0; m->outputs && i < m->c.outputs; i++) {
        mix_output_free(&m->outputs[i]);
    }
    mem_free(m->inputs);
    mem_free(m->outputs);
    return mem_free(m);
}

static int64_t samples_of(us_t t) {
    return t / US_PER_MS * MIX_RATE + t % US_PER_MS * MIX_RATE / US_PER_MS;
}

static struct mix_input *find_input(struct mixer *m, uint32_t id) {
    for (uint32_t i = 0; i < m->c.inputs && id; i++) {
        if (m->inputs[i].id == id) {
            return &m->inputs[i];
        }
    }
    return NULL;
}

static struct mix_output *find_output(struct mixer *m, uint32_t id) {
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        if (m->outputs[i].id == id) {
            return &m->outputs[i];
        }
    }
    return NULL;
}

/* A place that is free, else that of whoever has been silent for longest. */
static struct mix_input *make_room(struct mixer *m) {
    struct mix_input *out = NULL;
    for (uint32_t i = 0; i < m->c.inputs; i++) {
        struct mix_input *x = &m->inputs[i];
        if (x->id == 0) {
            return x;
        }
        if (mix_input_idle(x) && (!out || x->tail < out->tail)) {
            out = x;
        }
    }
    if (out) {
        mix_input_free(out);
    }
    return out;
}

enum err mixer_input(struct mixer *m, uint32_t id) {
    struct mix_input *x = find_input(m, id);
    if (x) {
        x->removed = false;
        return OK;
    }
    x = id ? make_room(m) : NULL;
    return x ? mix_input_init(x, id, &m->c) : ERR_FULL;
}

void mixer_input_end(struct mixer *m, uint32_t id) {
    struct mix_input *x = find_input(m, id);
    if (x) {
        x->ended = true;
    }
}

void mixer_input_cut(struct mixer *m, uint32_t id) {
    struct mix_input *x = find_input(m, id);
    if (x) {
        mix_input_cut(x);
    }
}

static void free_removed(struct mix_input *x) {
    if (x->removed && mix_input_idle(x)) {
        mix_input_free(x);
    }
}

void mixer_input_remove(struct mixer *m, uint32_t id) {
    struct mix_input *x = find_input(m, id);
    if (x) {
        mix_input_cut(x);
        x->removed = true;
        free_removed(x);
    }
}

enum err mixer_output(struct mixer *m, uint32_t id, uint32_t without) {
    if (id == 0 || find_output(m, id)) {
        return ERR_EXISTS;
    }
    struct mix_output *o = find_output(m, 0);
    return o ? mix_output_init(o, id, without, &m->c) : ERR_FULL;
}

void mixer_output_remove(struct mixer *m, uint32_t id) {
    struct mix_output *o = id ? find_output(m, id) : NULL;
    if (o) {
        mix_output_free(o);
    }
}

static void begin_at(struct mixer *m, int64_t sample) {
    m->began = true;
    m->at = m->mixed = sample / MIX_FRAME * MIX_FRAME;
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        if (m->outputs[i].id) {
            mix_output_begin(&m->outputs[i]);
        }
    }
}

us_t mixer_at(const struct mixer *m) {
    return m->began ? m->at / MIX_FRAME * MIXER_FRAME : US_NEVER;
}

bool mixer_is_silence(struct bytes opus) {
    return mix_output_is_silence(opus);
}

bool mixer_idle(const struct mixer *m) {
    for (uint32_t i = 0; i < m->c.inputs; i++) {
        if (m->inputs[i].id && !mix_input_idle(&m->inputs[i])) {
            return false;
        }
    }
    return true;
}

struct mixer_counters mixer_counters(const struct mixer *m) {
    return m->n;
}

static void count(struct mixer *m, enum mixer_verdict v) {
    m->n.taken += v == MIXER_TAKEN;
    m->n.late += v == MIXER_LATE;
    m->n.ahead += v == MIXER_AHEAD;
    m->n.overlap += v == MIXER_OVERLAP;
    m->n.full += v == MIXER_FULL;
    m->n.bad += v == MIXER_BAD;
}

enum mixer_verdict mixer_put(struct mixer *m, uint32_t input, us_t t, struct bytes packet) {
    return mixer_put_level(m, input, t, packet, MIXER_LEVEL_NONE);
}

enum mixer_verdict mixer_put_level(struct mixer *m, uint32_t input, us_t t, struct bytes packet,
                                   uint8_t level) {
    struct mix_input *x = find_input(m, input);
    if (!x || x->removed) {
        return MIXER_UNKNOWN;
    }
    enum mixer_verdict v = MIXER_AHEAD;
    if (t >= 0 && t <= MIXER_TIME_MAX) {
        int64_t start = samples_of(t) - MIXER_PRE_SKIP;
        if (!m->began) {
            begin_at(m, start < 0 ? 0 : start);
        }
        int64_t window[2] = {m->mixed, m->mixed + samples_of(m->c.ahead)};
        v = mix_input_put(x, start, &(struct mix_said){packet, level}, window);
    }
    count(m, v);
    return v;
}

static void add(float *to, const float *from, unsigned n) {
    for (unsigned i = 0; i < 2 * n; i++) {
        to[i] += from[i];
    }
}

/* What outputs leave out is kept for them. */
static void keep_own(struct mixer *m, uint32_t input, unsigned n) {
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        struct mix_output *o = &m->outputs[i];
        if (o->id && mixer_leaves_out(o->without, input)) {
            if (o->heard) { /* from another device */
                add(o->own, m->one, n);
            } else {
                memcpy(o->own, m->one, sizeof(float) * 2 * n);
            }
            o->heard++;
        }
    }
}

/* n samples of all voices into m->sum; returns how many are heard. */
static unsigned mix(struct mixer *m, unsigned n) {
    unsigned heard = 0;
    memset(m->sum, 0, sizeof(float) * 2 * n);
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        m->outputs[i].heard = 0;
    }
    for (uint32_t i = 0; i < m->c.inputs; i++) {
        struct mix_input *x = &m->inputs[i];
        if (x->id && mix_input_take(x, m->mixed, n, m->one, &m->work)) {
            heard++;
            add(m->sum, m->one, n);
            keep_own(m, x->id, n);
        }
        free_removed(x);
    }
    m->mixed += n;
    return heard;
}

/* What this output hears of m->sum; NULL: nothing. */
static const float *heard_by(struct mixer *m, const struct mix_output *o, unsigned n,
                             unsigned heard) {
    if (heard == o->heard) {
        return NULL;
    }
    if (!o->heard) {
        return m->sum;
    }
    for (unsigned i = 0; i < 2 * n; i++) {
        m->part[i] = m->sum[i] - o->own[i];
    }
    return m->part;
}

/* The look-ahead, before the first frame. */
static void prime(struct mixer *m) {
    bool joins = m->mixed != m->at;
    unsigned heard = joins ? 0 : mix(m, LIMITER_CHUNK);
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        struct mix_output *o = &m->outputs[i];
        if (o->id && !o->began) {
            mix_output_first(o, heard_by(m, o, LIMITER_CHUNK, heard), joins);
        }
    }
}

static void take_frame(struct mixer *m, const struct mixer_sink *sink) {
    m->work.sink = sink;
    prime(m);
    unsigned heard = mix(m, MIX_FRAME);
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        struct mix_output *o = &m->outputs[i];
        if (o->id) {
            const float *pcm = heard_by(m, o, MIX_FRAME, heard);
            sink->packet(sink->ctx, o->id, mixer_at(m), mix_output_frame(o, pcm, &m->n));
        }
    }
    m->at += MIX_FRAME;
}

static void take_until(struct mixer *m, int64_t until, const struct mixer_sink *sink) {
    while (m->began && m->at + MIX_FRAME + LIMITER_CHUNK <= until) {
        take_frame(m, sink);
    }
}

void mixer_take(struct mixer *m, us_t until, const struct mixer_sink *sink) {
    if (until > 0) {
        take_until(m, samples_of(us_min(until, MIXER_TIME_MAX)) - MIXER_PRE_SKIP, sink);
    }
}

void mixer_drain(struct mixer *m, us_t t, const struct mixer_sink *sink) {
    int64_t until = t > 0 ? samples_of(us_min(t, MIXER_TIME_MAX)) : 0;
    for (uint32_t i = 0; i < m->c.inputs; i++) {
        struct mix_input *x = &m->inputs[i];
        x->ended = true;
        int64_t end = x->id && !mix_input_idle(x) ? mix_input_end(x, m->mixed) : until;
        until = end > until ? end : until;
    }
    /* What is heard last is given out when the encoder has seen the silence behind it. */
    until += MIXER_PRE_SKIP;
    take_until(m, (until + MIX_FRAME - 1) / MIX_FRAME * MIX_FRAME + LIMITER_CHUNK, sink);
}

static bool holds(const struct mixer *m) {
    for (uint32_t i = 0; i < m->c.outputs; i++) {
        if (m->outputs[i].id && mix_output_holds(&m->outputs[i])) {
            return true;
        }
    }
    return false;
}

void mixer_skip(struct mixer *m, us_t t, const struct mixer_sink *sink) {
    int64_t sample = t >= 0 && t <= MIXER_TIME_MAX ? samples_of(t) - MIXER_PRE_SKIP : 0;
    sample = sample < 0 ? 0 : sample;
    if (!m->began) {
        begin_at(m, sample);
        return;
    }
    if (!mixer_idle(m)) {
        return;
    }
    while (holds(m) && m->mixed + MIX_FRAME <= sample) {
        take_frame(m, sink);
    }
    if (sample >= m->mixed + MIX_FRAME) {
        begin_at(m, sample);
    }
}
