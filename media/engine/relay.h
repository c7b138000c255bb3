/* What one engine tells another about a tour that both have: the sources that send to the one, for
 * the viewers of the other. The rim carries it between threads as it is; a packet in it is a shared
 * reference.
 *
 * DESIGN. A source is received by one worker, its origin. Every other worker that has the tour
 * holds a replica of its feed: the same packets by reference, with a cache and a key-frame state of
 * its own, so that a viewer is served without a look at another thread. One worker is the tour's
 * home: it judges who speaks and tells the others, and it alone taps, so that a recorder hears of a
 * tour in one order. Which source fills which slot is decided where the viewer is, from the same
 * facts.
 *
 * Any message may be lost where a queue is full. So every state is told again once a second by the
 * one who knows it, as it is then, and a replica of which its origin says nothing more is gone.
 * Packets are counted: of what is missing the replica knows at once, or with the next state, and
 * asks for a key frame where somebody is shown what comes after it. */
#ifndef ORIEL_MEDIA_ENGINE_RELAY_H
#define ORIEL_MEDIA_ENGINE_RELAY_H

#include "media/audio/speaker.h"
#include "media/feed/packet.h"
#include "media/room/room.h"

/* Number of the one that is no worker but mixes voices (media/mix/mixes.h). It gets microphones
 * only, of tours that are mixed, and what it tells of is a mix: source.participant is whom that
 * leaves out. */
#define RELAY_MIX 63

enum relay_type {
    RELAY_HELLO,  /* the sender has got the tour, and asks to be introduced */
    RELAY_STATE,  /* source: all that is so of it, and again once a second */
    RELAY_GONE,   /* the source is no more */
    RELAY_PACKET, /* packet; the receiver takes over its reference; on: it may be kept (its pool is
                     the origin's) */
    RELAY_SKIP,   /* seq: a packet that is not passed on leaves no gap */
    RELAY_REPORT, /* report: of its sender */
    RELAY_VOICES, /* voices: from the home; again once a second */
    RELAY_KEY, /* to the origin: a key frame is needed; on: by somebody who had a picture; seq: one
                  from there on, as a message before that has found no room (0: none is missing);
                  again each second until one has come */
    RELAY_TAPPED, /* to the origin: on: the layer is recorded, and no other, so key frames of it are
                     asked for periodically;
                     again once a second */
    RELAY_NEEDED, /* to the origin: viewers of ours, or the recorder, need the layer; again once a
                     second while they do */
    RELAY_KEPT    /* packet: of the picture that the origin keeps, one after another from its key
                     frame on, for who has just got the tour (copy.h); on: the last one. As
                     RELAY_PACKET, but without a packet where none of that number is kept */
};

/* Is of its instant only: when there is little room it is dropped first. What tells of a change
 * takes the places that are left, since it would else come a second later. */
static inline bool relay_may_be_lost(enum relay_type type) {
    return type == RELAY_PACKET || type == RELAY_SKIP || type == RELAY_REPORT || type == RELAY_KEPT;
}

struct relay {
    uint8_t type;     /* enum relay_type */
    uint8_t to, from; /* workers */
    bool on;
    uint8_t layer; /* of the source, where one is meant */
    bool torn; /* RELAY_PACKET: something before it will not come, and is not asked for any more */
    uint16_t count; /* RELAY_PACKET, RELAY_SKIP: counts those of the layer; a gap is a loss */
    uint32_t id;    /* of the source, unique at its origin for the life of the process */
    uint64_t tour;
    union {
        struct {
            uint64_t participant, order;
            uint8_t kind, codec;
            bool host, consent;     /* consent: it may be tapped */
            uint8_t flows, dormant; /* bit per layer */
            uint8_t kept;           /* the same: a copy of the picture follows */
            uint8_t torn; /* the same: as of RELAY_PACKET, of which none may come for long */
            uint16_t counts[SESSION_LAYERS_MAX]; /* `count` of the last before this */
            uint32_t ssrc[SESSION_LAYERS_MAX];   /* another one than before: it begins anew */
            uint32_t rate[SESSION_LAYERS_MAX];   /* [bit/s] of those that are dormant */
        } source;
        struct media_packet packet;
        uint64_t seq;
        struct {
            uint64_t ntp;
            int64_t offset; /* [us] of the sender's clock, as clock_offset_save */
            uint32_t rtp_ts;
        } report;
        struct {
            uint64_t speaker, top[SPEAKER_TOP], speakers[ROOM_SPEAKERS_MAX];
        } voices;
    };
};

/* The reference in a message, which whoever takes it over has to let go. NULL: there is none. */
static inline struct packet *relay_carries(const struct relay *m) {
    return m->type == RELAY_PACKET || m->type == RELAY_KEPT ? m->packet.packet : NULL;
}

#endif
