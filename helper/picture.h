/* Pictures: those of a line (a track's epochs) at any time that only grows, scaled into others, and
 * as JPEG. Owner: the process. */
#ifndef ORIEL_HELPER_PICTURE_H
#define ORIEL_HELPER_PICTURE_H

#include "helper/input.h"
#include "recorder/derived/layout.h"

/* One line of pictures. Zero is one that has nothing yet. */
struct picture_line {
    const struct task *task;
    uint8_t role;  /* whose inputs: TASK_ROLE_... */
    uint16_t line; /* and this line's */
    us_t keep;     /* a picture older than this is gone [us]; 0: it stays */
    uint32_t from; /* inputs before this one are done */
    struct input *in;
    uint32_t opened;     /* which input `in` is, plus 1 */
    AVFrame *now, *next; /* next: has_next */
    bool has_now, has_next;
    uint64_t serial; /* grows with every change of `now` */
    struct SwsContext *scaler;
};

/* Of the task's inputs of this role and line. Ends the process without memory. */
void picture_line_init(struct picture_line *l, const struct task *t, uint8_t role, uint16_t line);
/* Frees; it is as zero then. */
void picture_line_free(struct picture_line *l);
/* What is seen at recording time t, which is not before that of the last call; NULL: nothing.
 * Borrowed until the next call. */
const AVFrame *picture_at(struct picture_line *l, us_t t);

/* A YUV 4:2:0 picture. Ends the process without memory. */
AVFrame *picture_new(int width, int height, enum AVPixelFormat format);
/* Paint a box of `to` black. */
void picture_black(AVFrame *to, const struct layout_box *box);
/* Scale a picture into a box of `to`; *scaler is kept between calls. */
void picture_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to,
                   const struct layout_box *box);

#endif
