#include "tests/unit/audio/mixing.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

#define FRAME 960
#define PI 3.14159265358979323846
#define WARM_UP 5 /* packets before the first */

static struct bytes encode(struct voice *v) {
    int channels = 0;
    float pcm[2 * FRAME];
    opus_encoder_ctl(v->encoder, OPUS_GET_FORCE_CHANNELS(&channels));
    int64_t at = v->t / MS * 48;
    for (int i = 0; i < FRAME; i++) {
        float s = (float)(v->amplitude * sin(2 * PI * v->frequency * (double)(at + i) / RATE));
        for (int c = 0; c < channels; c++) {
            pcm[i * channels + c] = c && v->left_only ? 0 : s;
        }
    }
    int n = opus_encode_float(v->encoder, pcm, FRAME, v->packet, PACKET_MAX);
    CHECK(n > 0);
    v->t += 20 * MS;
    return bytes_of(v->packet, (size_t)n);
}

static void init(struct voice *v, int channels, int application) {
    int error = 0;
    v->t = -WARM_UP * 20 * MS;
    v->encoder = opus_encoder_create(RATE, channels, application, &error);
    CHECK(v->encoder);
    opus_encoder_ctl(v->encoder, OPUS_SET_FORCE_CHANNELS(channels));
    opus_encoder_ctl(v->encoder, OPUS_SET_BITRATE(48000));
}

void voice_init(struct voice *v, double frequency, double amplitude, int channels) {
    *v = (struct voice){.frequency = frequency, .amplitude = amplitude};
    init(v, channels, OPUS_APPLICATION_AUDIO);
}

void voice_init_speech(struct voice *v, double frequency, double amplitude) {
    *v = (struct voice){.frequency = frequency, .amplitude = amplitude};
    init(v, 1, OPUS_APPLICATION_VOIP);
    opus_encoder_ctl(v->encoder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(v->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(v->encoder, OPUS_SET_PACKET_LOSS_PERC(20));
}

void voice_free(struct voice *v) {
    opus_encoder_destroy(v->encoder);
}

struct bytes voice_next(struct voice *v) {
    while (v->t < 0) {
        encode(v);
    }
    return encode(v);
}

void listener_init(struct listener *l) {
    int error = 0;
    *l = (struct listener){.decoder = opus_decoder_create(RATE, 2, &error)};
    l->heard = calloc(HEARD_MAX, 2 * sizeof(float));
    CHECK(l->decoder && l->heard);
}

void listener_free(struct listener *l) {
    opus_decoder_destroy(l->decoder);
    free(l->heard);
}

void listener_hear(struct listener *l, us_t t, struct bytes opus) {
    float pcm[2 * FRAME];
    CHECK(opus_decode_float(l->decoder, opus.p, (opus_int32)opus.n, pcm, FRAME, 0) == FRAME);
    l->jumps += l->packets && t != l->next;
    l->first = l->packets ? l->first : t;
    l->next = t + MIXER_FRAME;
    l->packets++;
    l->bytes += opus.n;
    l->odd += opus_packet_get_nb_channels(opus.p) != 2 ||
              opus_packet_get_nb_samples(opus.p, (opus_int32)opus.n, RATE) != FRAME;
    int64_t at = (t - l->from) / MS * 48 - MIXER_PRE_SKIP;
    for (int i = 0; i < FRAME; i++, at++) {
        l->peak = fmaxf(l->peak, fmaxf(fabsf(pcm[2 * i]), fabsf(pcm[2 * i + 1])));
        if (at >= 0 && at < HEARD_MAX) {
            l->heard[2 * at] = pcm[2 * i];
            l->heard[2 * at + 1] = pcm[2 * i + 1];
            l->len = at + 1;
        }
    }
}

static void on_packet(void *ctx, uint32_t output, us_t t, struct bytes opus) {
    struct mixing *x = ctx;
    CHECK(output >= 1 && output <= LISTENERS);
    listener_hear(&x->ear[output - 1], t, opus);
}

static void on_lost(void *ctx, uint32_t input, const struct mixer_lost *l) {
    struct mixing *x = ctx;
    CHECK(input);
    x->lost++;
    x->last_lost = *l;
}

void mixing_init(struct mixing *x, const struct mixer_config *c) {
    *x = (struct mixing){.sink = {x, on_packet, on_lost}};
    for (unsigned i = 0; i < LISTENERS; i++) {
        listener_init(&x->ear[i]);
    }
    x->m = mixer_new(c);
    if (x->m && mixer_output(x->m, 1, 0) != OK) {
        x->m = mixer_free(x->m);
    }
}

void mixing_free(struct mixing *x) {
    x->m = mixer_free(x->m);
    for (unsigned i = 0; i < LISTENERS; i++) {
        listener_free(&x->ear[i]);
    }
}

static int64_t sample_at(const struct listener *l, us_t t) {
    int64_t i = (t - l->from) * 48 / MS;
    return i < 0 ? 0 : i > l->len ? l->len : i;
}

struct tone tone_of(const struct listener *l, double frequency, us_t from, us_t to) {
    int64_t a = sample_at(l, from), b = sample_at(l, to);
    int64_t at0 = l->from / MS * 48;
    double s = 0, c = 0;
    for (int64_t i = a; i < b; i++) {
        double phase = 2 * PI * frequency * (double)(at0 + i) / RATE;
        s += l->heard[2 * i] * sin(phase);
        c += l->heard[2 * i] * cos(phase);
    }
    if (b <= a) {
        return (struct tone){0};
    }
    s *= 2.0 / (double)(b - a);
    c *= 2.0 / (double)(b - a);
    return (struct tone){sqrt(s * s + c * c), -atan2(c, s) / (2 * PI * frequency) * RATE};
}

double rest_of(const struct listener *l, const double *frequency, unsigned n, const us_t span[2]) {
    int64_t a = sample_at(l, span[0]), b = sample_at(l, span[1]);
    int64_t at0 = l->from / MS * 48;
    double sum = 0;
    struct tone tone[8];
    CHECK(n <= ARRAY_LEN(tone));
    for (unsigned k = 0; k < n; k++) {
        tone[k] = tone_of(l, frequency[k], span[0], span[1]);
    }
    for (int64_t i = a; i < b; i++) {
        double x = l->heard[2 * i];
        for (unsigned k = 0; k < n; k++) {
            double t = (double)(at0 + i) - tone[k].late;
            x -= tone[k].amplitude * sin(2 * PI * frequency[k] * t / RATE);
        }
        sum += x * x;
    }
    return b > a ? sqrt(sum / (double)(b - a)) : 0;
}

double loud_of(const struct listener *l, us_t from, us_t to) {
    return rest_of(l, NULL, 0, (us_t[]){from, to});
}

double step_of(const struct listener *l, us_t from, us_t to) {
    double most = 0;
    for (int64_t i = sample_at(l, from) + 1; i < sample_at(l, to); i++) {
        most = fmax(most, fabs((double)l->heard[2 * i] - l->heard[2 * i - 2]));
    }
    return most;
}

double step_of_tone(double frequency, double amplitude) {
    return 2 * amplitude * sin(PI * frequency / RATE);
}
