/* The one scheduler of key-frame requests of a source (PLI, RFC 4585 section 6.3.1, or FIR): at
 * once when somebody needs one, repeated each second until one arrives, and one every `interval`
 * while the source is recorded or cached. No more than two in two seconds, whoever asks; so who
 * needs another just after one has come, since it was lost on the way to him, does not wait for a
 * whole second. (A switch does: key frames that come close together cost narrow paths their
 * layers.) A zeroed struct asks for nothing. Owner: one worker. */
#ifndef ORIEL_MEDIA_RECV_KEYFRAME_H
#define ORIEL_MEDIA_RECV_KEYFRAME_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define KEYFRAME_THROTTLE (1 * US_PER_S) /* [us] on average, and while one is unanswered */
#define KEYFRAME_GAP (400 * US_PER_MS)   /* [us] once it has been answered, and was lost */
#define KEYFRAME_SAME_COMMAND 2          /* requests under one number, by FIR */

struct recv_keyframe {
    us_t interval;     /* [us] between key frames, 0 = no periodic request */
    us_t asked_at;     /* [us] of the last request */
    us_t asked_before; /* [us] of the one before it */
    us_t key_at;       /* [us] of the last key frame; since `interval` when there was none */
    uint8_t asked;     /* requests of which the time is known: 0..2 */
    uint8_t command;   /* FIR: sequence number of the last command, */
    uint8_t repeats;   /* and requests that had it */
    bool needed;       /* a request is due or unanswered, */
    bool lost;         /* by somebody who had a picture */
    bool passed;       /* on, and unanswered: a key frame's time is that of where it came in, which
                          may be before the request, and it may come here after it */
};

/* Somebody needs a key frame: new source, layer switch. */
void recv_keyframe_need(struct recv_keyframe *k);
/* The same, and he had a picture: unrepaired loss, a viewer's PLI or FIR. */
void recv_keyframe_lost(struct recv_keyframe *k);
/* Nothing comes for now. All is forgotten but the number of the last command: who comes back would
 * take it for a repetition. */
void recv_keyframe_pause(struct recv_keyframe *k);
/* A key frame has begun to arrive. */
void recv_keyframe_arrived(struct recv_keyframe *k, us_t now);
/* Periodic requests from now on; interval 0 stops them. */
void recv_keyframe_periodic(struct recv_keyframe *k, us_t now, us_t interval);
/* When to call recv_keyframe_poll (0 = at once), US_NEVER. Only for sources that are alive: an
 * unanswered need is repeated without end. */
us_t recv_keyframe_deadline(const struct recv_keyframe *k);
/* True when a request must be sent now; it then counts as sent. */
bool recv_keyframe_poll(struct recv_keyframe *k, us_t now);
/* The request that recv_keyframe_poll has just told of is sent as a FIR: its command sequence
 * number (RFC 5104 section 4.3.1.1). One that stays unanswered is repeated under its number, once:
 * a sender whose key frame got lost as a whole takes a number that it knows for a repetition
 * (libwebrtc), so the next one is another command. */
uint8_t recv_keyframe_command(struct recv_keyframe *k);
/* The same where the need is passed on to another scheduler, which repeats it by itself: true when
 * it must be told, and not while the last one told is unanswered and younger than the throttle. */
bool recv_keyframe_pass_on(struct recv_keyframe *k, us_t now);

#endif
