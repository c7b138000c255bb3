/* Reading a recording's journal to its end: the catalogue follows it, and where each epoch stands
 * is known then. Blocks. Owner: one thread. */
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
    struct key_ring ring;
    struct object_access access;
    struct journal_head head;
    bool begun; /* the databases know that something was stored */
    bool ended;
    bool met; /* the journal has come by the catalogue's position */
    us_t t;   /* latest time seen */
    struct replay_stand *stands;
    size_t n_stands;
};

/* Find the keys of a recording. Errors of archive_ring; free also then. */
enum err replay_init(struct replay *f, struct archive *a, const struct id *recording);
/* Read the whole journal, which proves it, and have the catalogue follow from where its rows stand;
 * rows that are not of this journal are made anew. ERR_AUTH, ERR_FORMAT, ERR_LONG: the journal is
 * damaged; ERR_UNKNOWN: it, or a part of it that the catalogue or the store knows of, is missing.
 * The rows stay as they are then. */
enum err replay_run(struct replay *f);
/* One more entry, which is about to be stored: where the epochs stand. */
enum err replay_follow(struct replay *f, const struct entry *e);
/* Safe on a zeroed struct. */
void replay_free(struct replay *f);
/* Have the catalogue follow the journal of the ring's recording from where its rows stand: only the
 * objects behind that are read. For whoever writes the journal, and knows that it is whole. Errors
 * of replay_run, and of the catalogue; what it has come to know stays. */
enum err replay_catch_up(struct archive *a, struct key_ring *ring);
/* Personal texts that could not be opened when the catalogue followed: those whose keys are there
 * again now. What cannot be opened still is left for the next time. Errors of the catalogue. */
enum err replay_open_texts(struct archive *a);

#endif
