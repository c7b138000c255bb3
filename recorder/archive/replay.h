/* Reading a recording's journal to its end: the catalogue's rows are computed anew from it, and
 * where each epoch stands is known then. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_REPLAY_H
#define ORIEL_RECORDER_ARCHIVE_REPLAY_H

#include "recorder/archive/archive.h"

/* Where an epoch of a track stands. */
struct replay_stand {
    struct id track;
    uint32_t epoch, next;
    us_t start;
};

/* One recording while it is replayed, and finished by recovery. */
struct replay {
    struct archive *archive;
    struct id id;
    struct recording_keys keys;
    struct object_access access;
    struct journal_head head;
    bool begun; /* the databases know that something was stored */
    bool ended;
    us_t t; /* latest time seen */
    struct replay_stand *stands;
    size_t n_stands;
};

/* Find the keys of a recording. Errors of archive_keys; free also then. */
enum err replay_init(struct replay *f, struct archive *a, const struct id *recording);
/* Replace the catalogue's rows of the recording by what its journal says. ERR_AUTH, ERR_FORMAT,
 * ERR_LONG: the journal is damaged; ERR_UNKNOWN: it, or a part of it, is missing. The rows stay as
 * they are then. */
enum err replay_run(struct replay *f);
/* One more entry, which is about to be stored: where the epochs stand, and the catalogue. */
enum err replay_follow(struct replay *f, const struct entry *e);
/* Safe on a zeroed struct. */
void replay_free(struct replay *f);
/* All of it: the catalogue's rows of one recording anew; *ret (may be NULL) is where the journal
 * stands. Errors of replay_init and replay_run. */
enum err replay_rows(struct archive *a, const struct id *recording, struct journal_head *ret);

#endif
