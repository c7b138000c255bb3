/* Which layers of a stream that carries several (SVC) go to a viewer. What is wanted changes at any
 * time; what is sent follows where the viewer can go on with it:
 *
 *   - from a frame that it gets anyway and after which all that is wanted can be decoded (a key
 *     frame, a switching point),
 *   - and at any picture, when nothing was left out that what is wanted needs. So frame rates go
 *     down at once; and sizes, too, unless they are independent between key frames (K-SVC).
 *
 * Until then a larger picture than is wanted goes on at its lowest frame rate. What was in force at
 * which packet is remembered for as long as packets are repaired, so that each is judged, and
 * marked, the same way every time. Lives in a stream, about 100 bytes. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_CHOICE_H
#define ORIEL_MEDIA_SEND_CHOICE_H

#include "media/wire/layers.h"

#define CHOICE_LOG 8 /* changes remembered: of two seconds at least */

struct choice {
    uint8_t want;    /* target that is to be sent; the owner may change it at any time */
    uint8_t now;     /* that is sent */
    uint16_t intact; /* set of targets of which all that they need has been sent */
    bool begun;      /* a packet with layers has come: newest and ts are valid */
    uint64_t newest; /* sequence number judged */
    uint32_t ts;     /* of its picture */
    uint8_t n;
    uint8_t target[CHOICE_LOG]; /* the last of n is in force, */
    uint64_t from[CHOICE_LOG];  /* each from this sequence number of the source on, ascending */
};

/* A packet of the source, as far as it matters here. */
struct choice_in {
    const struct layer_marks *layers;
    uint64_t seq;
    uint32_t ts;
};

/* In zeroed memory: the best is wanted. */
void choice_init(struct choice *c);
/* The stream begins with this packet, of a key frame. */
void choice_begin(struct choice *c, const struct choice_in *in);
/* It goes on in the middle of a source of which this target was sent. */
void choice_resume(struct choice *c, uint8_t target);
/* Is the packet sent? */
bool choice_shows(struct choice *c, const struct choice_in *in);
/* What choice_shows has said, or would have, of a packet that is not newer than the newest. */
bool choice_showed(const struct choice *c, const struct choice_in *in);
/* It is remembered what was in force at this packet of the source. */
static inline bool choice_knows(const struct choice *c, uint64_t seq) {
    return seq >= c->from[0];
}
/* Target that was in force at this packet of the source; */
uint8_t choice_target(const struct choice *c, uint64_t seq);
/* not the one that the stream began with. */
bool choice_changed(const struct choice *c, uint64_t seq);
/* It is the last of the picture as it is sent, whether or not higher layers follow. */
bool choice_ends(const struct choice *c, const struct choice_in *in);
/* What is wanted needs a key frame. */
bool choice_lacks_key(const struct choice *c);

#endif
