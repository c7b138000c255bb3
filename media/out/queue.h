/* What a viewer is to be sent besides what is live: retransmissions it has asked for, pictures
 * replayed from a feed's cache, and probes of its path. Kept as numbers, not as datagrams: the
 * index and the transport-wide number of a packet are given when it is sent. Retransmissions go
 * first, then replays, then what a probe still lacks: recent packets once more, which repair what
 * is lost before it is missed, or empty ones. Owner: the engine's thread; lives in a session. */
#ifndef ORIEL_MEDIA_OUT_QUEUE_H
#define ORIEL_MEDIA_OUT_QUEUE_H

#include "media/out/pacer.h"
#include "media/out/stream.h"
#include "media/send/limit.h"
#include "media/wire/train.h"

/* [us] a replay may take: for what takes longer a key frame is the better picture */
#define REPLAY_MAX (1500 * US_PER_MS)
#define REPLAY_SOON \
    (300 * US_PER_MS) /* [us] what is through in that time is not given up for one */
/* [us] from when on it is foreseen that it will not do, where the viewer's feedback does not tell
 */
#define REPLAY_JUDGED (500 * US_PER_MS)
#define QUEUE_RESENDS 256 /* retransmissions that wait, power of two */

struct resend {
    struct stream *stream;
    uint16_t seq; /* as the viewer saw it */
};

/* Most viewers never ask, and it is 10 KiB: made at the first NACK for what was sent, once in the
 * life of a session, and freed with it. Without memory that NACK is dropped and counted
 * (QUEUE_FULL), as when all places are taken: the client asks again. */
struct resends {
    struct send_limit limit;
    uint32_t head, n;
    struct resend ring[QUEUE_RESENDS];
};

struct out_queue {
    struct transport *transport; /* borrowed: the way to the viewer */
    struct link waiting;         /* the engine's list, while not empty */
    struct link paced;           /* fanout.paced, while its deadline may be another */
    struct link replays;         /* stream.replay.in */
    struct pacer pacer;
    struct resends *resends; /* NULL until the first NACK */
    struct bwe *bwe;         /* borrowed: asks for probes; NULL: nobody */
    struct stream *repairs;  /* protect has a group ready; NULL: of none */
    struct stream *pads;     /* what probes are made of; NULL: of nothing now */
    uint16_t pad_back;       /* packets back from its newest one: the next that is sent again */
};

/* In zeroed memory; empty. */
void queue_init(struct out_queue *q, struct transport *t);
/* Drops what waits. */
void queue_free(struct out_queue *q);
/* Nothing waits that may be sent now. */
bool queue_empty(struct out_queue *q, us_t now);

enum queue_verdict {
    QUEUE_TAKEN,
    QUEUE_LIMITED, /* asked for and answered before: nothing is sent */
    QUEUE_ABUSED,  /* neither; no client asks so often, or for what was never sent */
    QUEUE_FULL     /* or no memory */
};
/* The viewer asks for sequence number seq of its stream, which is number `index` of its streams. */
enum queue_verdict queue_nack(struct out_queue *q, us_t now, us_t rtt, struct resend r,
                              uint8_t index);
/* Send the stream what its feed has sent since its last key frame, and what is live after that.
 * Another feed that it is behind with is forgotten: what waits of that is not sent any more. False
 * when that is not kept. */
bool queue_replay(struct out_queue *q, us_t now, struct stream *s, struct feed *feed);
/* What is still to be replayed [bytes] of payload. */
uint64_t queue_owes(const struct out_queue *q);
/* A replay was given up inside a picture, which is sent to its end. */
bool queue_ends(const struct out_queue *q);
/* The path is full: what the feed sends the stream from seq on waits, and follows from the cache.
 */
void queue_hold(struct out_queue *q, us_t now, struct stream *s, struct feed *feed, uint64_t seq);
/* The stream is so far behind that what waits is of no use any more, or will be before a replay has
 * ended: true when it has been given up, and the stream needs a key frame. A picture of a replay
 * that has begun is sent to its end before (replay.behind stays, and a key frame is asked for
 * then): it is there sooner than another one would be. */
bool queue_give_up(struct out_queue *q, us_t now, struct stream *s);
/* When what waits for the pacer may go on [us]; US_NEVER: nothing does. */
us_t queue_deadline(const struct out_queue *q);
/* Fill a train with what comes next of what repairs something: no stream switches by it. */
void queue_output_again(struct out_queue *q, us_t now, struct train *t);
/* Fill a train with what comes next; it stays empty when nothing waits any more. */
void queue_output(struct out_queue *q, us_t now, struct train *t);

#endif
