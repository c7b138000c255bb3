/* Reads of each packet of a source what its layers make of it (wire/layers.h): VP9 says it in its
 * payload descriptor, AV1 in the dependency descriptor, which refers to a structure that came with
 * the last key frame. Owner: the engine's thread; lives with an inbound stream. */
#ifndef ORIEL_MEDIA_FEED_LAYERS_H
#define ORIEL_MEDIA_FEED_LAYERS_H

#include "base/session.h"
#include "media/wire/dependency.h"
#include "media/wire/grid.h"
#include "media/wire/layers.h"
#include "media/wire/vp8.h"
#include "media/wire/vp9.h"

/* What copies for viewers are made from (wire/dependency_copy.h) and what is decided for them by.
 */
struct descriptor {
    uint16_t at;         /* [bytes] offset of the element in the packet's data */
    uint16_t active_at;  /* [bits] struct dependency.active_at */
    uint16_t active;     /* decode targets that are sent, where the grid is known */
    uint8_t len;         /* [bytes] */
    uint8_t n_templates; /* of the structure that it brings; 0: it brings none */
    struct grid grid;
};

struct layer_reader {
    uint8_t n_spatial;                      /* VP9: sizes since the last key frame, */
    bool begun, settled;                    /* a packet has come, and all sizes of a picture */
    uint8_t target[LAYERS_TARGETS];         /* AV1: decode target of each target of ours */
    struct dependency_structure *structure; /* AV1, where the descriptor was agreed on */
    uint64_t structure_seq;                 /* extended sequence number that it came with */
    struct grid grid;                       /* of it, */
    uint32_t active;                        /* and which of its decode targets are sent, */
    uint64_t active_seq;                    /* as the packet with this number said */
    bool resumed; /* AV1: in the middle of a stream whose structure another process has had */
};

/* In zeroed memory. ERR_NOMEM. */
enum err layer_reader_init(struct layer_reader *r, const struct session_line *line);
void layer_reader_free(struct layer_reader *r);
/* The stream begins anew. */
void layer_reader_reset(struct layer_reader *r);

/* It goes on in the middle. */
void layer_reader_resume(struct layer_reader *r);
/* And has not had a structure since. */
static inline bool layers_resumed(const struct layer_reader *r) {
    return r->resumed && r->structure && r->structure->n_templates == 0;
}

/* One packet of it, by codec; without layers: not layered. */
struct layer_marks layers_none(void);
struct layer_marks layers_vp8(const struct vp8 *d);
struct layer_marks layers_vp9(struct layer_reader *r, const struct vp9 *d);
/* descriptor: the element, empty where the packet has none; seq: extended sequence number. *ret is
 * filled, but for where it is, if the marks say `described`. */
struct layer_marks layers_av1(struct layer_reader *r, uint64_t seq, struct bytes descriptor,
                              struct descriptor *ret);
/* Would layers_av1 understand it? Not when what it refers to has not come (yet). */
bool layers_known(const struct layer_reader *r, struct bytes descriptor);

#endif
