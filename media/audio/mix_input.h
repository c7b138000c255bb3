/* One voice of a mix: Opus packets with times in, samples at exact places out. Private to
 * media/audio: mixer.h is what others see, and says what is promised.
 *
 * DESIGN. Where a packet's samples will lie is decided when it is put, what is heard where there is
 * none when it is taken. Packets that follow each other within half a packet are contiguous: the
 * voice has a sample position of its own, and a time that says otherwise is jitter of a clock, or a
 * clock being corrected. A difference of more than 2 ms is worked off by stretching packets by at
 * most 5 % (cubic interpolation; the timeline of a recording slews no faster), one of less is left
 * alone, so that times in whole milliseconds change no sample. A larger step ahead is a hole.
 * Holes up to 60 ms are filled by the decoder (with the forward error correction of the packet
 * behind, where it has some), longer ones for 60 ms, the last 20 ms fading; then the voice is
 * silent and costs nothing. It begins again with a fade of 5 ms.
 *
 * What its sender says is quieter than MIXER_INAUDIBLE is not decoded, and is silence, once it has
 * been so for MIX_HANGOVER and until MIX_ONSET before something louder: packets wait, so what comes
 * next is known. So no word loses its beginning or its end, and the decoder knows the quiet before
 * a word when it begins. Owner: the mixer's thread. */
#ifndef ORIEL_MEDIA_AUDIO_MIX_INPUT_H
#define ORIEL_MEDIA_AUDIO_MIX_INPUT_H

#include "media/audio/mixer.h"

#define MIX_RATE 48                   /* [samples per ms] */
#define MIX_PACKET_SAMPLES 5760       /* 120 ms, the longest packet (RFC 6716 section 2.1.4) */
#define MIX_FADE 240                  /* [samples] of a beginning or an end: 5 ms */
#define MIX_HANGOVER (200 * MIX_RATE) /* [samples] */
#define MIX_ONSET (100 * MIX_RATE)    /* [samples] a decoder needs 80 ms (RFC 7845 section 4.6) */
#define MIX_PCM (MIX_PACKET_SAMPLES + MIX_PACKET_SAMPLES / 20)

struct mix_packet {
    int64_t start;   /* its place in the mix [samples] */
    uint32_t at, n;  /* in bytes[] */
    uint16_t length; /* [samples] as it was sent */
    int16_t stretch; /* [samples] so much longer in the mix */
    uint8_t level;   /* [-dBov] as its sender says, or MIXER_LEVEL_NONE */
};

/* What is put. */
struct mix_said {
    struct bytes packet;
    uint8_t level;
};

struct mix_input {
    uint32_t id; /* 0: free */
    struct OpusDecoder *decoder;
    int channels; /* of the decoder: 1 until a packet has two, for that is cheaper by a quarter */
    /* Packets that wait, oldest first. */
    struct mix_packet *packets;
    uint8_t *bytes;
    uint32_t head, n, cap; /* of packets[] */
    uint32_t write, bytes_cap;
    int64_t tail;           /* where the last one ends [samples]; valid when placed */
    int64_t heard;          /* where the last one that was audible and does not wait ends */
    bool placed;            /* one was ever put */
    bool slewing;           /* towards what the times say */
    bool removed;           /* it is free when it is idle */
    bool ended;             /* it will send nothing more for now */
    bool playing;           /* sound goes on from what was before */
    uint16_t fade;          /* [samples] of the fade at the beginning that are left */
    uint32_t concealed;     /* [samples] made up since the last packet */
    uint16_t length;        /* of the last packet decoded [samples] */
    uint32_t pcm_at, pcm_n; /* [samples] of pcm that are given out; that are there */
    float *pcm;             /* MIX_PCM pairs */
};

/* What taking needs beside the voice. */
struct mix_work {
    float scratch[2 * MIX_PACKET_SAMPLES];
    struct mixer_counters *counters;
    const struct mixer_sink *sink; /* who is told what is lost */
};

/* Allocates everything that the voice will ever need: 70 KiB and the queue. ERR_NOMEM leaves it
 * free. */
enum err mix_input_init(struct mix_input *x, uint32_t id, const struct mixer_config *c);
/* Safe on a zeroed one, which it becomes. */
void mix_input_free(struct mix_input *x);
/* Nothing waits and nothing sounds. */
bool mix_input_idle(const struct mix_input *x);
/* Nothing of what waits is heard: it ends here, with MIX_FADE samples that fade. */
void mix_input_cut(struct mix_input *x);
/* Where its sound will end if nothing more is put, for a voice that has ended; `pos`: up to where
 * it was taken [samples]. */
int64_t mix_input_end(const struct mix_input *x, int64_t pos);
/* A packet whose first sample belongs at `start`; what is before `taken` is mixed already, what is
 * beyond `until` is too far ahead [samples]. */
enum mixer_verdict mix_input_put(struct mix_input *x, int64_t start, const struct mix_said *said,
                                 const int64_t window[2]);
/* The samples [from, from + n) into out (n pairs). False: they are silence, and out is as it was.
 */
bool mix_input_take(struct mix_input *x, int64_t from, unsigned n, float *out, struct mix_work *w);

#endif
