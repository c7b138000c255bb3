/* Whether a viewer loses so much that its speech is sent with redundancy (RFC 2198), by its
 * receiver reports about whatever it gets: it is one path. Redundancy does not lower what is
 * reported, for packets are lost as before; so there is no swing. Above the limit each packet
 * brings the one before it along, above two and a half times the limit the two before it: of ten
 * packets of a hundred that are lost one is then lost with the next one, too. It becomes more with
 * the first REDUNDANCY_SAMPLE packets of which so much is lost, and less when three times as many
 * have come of which less than a third of that is. Owner: one worker; lives in the session. */
#ifndef ORIEL_MEDIA_SEND_REDUNDANCY_H
#define ORIEL_MEDIA_SEND_REDUNDANCY_H

#include <stdbool.h>
#include <stdint.h>

#define REDUNDANCY_SAMPLE 100 /* packets: of fewer a loss says nothing */
#define REDUNDANCY_CALM 3     /* samples in a row */
#define REDUNDANCY_MAX 2      /* packets before that go with each */

struct send_redundancy {     /* zeroed: none */
    uint32_t lost, expected; /* in this sample */
    uint8_t calm;            /* samples with little loss, in a row */
    uint8_t blocks;          /* 0..REDUNDANCY_MAX */
};

/* A report: of so many packets so many were lost. percent: the limit, 0 = never any. True when
 * `blocks` was changed by it. */
bool send_redundancy_report(struct send_redundancy *x, uint32_t percent, uint32_t lost,
                            uint32_t expected);

#endif
