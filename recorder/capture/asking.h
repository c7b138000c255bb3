/* Asking for key frames: what a recording cannot hold without one is missing until one comes, and
 * whoever sends knows nothing of it. Private to recorder/capture. Owner: the recorder thread.
 *
 * DESIGN. The relay asks by itself when a source begins, when the stage changes, and when it gives
 * a packet up. What it cannot see is lost to the recorder alone: what was repaired later than
 * packets are waited for here, what found no room on the way, a picture that no file of ours can
 * hold. So a source is looked at after its packets were: does it send pictures of which none can be
 * recorded before a key frame? Then one is asked for, at most once in ASK_EVERY; one that did not
 * help doubles that up to ASK_SELDOM, so that a sender whose key frames are of no use is left in
 * peace. One lost packet that is repaired, or that nothing refers to, asks for nothing. */
#ifndef ORIEL_RECORDER_CAPTURE_ASKING_H
#define ORIEL_RECORDER_CAPTURE_ASKING_H

#include "base/list.h"
#include "base/time.h"

#include <stdint.h>

#define ASK_EVERY US_PER_S
#define ASK_SELDOM (8 * US_PER_S)

/* Of a source. */
struct asking {
    struct link due; /* in a list of those that have something to ask */
    us_t next;       /* [us] not before */
    us_t wait;       /* [us] since the last one, which did not help; 0: none is unanswered */
    bool lacks;      /* as was judged last */
    uint64_t seen;   /* sequence number up to which it was judged */
    uint8_t worker;  /* that listens to it */
};

/* Nothing to ask. */
void asking_init(struct asking *a);
/* It begins, or goes on: whoever listens for us has asked for a key frame just now. */
void asking_begin(struct asking *a, us_t now);
/* A picture has ended with the packet `seen`. lacks: it could not be recorded, and none can before
 * a key frame. */
void asking_judge(struct asking *a, uint64_t seen, bool lacks);
/* All that has come is judged: puts itself on the list when it is time to ask, and leaves it when
 * there is nothing to ask. */
void asking_look(struct asking *a, us_t now, struct link *due);
/* It has been asked. */
void asking_done(struct asking *a);
/* There is nothing to ask of it for now. */
void asking_stop(struct asking *a);

#endif
