/* What a media worker hands to a recorder: the contract between the relay and anything that
 * listens to it after SRTP and loss repair. A tap message is copied through a bounded queue; the
 * packet in it is a shared reference. The packet path never waits: when the queue is full the
 * worker counts the loss and the next message that fits carries the count. The other way goes only
 * one thing: a listener that lacks a key frame asks for it (struct tap_ask). */
#ifndef ORIEL_MEDIA_WIRE_TAP_H
#define ORIEL_MEDIA_WIRE_TAP_H

#include "base/packet.h"
#include "base/terms.h"

#define TAP_LEVEL_NONE 255

enum tap_type {
    TAP_SOURCE_ON,  /* a source begins or goes on after a pause (then with the id it had, and its
                       numbers and timestamps go on): participant, kind, codec, source are set */
    TAP_SOURCE_OFF, /* it pauses or has ended; nothing of it comes until the next TAP_SOURCE_ON */
    TAP_RTP,        /* one decrypted RTP packet: packet, seq, rtp_ts. */
    TAP_SKIP,       /* of pictures: the packet with this seq carried nothing; it is not missing */
    TAP_SR,         /* the source's sender report: ntp, rtp_ts */
    TAP_STAGE,      /* the stage now shows `source` (0 = nobody) */
    TAP_VOICE       /* the loudest voice is now `source` (0 = nobody) */
};

struct tap {
    uint8_t type;         /* enum tap_type */
    uint8_t kind;         /* enum source_kind */
    uint8_t codec;        /* enum codec */
    uint8_t audio_level;  /* TAP_RTP of a microphone: as its sender says it (RFC 6464), 0 loudest ..
                             127 silence [-dBov]; TAP_LEVEL_NONE: it does not */
    uint32_t source;      /* unique within the tour for the life of the process, never 0 */
    uint64_t tour;        /* handle given by signaling */
    uint64_t participant; /* handle given by signaling */
    uint64_t seq;         /* TAP_RTP, TAP_SKIP: extended sequence number, RTX undone */
    uint64_t ntp;         /* TAP_SR: sender's NTP time */
    uint32_t rtp_ts;      /* [media clock] */
    uint32_t dropped;     /* tap messages lost to a full queue just before this one */
    us_t now;             /* [us] worker's time of the event; arrival time for TAP_RTP */
    uint16_t payload_at;  /* TAP_RTP: offset and length of the payload in packet->data, */
    uint16_t payload_len; /*          without padding [bytes] */
    uint8_t marker;       /* TAP_RTP: RTP marker bit */
    uint8_t worker;       /* that listens: whom to ask (struct tap_ask) */
    struct packet *packet; /* TAP_RTP: a reference that the receiver must drop; else NULL */
};

/* What a listener asks of the worker that told it of a source: a key frame, because something it
 * would need is missing. It may be lost; who still lacks one asks again. */
struct tap_ask {
    uint64_t tour;
    uint32_t source; /* as in struct tap */
    uint8_t worker;  /* of its taps */
    uint64_t seen; /* tap.seq up to which the listener has judged what came: a key frame that begins
                      behind it is on its way to it */
};

#endif
