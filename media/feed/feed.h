/* What one stream of a source gives to everybody who shows it: its recent packets, where its last
 * key frame began, its clock, and the list of those who want it. It has no idea whose it is or how
 * its packets came here; layers with an ssrc of their own (simulcast) are a feed each, so that
 * another layer is another feed. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_FEED_FEED_H
#define ORIEL_MEDIA_FEED_FEED_H

#include "base/list.h"
#include "media/feed/batch.h"
#include "media/feed/cache.h"
#include "media/feed/meter.h"
#include "media/feed/presence.h"
#include "media/recv/clock.h"
#include "media/recv/keyframe.h"

/* [us] packets are kept for retransmission: some clients ask late */
#define FEED_CACHE_AGE (3 * US_PER_S)
/* [us] since its key frame: a picture this young is sent from the cache to whoever needs one, since
 * another key frame would hardly be less */
#define FEED_YOUNG (800 * US_PER_MS)
#define FEED_GRACE US_PER_S /* [us] the next key frame has to come when a picture gets too old */

struct feeds {         /* what all feeds of an engine share */
    struct link wants; /* feed.want: a key frame is to be asked for */
    uint32_t last_id;
    us_t gop_age; /* [us] and bytes of payload: a picture is kept from its key frame on up to */
    uint32_t gop_bytes; /* that; 0: FEED_YOUNG, and no bound */
    uint32_t kept;      /* packets in all caches, */
    uint32_t kept_max;  /* beyond which no picture is kept beside what each feed may; 0: no bound */
};

struct feed {
    struct feeds *all;
    const struct session_line *line;   /* borrowed: of the m-line that it comes from */
    const struct clock_offset *offset; /* borrowed: its participant's clock against ours */
    uint32_t id; /* not 0, no other feed has it, nor this one once it has begun anew: numbers are
                    told apart by it, not by an ssrc, which two clients may share */
    bool live;   /* packets flow */
    struct link subs; /* of streams that show or await it (out/stream.h) */
    struct link want; /* in all->wants */
    bool has_key;
    us_t key_at;                      /* [us] the last key frame began */
    uint64_t key_seq;                 /* with this extended sequence number */
    uint32_t key_ts;                  /* and this RTP timestamp */
    uint64_t newest_seq;              /* of what is in the cache */
    uint32_t gop_bytes;               /* of payload since then, while the cache holds them, */
    uint32_t gop_for[LAYERS_TARGETS]; /* and of these what goes to who gets this target */
    uint32_t gop_low, low_ts; /* pictures of the lowest frame rate, and the last one's time */
    struct recv_clock clock;
    struct recv_keyframe keyframe;
    struct meter meter;
    struct presence presence;
    struct packet_cache cache;
    struct feed_batch batch; /* came with this batch of input and is still to be sent */
};

/* No feed yet. */
void feeds_init(struct feeds *all);
/* In zeroed memory. cache: packets kept, power of two 64..4096. ERR_NOMEM: nothing is held. */
enum err feed_init(struct feed *f, struct feeds *all, const struct session_line *line,
                   uint32_t cache);
/* Drops its packets; nobody may show it any more. */
void feed_free(struct feed *f);
/* A new stream with its own numbers: nothing of the old one is kept. */
void feed_restart(struct feed *f);
/* No packets come any more: what comes next does not continue the picture. */
void feed_pause(struct feed *f);
/* A packet of a live feed: keep it when `keep`, and note a key frame. p->keyframe is taken back
 * where it only continues one. True: other sizes come than before. */
bool feed_packet(struct feed *f, struct media_packet *p, bool keep);
/* The padding of the batch has been chosen: what is sent again later has it too. */
void feed_padded(struct feed *f);
/* A packet of this number is not passed on, and not missing. at [us]. */
void feed_skip(struct feed *f, us_t at, uint64_t seq);
/* A packet from the cache by its extended sequence number, by value (p->packet is the cache's
 * reference). False when it is not kept any more. */
bool feed_recall(const struct feed *f, us_t now, uint64_t seq, struct media_packet *ret);
/* The picture is kept from its last key frame on, all of it that has come: who needs one is sent it
 * from the cache instead of asking for another. *ret_first is the key frame's extended sequence
 * number. */
bool feed_replayable(const struct feed *f, us_t now, uint64_t *ret_first);
/* What somebody else keeps of the same stream is copied: this is its key frame. What is live is
 * still passed to feed_packet meanwhile; until feed_copied nothing is replayed. */
void feed_copy_begin(struct feed *f, const struct media_packet *key);
/* From there on everything of it that is kept, one after another; one without a packet where none
 * is. True: other sizes come than before. */
bool feed_copy(struct feed *f, const struct media_packet *p);
/* That was all of it: now it is as if it had come by itself. False when it is of no use: it is not
 * whole any more, or too old. */
bool feed_copied(struct feed *f, us_t now);
/* Somebody needs a key frame: the engine asks for it before it returns to its caller. Nothing for
 * audio and for what does not flow. */
void feed_need_keyframe(struct feed *f);
/* The same, and he had a picture. */
void feed_lost_picture(struct feed *f);

/* Camera or screen. */
static inline bool feed_is_video(const struct feed *f) {
    return f->line->source != SOURCE_MICROPHONE;
}

#endif
