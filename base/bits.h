/* Bounds-checked reading of bits, most significant first, and of the variable-length numbers of
 * video codecs. A reader that runs past its end turns `bad` and stays so; reads then give 0, so a
 * parser checks once, at the end. Thread: any; a value belongs to its user. */
#ifndef ORIEL_BASE_BITS_H
#define ORIEL_BASE_BITS_H

#include "base/bytes.h"

struct bits {
    const uint8_t *p;
    size_t at, n; /* [bits] read so far, and in all */
    bool bad;
};

/* A reader over these bytes, which stay the caller's. */
struct bits bits_of(struct bytes b);
/* The next n bits as a number, n in 0..32. */
uint32_t bits_u(struct bits *b, unsigned n);
/* The next bit. */
bool bits_flag(struct bits *b);
void bits_skip(struct bits *b, size_t n);
/* An unsigned and a signed Exp-Golomb number (ITU-T H.264 section 9.1): ue(v) up to 2^32 - 2, se(v)
 * up to 2^31 - 1; a longer one is bad. */
uint32_t bits_ue(struct bits *b);
int32_t bits_se(struct bits *b);

#endif
