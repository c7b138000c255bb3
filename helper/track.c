/* DESIGN. Times of pieces are whole milliseconds, and a piece that follows the one before within
 * JITTER belongs right behind it; only a larger step is a gap or an overlap. */
#include "helper/track.h"

#define JITTER (SOUND_RATE * 40 / 1000) /* [samples] */

void track_init(struct track *k, const struct task *t) {
    memset(k, 0, sizeof(*k));
    k->task = t;
    k->follows = -1;
}

void track_free(struct track *k) {
    k->sound = sound_close(k->sound);
}

static bool open_next(struct track *k) {
    for (; !k->sound && k->from < k->task->n_inputs; k->from++) {
        if (k->task->inputs[k->from].role == TASK_ROLE_STAGE) {
            k->sound = sound_open(k->task, k->from);
            k->follows = -1;
        }
    }
    return k->sound != NULL;
}

static bool want_piece(struct track *k) {
    while (!k->has_piece && open_next(k)) {
        k->has_piece = sound_next(k->sound, &k->piece);
        if (!k->has_piece) {
            k->sound = sound_close(k->sound);
            continue;
        }
        int64_t place = (k->piece.at * SOUND_RATE + US_PER_S / 2) / US_PER_S;
        int64_t step = place - k->follows;
        k->place = k->follows >= 0 && step < JITTER && step > -JITTER ? k->follows : place;
        k->follows = k->place + k->piece.n;
    }
    return k->has_piece;
}

static void drop(struct track *k, int n) {
    k->piece.left += n;
    k->piece.right += n;
    k->piece.n -= n;
    k->place += n;
    k->has_piece = k->piece.n > 0;
}

void track_pull(struct track *k, float *left, float *right, int n) {
    int64_t end = k->at + n;
    memset(left, 0, (size_t)n * sizeof(*left));
    memset(right, 0, (size_t)n * sizeof(*right));
    while (want_piece(k) && k->place < end) {
        if (k->place < k->at) {
            int64_t late = k->at - k->place;
            drop(k, late < k->piece.n ? (int)late : k->piece.n);
            continue;
        }
        int at = (int)(k->place - (end - n));
        int take = k->piece.n < end - k->place ? k->piece.n : (int)(end - k->place);
        memcpy(left + at, k->piece.left, (size_t)take * sizeof(*left));
        memcpy(right + at, k->piece.right, (size_t)take * sizeof(*right));
        drop(k, take);
        k->at = k->place;
    }
    k->at = end;
}
