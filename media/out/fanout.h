/* From the packets of one batch of input to trains for every viewer, viewer by viewer: all that
 * came of a feed goes to one viewer before the next has its turn, so that a frame is one train, and
 * what belongs to the viewer is fetched once. Nothing is queued per viewer: feeds with packets and
 * viewers with something of their own are on lists. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_OUT_FANOUT_H
#define ORIEL_MEDIA_OUT_FANOUT_H

#include "media/out/queue.h"

struct fanout {
    struct link batches; /* feed.batch.in: feeds with packets to send */
    struct link waiting; /* out_queue.waiting */
    struct link
        paced;  /* out_queue.paced: for the owner, who takes them off and sets their timers */
    bool fresh; /* batches came that have not been padded */
    bool begun; /* the first of batches is being sent: */
    struct link *next; /* its next sub, */
    struct sub *sub;   /* the one that is in the middle of it, or NULL, */
    unsigned at;       /* and the packet that comes next for it */
};

/* In zeroed memory. */
void fanout_init(struct fanout *f);
/* Drop everything and the references that are held. */
void fanout_stop(struct fanout *f);
/* No batch is left to be sent: the law of media.h. What waits in queues follows its viewers. */
bool fanout_idle(const struct fanout *f);
/* Send a packet of the feed to every stream that shows it. */
void fanout_packet(struct fanout *f, struct feed *feed, const struct media_packet *p);
/* A packet of the feed is not passed on: the gap that it would leave is closed in its turn. */
void fanout_skip(struct fanout *f, struct feed *feed, uint64_t seq);
/* The viewer's queue has something. */
void fanout_queue(struct fanout *f, us_t now, struct out_queue *q);
/* The feed begins anew or is no more: what of it was to be sent is dropped. */
void fanout_forget(struct fanout *f, struct feed *feed);
/* The next train; false when there is none. */
bool fanout_output(struct fanout *f, us_t now, struct train *ret);

#endif
