/* A task for a media helper, made of a recording: which files it reads, and those files' bytes,
 * decrypted as they are asked for. Belongs to its library and its library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_TASK_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_TASK_H

#include "recorder/derived/task.h"
#include "recorder/library/library.h"

struct library_task_spec {
    uint8_t kind; /* TASK_THUMBNAILS, TASK_WAVEFORM, TASK_EXPORT */
    uint8_t layout, fps;
    uint16_t width, height;
    us_t every;    /* thumbnails: one in this time [us] */
    uint32_t most; /* and no more than these */
};

struct library_task;
/* ERR_UNKNOWN, ERR_WRONG_STATE (the recording is being made, damaged or shredded), ERR_FULL (it has
 * more files than a task may have), errors of library_media_open. People whose keys were shredded
 * are left out. */
enum err library_task_open(struct library *l, const char *id, const struct library_task_spec *s,
                           struct library_task **ret);
/* NULL allowed; returns NULL. */
struct library_task *library_task_close(struct library_task *t);
/* What the helper is to be given; borrowed. */
const struct task *library_task_get(const struct library_task *t);
/* Bytes [at, at+n) of an input. What was erased since reads as zeros. ERR_RANGE, errors of
 * library_media_read. */
enum err library_task_read(struct library_task *t, uint32_t input, uint64_t at, uint8_t *out,
                           uint32_t n);
/* Is the input as it was when the task was made? ERR_GONE: some of it, or all, was erased since;
 * errors of library_media_open. */
enum err library_task_check(struct library_task *t, uint32_t input);
/* The track of an input: "programme" or an id; NULL: there is no such input. */
const char *library_task_track(const struct library_task *t, uint32_t input);
/* The recording time of a moment [us]; -1: there is no such moment. */
us_t library_task_moment(const struct library_task *t, uint32_t moment);

#endif
