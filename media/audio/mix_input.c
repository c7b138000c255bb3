#include "media/audio/mix_input.h"

#include "base/alloc.h"

#include <math.h>
#include <opus/opus.h>
#include <string.h>

#define CONCEAL (60 * MIX_RATE) /* [samples] made up at most */
#define CHUNK (20 * MIX_RATE)   /* [samples] made up at once where the end of a hole is not known */
#define UNIT 120                /* [samples] 2.5 ms: the decoder makes up multiples of it */
#define SLEW_FROM 96            /* [samples] a difference of 2 ms is worked off ... */
#define SLEW_TO 24              /* ... until it is smaller than this */
#define SLEW_DIVISOR 4          /* a quarter of it with each packet, */
#define STRETCH_DIVISOR 20      /* at most 5 % of the packet's length */
#define DTX_BYTES 2             /* [bytes] a packet as short says that there is nothing to send */
#define AUDIBLE (1.0f / 65536)  /* half a step of 16 bits */
#define LOUDEST 4.0f            /* what a decoder makes of a hostile packet may be anything */

enum err mix_input_init(struct mix_input *x, uint32_t id, const struct mixer_config *c) {
    *x = (struct mix_input){.cap = c->queue_packets, .bytes_cap = c->queue_bytes};
    x->decoder = mem_alloc((size_t)opus_decoder_get_size(2));
    x->packets = mem_zalloc(x->cap, sizeof(*x->packets));
    x->bytes = mem_alloc(x->bytes_cap);
    x->pcm = mem_alloc(sizeof(float) * 2 * MIX_PCM);
    if (!x->decoder || !x->packets || !x->bytes || !x->pcm ||
        opus_decoder_init(x->decoder, MIX_RATE * 1000, 1) != OPUS_OK) {
        mix_input_free(x);
        return ERR_NOMEM;
    }
    x->channels = 1;
    x->id = id;
    return OK;
}

void mix_input_free(struct mix_input *x) {
    mem_free(x->decoder);
    mem_free(x->packets);
    mem_free(x->bytes);
    mem_free(x->pcm);
    *x = (struct mix_input){0};
}

bool mix_input_idle(const struct mix_input *x) {
    return x->n == 0 && !x->playing && x->pcm_at == x->pcm_n;
}

int64_t mix_input_end(const struct mix_input *x, int64_t pos) {
    int64_t decoded = pos + (x->pcm_n - x->pcm_at);
    return (x->n && x->tail > decoded ? x->tail : decoded) + MIX_FADE;
}

static struct mix_packet *first(struct mix_input *x) {
    return x->n ? &x->packets[x->head] : NULL;
}

static void drop(struct mix_input *x) {
    x->head = (x->head + 1) % x->cap;
    x->n--;
}

static struct bytes bytes_in(const struct mix_input *x, const struct mix_packet *p) {
    return bytes_of(x->bytes + p->at, p->n);
}

static int64_t end_of(const struct mix_packet *p) {
    return p->start + p->length + p->stretch;
}

/* Room for n bytes in one piece, behind the newest and before the oldest. False: there is none. */
static bool find_room(struct mix_input *x, size_t n, uint32_t *ret_at) {
    const struct mix_packet *oldest = first(x);
    if (x->n == x->cap || n > x->bytes_cap) {
        return false;
    }
    if (!oldest) {
        *ret_at = 0;
        return true;
    }
    bool wrapped = x->write <= oldest->at;
    size_t to = wrapped ? oldest->at : x->bytes_cap;
    if (to - x->write >= n) {
        *ret_at = x->write;
        return true;
    }
    *ret_at = 0;
    return !wrapped && oldest->at >= n;
}

/* How much longer to make a packet of n samples whose time is `late` samples after its place. */
static int stretch_of(struct mix_input *x, int64_t late, int n) {
    int64_t apart = late < 0 ? -late : late;
    x->slewing = apart > (x->slewing ? SLEW_TO : SLEW_FROM);
    int64_t most = n / STRETCH_DIVISOR;
    int64_t move = x->slewing ? late / SLEW_DIVISOR : 0;
    return (int)(move > most ? most : move < -most ? -most : move);
}

/* Where a packet of p->length samples goes that belongs at `start`. */
static enum mixer_verdict place(struct mix_input *x, int64_t start, struct mix_packet *p) {
    int64_t late = start - x->tail, half = p->length / 2;
    if (!x->placed || late > CONCEAL) {
        p->start = start;
    } else if (late < -half) {
        return MIXER_OVERLAP;
    } else if (late > half) {
        p->start = x->tail + (late + UNIT / 2) / UNIT * UNIT;
    } else {
        p->start = x->tail;
        p->stretch = (int16_t)stretch_of(x, late, p->length);
    }
    return MIXER_TAKEN;
}

enum mixer_verdict mix_input_put(struct mix_input *x, int64_t start, const struct mix_said *said,
                                 const int64_t window[2]) {
    struct bytes packet = said->packet;
    int length = packet.n == 0 || packet.n > INT32_MAX
                     ? 0
                     : opus_packet_get_nb_samples(packet.p, (opus_int32)packet.n, MIX_RATE * 1000);
    if (length <= 0 || length > MIX_PACKET_SAMPLES) {
        return MIXER_BAD;
    }
    struct mix_packet p = {
        .n = (uint32_t)packet.n, .length = (uint16_t)length, .level = said->level};
    if (start + length <= window[0]) {
        return MIXER_LATE;
    }
    if (start > window[1]) {
        return MIXER_AHEAD;
    }
    if (!find_room(x, packet.n, &p.at)) {
        return MIXER_FULL;
    }
    enum mixer_verdict v = place(x, start, &p);
    if (v == MIXER_TAKEN && end_of(&p) <= window[0]) {
        v = MIXER_LATE;
    }
    if (v != MIXER_TAKEN) {
        return v;
    }
    memcpy(x->bytes + p.at, packet.p, packet.n);
    x->write = p.at + p.n;
    x->packets[(x->head + x->n++) % x->cap] = p;
    x->tail = end_of(&p);
    x->placed = true;
    x->ended = false;
    return MIXER_TAKEN;
}

/* Decode n samples into the scratch; without bytes, or with those of the packet behind the hole
 * (fec), make them up. Samples that a hostile packet may have made are kept from spoiling the sum.
 * False: it could not be decoded, and is made up. */
static bool decode(struct mix_input *x, struct bytes packet, uint32_t n, bool fec,
                   struct mix_work *w) {
    bool ok = opus_decode_float(x->decoder, packet.n ? packet.p : NULL, (opus_int32)packet.n,
                                w->scratch, (int)n, fec) == (int)n;
    bool any = ok || opus_decode_float(x->decoder, NULL, 0, w->scratch, (int)n, 0) == (int)n;
    for (uint32_t i = 0; i < n * (uint32_t)x->channels; i++) {
        w->scratch[i] = any && fabsf(w->scratch[i]) < LOUDEST ? w->scratch[i] : 0;
    }
    return ok;
}

/* Cubic through four samples (Catmull and Rom), u of the way from b to c. */
static float between(const float s[4], float u) {
    float a = -s[0] + 3 * (s[1] - s[2]) + s[3];
    float b = 2 * s[0] - 5 * s[1] + 4 * s[2] - s[3];
    return s[1] + 0.5f * u * (s[2] - s[0] + u * (b + u * a));
}

/* n samples of one of the channels of `in` become m, every second one of `out`. First and last stay
 * first and last, so that what is before and behind fits. */
static void stretch(const float *in, uint32_t channels, uint32_t n, float *out, uint32_t m) {
    float step = (float)(n - 1) / (float)(m - 1);
    for (uint32_t i = 0; i < m; i++) {
        float at = (float)i * step;
        uint32_t k = (uint32_t)at < n - 2 ? (uint32_t)at : n - 2;
        uint32_t before = k ? k - 1 : 0, after = k + 2 < n ? k + 2 : n - 1;
        float s[4] = {in[before * channels], in[k * channels], in[(k + 1) * channels],
                      in[after * channels]};
        out[2 * i] = between(s, at - (float)k);
    }
}

/* n samples of the scratch become m pairs that are given out next. */
static void spread(struct mix_input *x, uint32_t n, uint32_t m, const struct mix_work *w) {
    uint32_t channels = (uint32_t)x->channels, right = channels - 1;
    if (m != n) {
        stretch(w->scratch, channels, n, x->pcm, m);
        stretch(w->scratch + right, channels, n, x->pcm + 1, m);
    } else {
        for (uint32_t i = 0; i < n; i++) {
            x->pcm[2 * i] = w->scratch[i * channels];
            x->pcm[2 * i + 1] = w->scratch[i * channels + right];
        }
    }
    x->pcm_at = 0;
    x->pcm_n = m;
}

/* A packet that was taken is not heard. */
static void tell_lost(const struct mix_input *x, const struct mix_packet *p, enum mixer_verdict why,
                      const struct mix_work *w) {
    struct mixer_lost l = {.t = (p->start + MIXER_PRE_SKIP) * US_PER_MS / MIX_RATE,
                           .duration = (p->length + p->stretch) * US_PER_MS / MIX_RATE,
                           .why = why};
    if (w->sink->lost) {
        w->sink->lost(w->sink->ctx, x->id, &l);
    }
}

/* The first packet that waits. */
static void play(struct mix_input *x, struct mix_work *w) {
    struct mix_packet p = *first(x);
    struct bytes data = bytes_in(x, &p);
    drop(x);
    if (!decode(x, data, p.length, false, w)) {
        w->counters->damaged++;
        tell_lost(x, &p, MIXER_BAD, w);
    }
    spread(x, p.length, (uint32_t)(p.length + p.stretch), w);
    x->concealed = 0;
}

/* Fill a hole of n samples; behind is the packet after it, or NULL. */
static void make_up(struct mix_input *x, uint32_t n, const struct mix_packet *behind,
                    struct mix_work *w) {
    struct bytes data = behind ? bytes_in(x, behind) : bytes_of(NULL, 0);
    decode(x, data, n, behind != NULL, w);
    spread(x, n, n, w);
    x->concealed += n;
    w->counters->concealed += n;
}

/* The sound ends with the n samples that are given out next, which fade. */
static void fade_out(struct mix_input *x, uint32_t n) {
    float *pcm = x->pcm + 2 * x->pcm_at;
    for (uint32_t i = 0; i < n; i++) {
        float gain = (float)(n - i) / (float)(n + 1);
        pcm[2 * i] *= gain;
        pcm[2 * i + 1] *= gain;
    }
    x->pcm_n = x->pcm_at + n;
    x->playing = false;
    x->concealed = 0;
}

/* The sound ends with n samples that are made up and fade. */
static void stop(struct mix_input *x, uint32_t n, struct mix_work *w) {
    make_up(x, n, NULL, w);
    fade_out(x, n);
}

void mix_input_cut(struct mix_input *x) {
    x->n = 0;
    x->placed = false;
    x->slewing = false;
    x->ended = true;
    if (x->playing && x->pcm_n - x->pcm_at >= MIX_FADE) {
        fade_out(x, MIX_FADE);
    }
}

static bool says_silence(const struct mix_packet *p) {
    return p->n <= DTX_BYTES;
}

/* Loud enough, as far as is known. */
static bool is_audible(const struct mix_packet *p) {
    return !says_silence(p) && (p->level < MIXER_INAUDIBLE || p->level == MIXER_LEVEL_NONE);
}

/* The first packet that waits has its turn. */
static void note_turn(struct mix_input *x) {
    const struct mix_packet *p = &x->packets[x->head];
    x->heard = is_audible(p) ? end_of(p) : x->heard;
}

/* The first packet that waits need not be decoded: it is quiet, and so was what is shortly before
 * it and is what comes soon. */
static bool is_quiet(const struct mix_input *x) {
    const struct mix_packet *p = &x->packets[x->head];
    if (is_audible(p) || p->start < x->heard + MIX_HANGOVER) {
        return false;
    }
    for (uint32_t i = 1; i < x->n; i++) {
        const struct mix_packet *next = &x->packets[(x->head + i) % x->cap];
        if (next->start >= end_of(p) + MIX_ONSET) {
            break;
        }
        if (is_audible(next)) {
            return false;
        }
    }
    return true;
}

/* From this packet on the voice is stereo, which the decoder is not: it begins anew, once. */
static bool becomes_stereo(const struct mix_input *x, const struct mix_packet *p) {
    return x->channels == 1 && opus_packet_get_nb_channels(x->bytes + p->at) == 2;
}

/* The voice sounds, and all that was decoded is given out up to pos. */
static void go_on(struct mix_input *x, int64_t pos, struct mix_work *w) {
    struct mix_packet *p = first(x);
    int64_t hole = p ? p->start - pos : INT64_MAX;
    uint32_t left = x->concealed < CONCEAL ? CONCEAL - x->concealed : 0;
    if (hole == 0 && !says_silence(p) && !becomes_stereo(x, p) && !is_quiet(x)) {
        note_turn(x);
        play(x, w);
    } else if (hole <= 0 || (!p && x->ended)) {
        /* It is silent from here on, or what comes cannot go on from what was: that begins anew. */
        stop(x, MIX_FADE, w);
    } else if (hole <= left && hole % UNIT == 0) {
        make_up(x, (uint32_t)hole, p, w);
    } else if (left > CHUNK) {
        make_up(x, CHUNK, NULL, w);
    } else {
        stop(x, CHUNK, w);
    }
}

/* The voice is silent at pos, and the first packet that waits changes nothing of that: before `end`
 * it is silence or too quiet, or it is over. */
static bool passes(const struct mix_input *x, int64_t pos, int64_t end, struct mix_work *w) {
    const struct mix_packet *p = &x->packets[x->head];
    if (says_silence(p)) {
        return true;
    }
    if (p->start < end && is_quiet(x)) {
        w->counters->inaudible++;
        return true;
    }
    if (end_of(p) > pos) {
        return false;
    }
    w->counters->late++;
    tell_lost(x, p, MIXER_LATE, w);
    return true;
}

/* The voice is silent at *pos: go to where it begins. False: not before `end`. */
static bool begin(struct mix_input *x, int64_t *pos, int64_t end, struct mix_work *w) {
    while (x->n && passes(x, *pos, end, w)) {
        note_turn(x);
        drop(x);
    }
    struct mix_packet *p = first(x);
    if (!p || p->start >= end) {
        return false;
    }
    if (becomes_stereo(x, p)) {
        x->channels = 2;
        opus_decoder_init(x->decoder, MIX_RATE * 1000, 2);
    }
    int64_t skip = *pos - p->start;
    *pos = skip < 0 ? p->start : *pos;
    x->playing = true;
    x->fade = MIX_FADE;
    note_turn(x);
    play(x, w);
    x->pcm_at = skip > 0 ? (uint32_t)skip : 0;
    return true;
}

/* Hand out what is decoded, n samples at most. */
static uint32_t give(struct mix_input *x, float *out, int64_t n) {
    uint32_t have = x->pcm_n - x->pcm_at, k = n < have ? (uint32_t)n : have;
    memcpy(out, x->pcm + 2 * x->pcm_at, sizeof(float) * 2 * k);
    for (uint32_t i = 0; i < k && x->fade; i++) {
        float gain = (float)(MIX_FADE - x->fade--) / MIX_FADE;
        out[2 * i] *= gain;
        out[2 * i + 1] *= gain;
    }
    x->pcm_at += k;
    return k;
}

static bool audible(const float *pcm, unsigned n) {
    for (unsigned i = 0; i < 2 * n; i++) {
        if (fabsf(pcm[i]) > AUDIBLE) {
            return true;
        }
    }
    return false;
}

bool mix_input_take(struct mix_input *x, int64_t from, unsigned n, float *out, struct mix_work *w) {
    int64_t pos = from, end = from + n;
    bool any = false;
    while (pos < end) {
        if (x->pcm_at == x->pcm_n) {
            if (x->playing) {
                go_on(x, pos, w);
            } else if (!begin(x, &pos, end, w)) {
                break;
            }
        }
        if (!any) {
            memset(out, 0, sizeof(float) * 2 * n);
            any = true;
        }
        pos += give(x, out + 2 * (pos - from), end - pos);
    }
    return any && audible(out, n);
}
