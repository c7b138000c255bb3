/* catalogue.db: what is asked of recordings, fast. It follows the journals: per recording it knows
 * the entry up to which its rows are made, that entry's chain hash and the journal objects read,
 * and moves that position in the transaction that writes the rows. So a catalogue that was away
 * reads only what is behind its position, and what it lost can be made again. Only the manifest's
 * version and hash are said nowhere else. A connection belongs to one thread; several may be open.
 *
 * **One seam.** All SQL about recordings stands in catalogue*.c, one text for every kind of
 * database (recorder/db/database.h), and no type of a library leaves them. Each kind must keep: (1)
 * catalogue_follow is atomic, rows and position together; (2) catalogue_manifest is durable when it
 * returns, and so is all that was committed before it; (3) a committed transaction may be lost with
 * power before that, but then every later one, too; (4) catalogue_apply twice is as once; (5) a
 * reader sees whole transactions and never waits for the writer; (6) ids sort as their bytes; (7)
 * after catalogue_forget and catalogue_purge what was forgotten is in no file, index or log of it;
 * (8) the errors: ERR_BUSY and ERR_IO pass, ERR_NOSPACE is a full disk, ERR_FORMAT a damaged
 * database, which is set aside and made again. */
#ifndef ORIEL_RECORDER_CATALOGUE_CATALOGUE_H
#define ORIEL_RECORDER_CATALOGUE_CATALOGUE_H

#include "recorder/db/postgres.h"
#include "recorder/journal/journal.h"
#include "recorder/journal/personal.h"

#define CATALOGUE_SCHEMA 9 /* PRAGMA user_version */

struct catalogue;

/* write: create and migrate; else the file must exist. Only the recorder writes, but for a
 * shredding library. ERR_IO, ERR_UNSUPPORTED (newer schema), ERR_NOMEM. */
enum err catalogue_open(const char *path, bool write, struct catalogue **ret);
/* The same in a PostgreSQL, of all fields but schema and write. It need not be there now: what is
 * asked fails with ERR_IO until it is. ERR_NOMEM. */
struct catalogue_place {
    const struct postgres_config *database;
    const char *file; /* of the catalogue until now, if it is there: a database that knows nothing
                         takes over what it has, and it is set aside */
};
enum err catalogue_open_shared(const struct catalogue_place *p, bool write, struct catalogue **ret);
/* Connect now, where it is a database. ERR_IO: it is away; ERR_BUSY: another process writes there;
 * ERR_UNSUPPORTED: it is of a later release, or no database for us; ERR_WRONG_STATE: it has rows,
 * and a file is there, too, or it is of other recordings; ERR_UNKNOWN: nobody has written yet. */
enum err catalogue_connect(struct catalogue *c);
/* It is of the recordings in this store, from now on, at this and each later connection. Errors as
 * before. */
enum err catalogue_belongs_to(struct catalogue *c, const struct id *store);
/* What the database said last of an error; "" when nothing. Borrowed until the next call. */
const char *catalogue_why(const struct catalogue *c);
/* It is in a database that cannot be asked now. */
bool catalogue_is_away(const struct catalogue *c);
/* A copy of this moment as a new file, without what was deleted; the caller syncs it. ERR_IO: also
 * when the file is there; ERR_NOSPACE. */
enum err catalogue_copy(struct catalogue *c, const char *path);
/* NULL allowed; returns NULL. */
struct catalogue *catalogue_close(struct catalogue *c);

/* Apply one journal entry of a recording, without what is sealed in it. Entries that the catalogue
 * does not show are OK and ignored. Idempotent. ERR_IO, ERR_NOSPACE. */
enum err catalogue_apply(struct catalogue *c, const struct id *recording, const struct entry *e);
/* A journal object, and who opens the personal texts in it. */
struct catalogue_object {
    struct id recording;
    struct bytes lines;
    struct object_info info;
    struct personal_opener opener;
};
/* The next journal object of a recording is stored, and these are its lines: rows of its entries,
 * of the object, and the new position, in one transaction (the caller's, when one is open). A text
 * that cannot be opened is no error: of a participant who was shredded it is erased, any other is
 * kept as it is, sealed, for catalogue_open_texts. ERR_AUTH: these lines do not follow where the
 * rows stand; ERR_FORMAT: they are none; ERR_IO, ERR_NOSPACE, ERR_BUSY. Nothing has changed then,
 * unless in the caller's transaction. */
enum err catalogue_follow(struct catalogue *c, const struct catalogue_object *o);
/* Try again those texts of a recording that could not be opened (CATALOGUE_SEALED). ERR_IO,
 * ERR_NOSPACE, ERR_BUSY: nothing has changed. */
enum err catalogue_open_texts(struct catalogue *c, const struct id *recording,
                              const struct personal_opener *o);
/* How far the rows of a recording have come in its journal: the beginning when there are none.
 * Rows that an earlier release wrote have no position: they are forgotten and made again. */
enum err catalogue_position(struct catalogue *c, const struct id *recording,
                            struct journal_head *ret);

#define RECORDING_STATE_LIST(X)             \
    X(RECORDING_OPEN, "recording")          \
    X(RECORDING_COMPLETE, "complete")       \
    X(RECORDING_INTERRUPTED, "interrupted") \
    X(RECORDING_DAMAGED, "damaged")         \
    X(RECORDING_SHREDDED, "shredded")
enum recording_state {
#define X(sym, name) sym,
    RECORDING_STATE_LIST(X)
#undef X
        RECORDING_STATE_COUNT
};
/* "recording" ...; never NULL. */
const char *recording_state_name(enum recording_state s);

/* Set the state of a recording (a row is made when there is none). */
enum err catalogue_state(struct catalogue *c, const struct id *recording, enum recording_state s);
/* It is damaged: RECORDING_DAMAGED, and the object that says so, or "keys". Another state forgets
 * it. */
enum err catalogue_damaged(struct catalogue *c, const struct id *recording, const char *object);
/* That object; empty when it is not known. ERR_UNKNOWN: no such recording. */
enum err catalogue_damage(struct catalogue *c, const struct id *recording,
                          char ret[OBJECT_NAME_MAX]);
/* The recording is closed: its manifest has this version and hash. Durable when OK. */
enum err catalogue_manifest(struct catalogue *c, const struct id *recording, uint32_t version,
                            const struct object_info *info);
/* Remove every row of a recording. */
enum err catalogue_forget(struct catalogue *c, const struct id *recording);
/* Forget all of a recording but its id and times; its state is RECORDING_SHREDDED. ERR_UNKNOWN:
 * there are no rows of it. */
enum err catalogue_shredded(struct catalogue *c, const struct id *recording);
/* Forget what a participant of it was called, in every row, and the words of it, in one transaction
 * (the caller's, when one is open). What they did, and which text they agreed to, stays. */
enum err catalogue_forget_person(struct catalogue *c, const struct id *recording,
                                 uint64_t participant);
/* *ret: whether that was done, or there is nothing to do, in any table. ERR_IO. */
enum err catalogue_is_forgotten(struct catalogue *c, const struct id *recording,
                                uint64_t participant, bool *ret);
/* Truncate the log, and remove a damaged catalogue that was set aside, so that what was forgotten
 * is in no file any more. ERR_BUSY: a reader is in the way; call again. ERR_IO. */
enum err catalogue_purge(struct catalogue *c);
/* The log alone. ERR_BUSY as above, ERR_IO. */
enum err catalogue_truncate(struct catalogue *c);
/* Rename a damaged catalogue that nobody has open, with what lies beside it, to PATH.damaged: for
 * whoever wants to know what happened, until somebody is forgotten. False: it could not be. */
bool catalogue_set_aside(const char *path);
/* Several calls as one transaction (not nested). rollback after an error. */
enum err catalogue_begin(struct catalogue *c);
enum err catalogue_commit(struct catalogue *c);
void catalogue_rollback(struct catalogue *c);

struct recording_row {
    struct id id;
    char tour[ENTRY_TEXT_MAX], title[ENTRY_TEXT_MAX];
    wall_t started;
    us_t duration;  /* [us] so far */
    uint64_t bytes; /* stored media [bytes] */
    enum recording_state state;
    char reason[16];           /* of its end; empty while open */
    uint32_t manifest_version; /* 0 = none yet */
    struct object_info manifest;
};
/* What is known of a participant's name. The values are in the database. */
enum name_state {
    NAME_KNOWN,  /* as it was said, which may be nothing */
    NAME_SEALED, /* its key cannot be had for now */
    NAME_ERASED  /* the participant was shredded */
};
struct track_row {
    struct entry_track track;
    char participant_name[ENTRY_TEXT_MAX];
    enum name_state name_state;
};
struct participant_row {
    uint64_t participant;
    char name[ENTRY_TEXT_MAX], role[16], consent[33];
    enum name_state name_state;
};
struct epoch_row {
    struct entry_epoch epoch; /* width, height: of the largest of its segments, by area */
    us_t duration;            /* end of its last segment, after its start [us] */
    uint64_t bytes;           /* media [bytes] */
    uint32_t segments;        /* count */
};
struct event_row {
    us_t t;
    uint8_t type; /* enum entry_type */
    struct entry_person person;
    us_t duration;              /* gap */
    enum name_state name_state; /* of the participant now */
    struct id track;            /* gap; else ID_NONE */
    /* Of an entry of the tour (person.role: its kind, person.source: its number): its text, and
     * what else it says as a JSON object; borrowed, "" when there is none. */
    const char *text, *fields;
};

/* Queries. Each calls `each` per row in order and stops at its first error, which it returns.
 * ERR_IO, ERR_NOMEM. */
enum err catalogue_recording(struct catalogue *c, const struct id *id, struct recording_row *ret);
/* Ids in their order, added to *ret: of all recordings, of those not shredded, of those that are
 * not finished (state recording or damaged), or of those of which a text could not be opened. */
enum catalogue_set { CATALOGUE_ALL, CATALOGUE_KEPT, CATALOGUE_UNFINISHED, CATALOGUE_SEALED };
enum err catalogue_ids(struct catalogue *c, enum catalogue_set which, struct id_list *ret);
/* A recording's place in the list, which is newest first, by (started, id). */
struct recording_place {
    wall_t started;
    struct id id;
};
/* What there is in all, shredded recordings aside. One pass over the recordings, some tens of
 * milliseconds for 10^5 of them. */
struct catalogue_totals {
    uint64_t recordings, bytes; /* bytes of media, as in recording_row */
    wall_t newest;              /* when the last one ended; of one that runs: so far. 0: none */
};
enum err catalogue_totals(struct catalogue *c, struct catalogue_totals *ret);
#define CATALOGUE_PAGE_MAX 1000
/* What of the list is asked for. All of it must be true of a recording; zero asks for nothing. */
struct recording_query {
    unsigned limit;                      /* 1..CATALOGUE_PAGE_MAX */
    const char *tour;                    /* exactly this one; NULL or "": any */
    const char *text;                    /* each word begins a word of tour, title or a name */
    const char *person;                  /* each word begins a word of a participant's name */
    const enum recording_state *state;   /* NULL: any */
    wall_t from, to;                     /* started in [from, to); 0: without end */
    const struct recording_place *after; /* the page behind this place; NULL: the first one */
    bool before;                         /* the page before that place instead */
};
/* Calls `each` for the recordings of one page, newest first, when all have been read, so that it
 * may ask for more. *ret_more: there are further ones in the direction of the query. */
enum err catalogue_recordings(struct catalogue *c, const struct recording_query *q, bool *ret_more,
                              enum err (*each)(void *ctx, const struct recording_row *r),
                              void *ctx);
/* The programme first. */
enum err catalogue_tracks(struct catalogue *c, const struct id *recording,
                          enum err (*each)(void *ctx, const struct track_row *r), void *ctx);
enum err catalogue_participants(struct catalogue *c, const struct id *recording,
                                enum err (*each)(void *ctx, const struct participant_row *r),
                                void *ctx);
/* By number. track NULL: of all tracks. */
enum err catalogue_epochs(struct catalogue *c, const struct id *recording, const struct id *track,
                          enum err (*each)(void *ctx, const struct epoch_row *r), void *ctx);
struct segment_query {
    struct id recording;
    const struct id *track; /* NULL: all segments of the recording */
    uint32_t epoch;         /* with a track */
};
/* By track, epoch, number. */
enum err catalogue_segments(struct catalogue *c, const struct segment_query *q,
                            enum err (*each)(void *ctx, const struct entry_segment *s), void *ctx);
/* An epoch for who follows it: without a walk over all of its segments. */
struct epoch_tail {
    struct entry_epoch epoch; /* width, height: of its first segment with pictures */
    uint32_t segments;        /* count; numbers are below it */
    bool pictures, sound;     /* some segment has them */
    bool sound_unknown;       /* of an earlier release, which did not note it */
    bool later;               /* there is an epoch behind it in the track: */
    uint32_t next;            /* its number */
};
/* ERR_UNKNOWN, ERR_IO. */
enum err catalogue_epoch_tail(struct catalogue *c, const struct id *recording,
                              const struct id *track, uint32_t epoch, struct epoch_tail *ret);
/* *ret: whether a voice of a source was heard in the recording, so far. Of recordings of earlier
 * releases, whose segments do not say whether they have sound. ERR_UNKNOWN, ERR_IO. */
enum err catalogue_heard(struct catalogue *c, const struct id *recording, bool *ret);
/* Segments of one epoch by number, from a number on, at most so many. */
struct segment_page {
    struct id recording, track;
    uint32_t epoch, from, limit;
};
enum err catalogue_segment_page(struct catalogue *c, const struct segment_page *p,
                                enum err (*each)(void *ctx, const struct entry_segment *s),
                                void *ctx);
enum err catalogue_journal_objects(struct catalogue *c, const struct id *recording,
                                   enum err (*each)(void *ctx, uint32_t number,
                                                    const struct object_info *info),
                                   void *ctx);
/* Participants, consents, mutes, stage, voice, marks, entries of the tour and gaps, by time and in
 * the journal's order; each entry is one. */
enum err catalogue_events(struct catalogue *c, const struct id *recording,
                          enum err (*each)(void *ctx, const struct event_row *r), void *ctx);

#endif
