/* A check of a whole recording that somebody watches: how far it is, and for each finding what it
 * means and where in the recording it is. Belongs to its library and its library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_VERIFY_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_VERIFY_H

#include "recorder/library/library.h"

struct library_finding {
    const char *object; /* its name in the store; "": it is about the recording as a whole */
    const char *what;   /* is wrong, for people */
    const char *word;   /* the same for programs (recorder/archive/verify_words.h) */
    const char *kind;   /* of object: "media", "journal", "manifest", "thumbnail", "waveform",
                           "export", "supplement"; NULL: none of ours */
    /* Of media and waveforms: a track id or PROGRAMME_TRACK; else "". */
    char track[RECORDING_ID_LEN + 1];
    uint32_t epoch, segment; /* of media */
};
/* Both may be called in the middle of a check: neither may ask the library anything. */
struct library_watch {
    void (*found)(void *ctx, const struct library_finding *f);
    bool (*step)(void *ctx, size_t done, size_t total); /* as verify_step; NULL: to the end */
    void *ctx;
};
enum library_depth {
    LIBRARY_OPENED, /* as library_verify */
    LIBRARY_SEALED  /* as library_verify_chain */
};
/* Errors of those; ERR_AGAIN also: step has said so; ERR_GONE: something of it was erased or made
 * by order meanwhile, so that what was found is not true any more: ask again. */
enum err library_verify_watched(struct library *l, const char *id, enum library_depth depth,
                                const struct library_watch *w);

/* OK: there is all of it that there will be. ERR_WRONG_STATE: it is being made. ERR_UNKNOWN for the
 * id; errors of the catalogue. */
enum err library_ended(struct library *l, const char *id);

#endif
