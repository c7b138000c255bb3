/* Where pictures stand in an exported picture. Stateless; any thread. */
#ifndef ORIEL_RECORDER_DERIVED_LAYOUT_H
#define ORIEL_RECORDER_DERIVED_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_FACES 5 /* cameras beside the stage, one below the other */

/* [pixels], all even: chroma has half the resolution. */
struct layout_box {
    uint16_t x, y, w, h;
};

struct layout {
    struct layout_box stage;
    struct layout_box face[LAYOUT_FACES];
    unsigned faces; /* boxes in face */
};

/* width and height: even, at least 16. With faces a column of a fifth of the width is theirs, and
 * the stage stands beside it in the middle of the height; else the stage has it all. */
struct layout layout_of(uint16_t width, uint16_t height, bool faces);
/* The largest box of the shape w:h within box, in its middle; w and h are not 0. */
struct layout_box layout_fit(const struct layout_box *box, uint32_t w, uint32_t h);

#endif
