/* Boxes of MP4 files (ISO/IEC 14496-12 section 4.2): writing into a buffer, and reading as far as
 * the recorder needs its own. Every length is checked before use. Thread: any. */
#ifndef ORIEL_RECORDER_CONTAINER_MP4_BOXES_H
#define ORIEL_RECORDER_CONTAINER_MP4_BOXES_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"

/* A box type as a number. */
#define MP4_TYPE(a, b, c, d) \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct mp4_box {
    uint32_t type;
    struct bytes data;  /* behind size and type */
    struct bytes whole; /* with them */
};

/* The box at the reader, which moves behind it. A box of 64-bit size or one that reaches to the end
 * of the file is ERR_UNSUPPORTED. ERR_SHORT, ERR_FORMAT. */
enum err mp4_next(struct rd *r, struct mp4_box *ret);

/* Big-endian numbers of 1 to 8 bytes, and n zeros. */
void mp4_put(struct buffer *t, uint64_t v, unsigned n);
void mp4_put_zeros(struct buffer *t, size_t n);
/* Begin a box; mp4_end with what it returned fills in its size. */
size_t mp4_begin(struct buffer *t, uint32_t type);
/* The same with version and flags (section 4.2, FullBox). */
size_t mp4_begin_full(struct buffer *t, uint32_t type, uint8_t version, uint32_t flags);
void mp4_end(struct buffer *t, size_t at);

#endif
