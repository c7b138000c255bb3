/* One voice of a live mix: its packets in order, put into the mixer at their times. Private to
 * media/mix.
 *
 * DESIGN. A packet that continues goes to the mixer at once (which keeps it encoded). Behind a
 * missing one they wait, in case it is repaired or was overtaken, until the mix needs what is
 * missing; then the mixer makes it up, from the packet behind if that carries it. Owner: the mix
 * thread. */
#ifndef ORIEL_MEDIA_MIX_VOICE_H
#define ORIEL_MEDIA_MIX_VOICE_H

#include "media/audio/mixer.h"
#include "media/feed/packet.h"
#include "media/mix/jitter.h"
#include "media/mix/mixes.h"

#define VOICE_WAITING 32 /* packets behind a missing one */

struct voice_packet {
    us_t t; /* when it is heard */
    uint64_t seq;
    uint16_t at, len; /* of the payload in packet->data */
    uint8_t level;    /* [-dBov] or MIXER_LEVEL_NONE */
    struct packet *packet;
};

struct voice {
    uint64_t participant; /* 0: a free place */
    bool host;
    uint64_t order; /* of its beginning, among those of the same participant: the last counts */
    uint32_t flow;  /* as its origin calls it */
    uint32_t ssrc;
    uint32_t input;  /* the mixer's */
    uint8_t origin;  /* worker */
    us_t told_at;    /* [us] its origin said last that it flows */
    us_t sounded_at; /* [us] its last packet of sound came, or it began */
    struct jitter jitter;
    bool began;    /* `last` is valid: */
    uint64_t last; /* extended sequence number of what went to the mixer last, */
    us_t last_t;   /* and its time */
    uint64_t newest;
    uint32_t n; /* of waiting, by sequence number */
    struct voice_packet waiting[VOICE_WAITING];
};

/* What a voice needs beside itself. */
struct voice_work {
    struct mixer *mixer;
    struct mix_counters *counters;
    us_t patience; /* as jitter_place's */
    us_t taken;    /* [us] sound before is not waited for any more */
};

/* It begins anew: nothing of what was is heard any more. */
void voice_restart(struct voice *v, const struct voice_work *w);
/* This packet says that there is something to hear. */
bool voice_sounds(const struct media_packet *p);
/* A packet of it; no reference is taken but while it waits. keep: it may wait. */
void voice_packet(struct voice *v, const struct media_packet *p, bool keep,
                  const struct voice_work *w);
/* The mix is about to be taken up to w->taken: nothing before is waited for. */
void voice_release(struct voice *v, const struct voice_work *w);

#endif
