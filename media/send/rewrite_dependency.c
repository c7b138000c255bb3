#include "media/send/rewrite_dependency.h"

#include "media/wire/dependency.h"

#define ID_MASK (DEPENDENCY_TEMPLATES_MAX - 1u)
/* Left out by a rejoin: 17 s of 60 pictures in 4 sizes. */
#define FRAME_NUMBER_JUMP 4096
/* 2 s of 60 pictures in 4 sizes: a source that is silent for longer begins anew. And 64 such steps,
 * as many packets as a probe goes back, are less than half of the range. */
#define FRAME_NUMBER_NEAR 480

static uint16_t number_of(const struct rewrite_dependency_in *in) {
    return be16(in->element.p + 1);
}

void rewrite_dependency_begin(struct rewrite_dependency *r,
                              const struct rewrite_dependency_in *in) {
    r->frame_number = (uint16_t)(number_of(in) - 1);
    r->next_id = in->n_templates > 0 ? dependency_first_id(in->element) : 0;
    r->ids = 0;
}

void rewrite_dependency_switch(struct rewrite_dependency *r,
                               const struct rewrite_dependency_in *in) {
    r->offset = (uint16_t)(r->frame_number + 1 - number_of(in));
    if (in->n_templates > 0) {
        r->ids = (uint8_t)(r->next_id - dependency_first_id(in->element)) & ID_MASK;
    }
}

bool rewrite_dependency_follows(const struct rewrite_dependency *r,
                                const struct rewrite_dependency_in *in) {
    int16_t ahead = (int16_t)(uint16_t)(number_of(in) + r->offset - r->frame_number);
    return ahead >= -FRAME_NUMBER_NEAR && ahead <= FRAME_NUMBER_NEAR;
}

void rewrite_dependency_map(struct rewrite_dependency *r, const struct rewrite_dependency_in *in,
                            struct dependency_copy *ret) {
    uint16_t number = (uint16_t)(number_of(in) + r->offset);
    bool newest = (int16_t)(uint16_t)(number - r->frame_number) >= 0;
    ret->frame_number = number;
    ret->ids = r->ids;
    r->frame_number = newest ? number : r->frame_number;
    if (newest && in->n_templates > 0) {
        r->next_id =
            (uint8_t)(dependency_first_id(in->element) + r->ids + in->n_templates) & ID_MASK;
    }
}

void rewrite_dependency_rejoin(struct rewrite_dependency *r,
                               const struct rewrite_dependency *saved) {
    *r = *saved;
    r->frame_number = (uint16_t)(r->frame_number + FRAME_NUMBER_JUMP);
}
