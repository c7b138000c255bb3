/* What publishers hide at the end of each payload, so that viewers can tell after decryption that
 * it is the right one, whole, and how long it took. Thread: any. */
#ifndef ORIEL_BENCH_LOAD_STAMP_H
#define ORIEL_BENCH_LOAD_STAMP_H

#include "base/bytes.h"

#define STAMP_LEN 24 /* [bytes] */

struct stamp {
    uint32_t ssrc;   /* of the publisher's stream */
    uint64_t number; /* of the packet in that stream */
    uint64_t at;     /* [ns] since 1970, when the publisher made it */
};

/* Write to the last STAMP_LEN bytes of the payload. */
void stamp_write(uint8_t *payload, size_t n, const struct stamp *s);
/* False when there is none at the end of the payload, or a damaged one. */
bool stamp_read(struct bytes payload, struct stamp *ret);

#endif
