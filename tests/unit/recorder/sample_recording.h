/* A small recording made through the ledger, for the tests of recovery, verification, library. */
#ifndef ORIEL_TESTS_SAMPLE_RECORDING_H
#define ORIEL_TESTS_SAMPLE_RECORDING_H

#include "recorder/archive/ledger.h"

#define SAMPLE_SEGMENTS 6 /* media objects of a complete sample */

struct sample {
    struct id id;
    bool begun;
    unsigned stored;  /* ledger_segment said OK */
    unsigned flushed; /* of these, before the last OK of ledger_flush */
    bool ended;       /* ledger_end said OK */
};

/* Bytes of segment i. */
#define SAMPLE_MEDIA 70000
void sample_media(unsigned i, uint8_t out[SAMPLE_MEDIA]);

/* Two tracks (programme with two epochs, a camera), people, marks, SAMPLE_SEGMENTS segments with a
 * flush after each; then the end. Stops at the first error, unless retries are left: each failing
 * verb is repeated that often. The ledger is freed. */
enum err sample_record(struct archive *a, unsigned retries, struct sample *ret);

#endif
