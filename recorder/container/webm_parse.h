/* Reading WebM (RFC 8794 EBML, RFC 9559 Matroska) as far as the recorder needs its own: elements,
 * clusters and SimpleBlocks. Every length is checked before use. Thread: any. */
#ifndef ORIEL_RECORDER_CONTAINER_WEBM_PARSE_H
#define ORIEL_RECORDER_CONTAINER_WEBM_PARSE_H

#include "base/bytes.h"
#include "base/err.h"

/* Element ids (RFC 9559 section 5.1), with their length marker. */
enum webm_id {
    WEBM_EBML = 0x1A45DFA3,
    WEBM_SEGMENT = 0x18538067,
    WEBM_INFO = 0x1549A966,
    WEBM_TRACKS = 0x1654AE6B,
    WEBM_CUES = 0x1C53BB6B,
    WEBM_CLUSTER = 0x1F43B675,
    WEBM_TIMESTAMP = 0xE7,
    WEBM_SIMPLE_BLOCK = 0xA3,
    WEBM_BLOCK_GROUP = 0xA0,
    WEBM_BLOCK = 0xA1
};

struct webm_element {
    uint32_t id;
    struct bytes data;
    size_t header; /* [bytes] of id and size before the data */
};

/* The element at the reader, which moves behind it. A Segment of unknown size reaches to the end;
 * any other is ERR_UNSUPPORTED. ERR_SHORT, ERR_FORMAT. */
enum err webm_next(struct rd *r, struct webm_element *ret);
/* A big-endian unsigned integer of 0..8 bytes; longer ones give 0. */
uint64_t webm_uint(struct bytes b);

struct webm_block {
    size_t cluster;      /* offset of its cluster in the bytes given */
    uint64_t cluster_ms; /* the cluster's timestamp */
    int64_t ms;          /* time [ms] */
    unsigned track;      /* number, from 1 */
    bool key, group;     /* group: in a BlockGroup, where key is not known */
    struct bytes frame;
};
/* Call each for every block of a run of clusters, in order; stops at its first error. ERR_FORMAT
 * for anything but clusters. */
enum err webm_blocks(struct bytes clusters, enum err (*each)(void *ctx, const struct webm_block *b),
                     void *ctx);

#endif
