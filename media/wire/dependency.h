/* The dependency descriptor (AV1 RTP specification, appendix A): what a frame is needed for and
 * what it needs, beside the payload, so that whoever forwards it need not read that. A structure of
 * templates comes with key frames; other frames name one of them and say only what differs. Parsed
 * into structs of fixed size, whatever comes. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_DEPENDENCY_H
#define ORIEL_MEDIA_WIRE_DEPENDENCY_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

#define DEPENDENCY_TEMPLATES_MAX 64 /* A.8.2: ids have 6 bits, */
#define DEPENDENCY_TARGETS_MAX 32   /* the count of decode targets 5, */
#define DEPENDENCY_CHAINS_MAX 32    /* and chains are no more than those */
#define DEPENDENCY_SPATIAL_MAX 4
#define DEPENDENCY_TEMPORAL_MAX 8
#define DEPENDENCY_DIFFS_MAX 8 /* frames that one refers to: AV1 has 7 references */

#define DEPENDENCY_MANDATORY 3 /* [bytes] A.8.2: mandatory_descriptor_fields() */
/* [bits] where active_decode_targets_bitmask begins, if no structure is before it */
#define DEPENDENCY_ACTIVE_AT (8 * DEPENDENCY_MANDATORY + 5)

/* A.8.3.2, decode target indication. */
enum dependency_dti { DTI_ABSENT, DTI_DISCARDABLE, DTI_SWITCH, DTI_REQUIRED };

struct dependency_frame { /* what a template says, or a frame that differs from it */
    uint8_t spatial, temporal;
    uint8_t n_diffs;
    uint16_t diffs[DEPENDENCY_DIFFS_MAX]; /* frames back, that it refers to */
    uint8_t dti[DEPENDENCY_TARGETS_MAX];  /* enum dependency_dti, of each decode target */
    uint8_t chain[DEPENDENCY_CHAINS_MAX]; /* frames back to the previous one of each chain, 0: it
                                             begins there */
};

struct dependency_structure {
    uint8_t first_id; /* template_id_offset */
    uint8_t n_templates, n_targets, n_chains;
    uint8_t protected_by[DEPENDENCY_TARGETS_MAX]; /* chain of each decode target */
    uint8_t spatial[DEPENDENCY_TARGETS_MAX];      /* layers of each decode target */
    uint8_t temporal[DEPENDENCY_TARGETS_MAX];
    uint8_t n_sizes; /* spatial layers of which it is said */
    uint16_t width[DEPENDENCY_SPATIAL_MAX], height[DEPENDENCY_SPATIAL_MAX]; /* [pixels] less 1 */
    struct dependency_frame templates[DEPENDENCY_TEMPLATES_MAX];
};

struct dependency {
    bool start, end; /* first and last packet of the frame */
    uint8_t template_id;
    uint16_t frame_number;
    bool has_structure; /* a new one came with it */
    bool has_active;    /* active is valid: with a structure always */
    uint32_t active;    /* bit per decode target */
    uint16_t active_at; /* [bits] where the element says so, or would */
    uint8_t len; /* [bytes] of the element: what is behind that says nothing (zero_padding) */
    struct dependency_frame frame;
};

/* The element brings a structure. */
bool dependency_has_structure(struct bytes b);
/* It brings a structure, or its template is in this one; one too short for either counts as known.
 */
bool dependency_known(struct bytes b, const struct dependency_structure *structure);
/* Parse the element; *structure is the stream's last one (n_templates 0: none has come), and the
 * new one afterwards, if it has one. ERR_SHORT, ERR_FORMAT; ERR_UNKNOWN: its template is in no
 * structure that came. *ret and *structure are untouched then. */
enum err dependency_parse(struct bytes b, struct dependency_structure *structure,
                          struct dependency *ret);

#endif
