/* What the mixer's tests speak and listen with: tones as browsers would encode them, and a listener
 * who decodes what comes out and keeps it at its time. */
#ifndef ORIEL_TESTS_AUDIO_MIXING_H
#define ORIEL_TESTS_AUDIO_MIXING_H

#include "media/audio/mixer.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define RATE 48000
#define PACKET_MAX 1275
#define HEARD_MAX (12 * RATE) /* [samples] kept of what is heard */
#define LISTENERS 3

/* Somebody who hums; what is said at time t is a function of t, so that time can be read off. */
struct voice {
    struct OpusEncoder *encoder;
    double frequency; /* [Hz] */
    double amplitude; /* of full scale */
    bool left_only;   /* of a stereo one: nothing on the right */
    us_t t;           /* [us] of the next packet, a multiple of 20 ms */
    uint8_t packet[PACKET_MAX];
};
/* channels: 1 or 2. */
void voice_init(struct voice *v, double frequency, double amplitude, int channels);
/* Encoded for speech, as browsers do: with a high-pass filter, which moves phases, and with forward
 * error correction. */
void voice_init_speech(struct voice *v, double frequency, double amplitude);
void voice_free(struct voice *v);
/* The next 20 ms; valid until the next. The first is 100 ms into the humming: what a packet holds
 * depends on those before it. */
struct bytes voice_next(struct voice *v);

struct listener {
    struct OpusDecoder *decoder;
    unsigned packets;
    us_t first, next; /* [us] of the first packet; due after the last */
    unsigned jumps;   /* packets that were not where the last ended */
    unsigned odd;     /* packets that are not stereo and 20 ms long */
    uint64_t bytes;
    float peak;
    float *heard; /* HEARD_MAX pairs */
    us_t from;    /* [us] time of heard[0] */
    int64_t len;  /* [samples] heard up to here */
};
void listener_init(struct listener *l);
void listener_free(struct listener *l);
/* A packet that begins at time t. */
void listener_hear(struct listener *l, us_t t, struct bytes opus);

struct mixing {
    struct mixer *m;
    struct mixer_sink sink;
    struct listener ear[LISTENERS]; /* of outputs 1, 2, 3 */
    unsigned lost;                  /* packets that were taken and are not heard */
    struct mixer_lost last_lost;
};
/* A mixer with output 1, which hears all. */
void mixing_init(struct mixing *x, const struct mixer_config *c);
void mixing_free(struct mixing *x);

/* What is heard at a frequency [Hz] in [from, to) us: amplitude, and how late the tone of a voice
 * is [samples, to half a period]. */
struct tone {
    double amplitude, late;
};
struct tone tone_of(const struct listener *l, double frequency, us_t from, us_t to);
/* Root of the mean square of what is heard beside tones of these n frequencies. */
double rest_of(const struct listener *l, const double *frequency, unsigned n, const us_t span[2]);
/* The same of all that is heard. */
double loud_of(const struct listener *l, us_t from, us_t to);
/* The largest step from one sample to the next in [from, to) us. */
double step_of(const struct listener *l, us_t from, us_t to);
/* The largest step in a tone. */
double step_of_tone(double frequency, double amplitude);

#endif
