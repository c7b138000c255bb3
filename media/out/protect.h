/* A share toward a viewer that loses packets: after every few of them one that repairs any one of
 * these, so that text does not wait a round trip (media/wire/flexfec.h). Spent only where packets
 * are lost for another reason than a full path, which more packets would only make fuller. Made
 * with the session of a viewer that has agreed on it, 2.6 KiB: where losses are reported, which is
 * when it begins, nothing is allocated. Owner: the engine's thread; belongs to a stream. */
#ifndef ORIEL_MEDIA_OUT_PROTECT_H
#define ORIEL_MEDIA_OUT_PROTECT_H

#include "base/lease.h"
#include "base/time.h"
#include "media/wire/flexfec.h"

#define PROTECT_EVERY_MIN 4
#define PROTECT_EVERY_MAX 12           /* at 4 % of twelve two are lost seldom */
#define PROTECT_WAIT (100 * US_PER_MS) /* so often the end of a picture ends a group, too */

struct protect {
    uint8_t pt;    /* not 0 */
    uint8_t every; /* packets that one repairs; 0 = none is sent */
    bool ready;    /* a group is full */
    uint8_t fills; /* of sum; the other one waits to be sent */
    uint32_t ssrc;
    uint64_t next;      /* SRTP index of the next one, */
    struct lease lease; /* which must be leased */
    us_t closed;        /* [us] the last group */
    struct flexfec sum[2];
};

/* Sends none yet. The caller frees it with mem_free. NULL without memory. */
struct protect *protect_new(uint8_t pt, uint32_t ssrc, uint64_t next);
/* How many packets one shall repair where `loss` of them (0..1) get lost; 0: not any. before: the
 * last answer. percent: the loss from which on it is spent, and half of which NACK is enough for;
 * 0: never. */
unsigned protect_every(unsigned before, double loss, unsigned percent);
/* From now on. */
void protect_set(struct protect *x, unsigned every);
/* What went out so far is not to be repaired any more. */
void protect_forget(struct protect *x);
/* A packet goes out: its RTP header as flexfec_add has it, and the pieces of its payload. True when
 * a group is ready to be sent. */
bool protect_add(struct protect *x, us_t now, struct bytes header, const struct bytes *piece,
                 unsigned n);
/* The group that is ready; the caller sends it and says so. NULL: none. */
const struct flexfec *protect_ready(const struct protect *x);
void protect_sent(struct protect *x);

#endif
