/* What a peer sends: its sending m-lines, and for each that has really sent something a source with
 * everything the receiving side of a stream needs. A source is made at its first packet (once per
 * m-line, like a handshake: the packet path itself does not allocate) because most participants
 * of a tour never send. Owner: the engine. */
#ifndef ORIEL_MEDIA_SOURCE_H
#define ORIEL_MEDIA_SOURCE_H

#include "media/engine.h"
#include "media/recv/clock.h"
#include "media/recv/keyframe.h"
#include "media/recv/nack.h"
#include "media/recv/stream.h"
#include "media/send/cache.h"

#define SOURCE_SILENT (2 * US_PER_S) /* [us] without packets: it is off (media.h) */
#define SOURCE_STILL                                                                              \
    (5 * US_PER_S)                     /* [us] the same for a screen: browsers repeat a still one \
                                          once a second, and one repetition may get lost */
#define SOURCE_REPLACED (1 * US_PER_S) /* [us] after which a new ssrc may take the m-line over */
#define SOURCE_REPLAY_AGE                                                                     \
    (800 * US_PER_MS)                   /* [us] a key frame this young is sent from the cache \
                                         */
#define SOURCE_CACHE_AGE (1 * US_PER_S) /* [us] packets are kept for retransmission */

struct line { /* one sending m-line */
    struct session_line s;
    bool muted;
    uint32_t ssrc, rtx_ssrc; /* in use, 0 = not seen yet */
    uint16_t rtx_seq;        /* newest of the RTX stream */
    struct source *source;   /* NULL until its first packet */
};

struct source {
    struct peer *peer;
    struct line *line;
    struct link in_live; /* tour.live, while live */
    struct link subs;    /* sub.link: slots that show or await it */
    uint64_t order;      /* of arrival in the tour */
    uint32_t tap_id;     /* 0 = not tapped */
    uint32_t tap_resume; /* id before an adoption, used again by the next tap */
    int voice;           /* place in the tour's speaker_set, -1 = none */
    bool live;
    us_t heard; /* [us] last packet with a payload */
    bool has_key;
    us_t key_at;      /* [us] the last key frame began */
    uint64_t key_seq; /* with this extended sequence number */
    uint32_t key_ts;  /* and this RTP timestamp */
    struct recv_stats stats;
    struct recv_nack nack;
    struct recv_clock clock;
    struct recv_keyframe keyframe;
    struct send_cache cache;
};

/* Camera or screen: switches at key frames only. */
static inline bool line_is_video(const struct line *l) {
    return l->s.source != SOURCE_MICROPHONE;
}

/* Make line->source. ERR_NOMEM. */
enum err source_make(struct peer *p, struct line *line);
/* Take it off all slots and free it; NULL allowed. */
void source_free(struct source *s, us_t now);
/* Another ssrc has taken the m-line over: a new stream with its own numbers. */
void source_restart(struct source *s, us_t now);
/* Packets flow: rank it, tell of it. */
void source_on(struct source *s, us_t now);
/* It was flowing when the snapshot was taken: as source_on, but nothing new is told. */
void source_adopt(struct source *s, us_t now);
void source_off(struct source *s, us_t now);
void source_on_timer(struct source *s, us_t now);
us_t source_deadline(const struct source *s);
/* A packet of it, decrypted, RTX undone; r is its header. */
void source_receive(struct source *s, us_t now, struct packet *k, const struct rtp *r,
                    bool recovered);
/* A viewer (or the tap) needs a key frame of it. */
void source_need_keyframe(struct source *s, us_t now);
/* Tap or do not tap, as tour, consent and life of the source have it now. */
void source_tap_update(struct source *s, us_t now);

/* Describe a packet of the source for the slots it goes to. */
void fanout_fill(struct fanout *f, struct source *s, struct packet *k, const struct rtp *r,
                 uint64_t seq);

/* keyframe.c: the payload begins a key frame, a point where a slot may switch to the stream. For
 * codecs other than VP8, whose descriptor is parsed anyway. */
bool keyframe_begins(enum codec codec, struct bytes payload);

#endif
