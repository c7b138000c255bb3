/* Which sizes (spatial layers) of a stream come at present. An encoder that has no room for the
 * largest one stops sending it and says so to nobody who does not look: who shows it stands still.
 * It also leaves out single ones. Owner: the engine's thread; lives in a feed. */
#ifndef ORIEL_MEDIA_FEED_PRESENCE_H
#define ORIEL_MEDIA_FEED_PRESENCE_H

#include "media/feed/packet.h"

#define PRESENCE_PICTURES 5               /* and */
#define PRESENCE_ABSENT (300 * US_PER_MS) /* [us] without it: it does not come any more */

struct presence {
    bool any;
    uint8_t top;  /* the largest that comes */
    uint8_t seen; /* of this picture */
    uint8_t lack; /* the largest of the pictures without top, */
    uint8_t n;    /* and how many these were in a row */
    uint32_t ts;  /* of this picture */
    us_t at;      /* [us] the last picture with top began */
};

/* In zeroed memory. Another packet: true when another size than before is the largest. */
bool presence_note(struct presence *x, const struct media_packet *p);

#endif
