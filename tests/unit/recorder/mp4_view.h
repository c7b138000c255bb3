/* An MP4 file in fragments as a reader sees it, for the tests of ours. */
#ifndef ORIEL_TESTS_RECORDER_MP4_VIEW_H
#define ORIEL_TESTS_RECORDER_MP4_VIEW_H

#include "recorder/container/mp4_boxes.h"

#include <stdbool.h>

#define MP4_VIEW_SAMPLES 4096
#define MP4_VIEW_POINTS 256

struct mp4_view {
    struct bytes moov;
    struct bytes sidx[2]; /* by track number, less 1; empty: none */
    size_t fragments_at;  /* [bytes] of the first moof */
    unsigned fragments;
    size_t fragment_at[MP4_VIEW_POINTS]; /* after the first [bytes] */
    unsigned n;
    struct {
        unsigned track, fragment;
        uint64_t time;     /* [track's clock] */
        uint32_t duration; /* the same */
        int32_t shown;     /* after time, the same */
        bool key;
        struct bytes data;
    } sample[MP4_VIEW_SAMPLES];
};

/* False for what is no valid file of ours; every box must end where its parent does. */
bool mp4_view(struct bytes file, struct mp4_view *ret);
/* The box with this type among the children (behind `skip` bytes), or an empty view. */
struct bytes mp4_child(struct bytes parent, size_t skip, uint32_t type);

/* A reference of a sidx, added up. */
struct mp4_reference {
    uint64_t time;   /* [the sidx's clock] */
    uint64_t offset; /* after the first fragment [bytes] */
    bool sap;
};
/* Reference i; at i = their number the end. False beyond. */
bool mp4_reference(struct bytes sidx, unsigned i, struct mp4_reference *ret);

#endif
