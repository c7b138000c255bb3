/* The sound of the whole recording, sample by sample on its own time: the epochs of the programme
 * one after the other, silence where there is nothing. Owner: the process. */
#ifndef ORIEL_HELPER_TRACK_H
#define ORIEL_HELPER_TRACK_H

#include "helper/sound.h"

struct track {
    const struct task *task;
    uint32_t from; /* inputs before this one are done */
    struct sound *sound;
    struct sound_piece piece; /* its rest, n > 0 */
    bool has_piece;
    int64_t at;      /* the next sample that is asked for */
    int64_t place;   /* where the rest of the piece belongs: sample of the recording */
    int64_t follows; /* where the piece behind this one would begin if nothing is missing */
};

/* Of the task's inputs with the role STAGE. */
void track_init(struct track *k, const struct task *t);
/* The next n samples of both channels. */
void track_pull(struct track *k, float *left, float *right, int n);
/* Frees. */
void track_free(struct track *k);

#endif
