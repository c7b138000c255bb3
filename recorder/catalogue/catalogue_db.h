/* What the files of the catalogue share. SQL text stands in them and nowhere else, one for every
 * kind of database (recorder/db/database.h); what is of SQLite alone is in catalogue_file.c. */
#ifndef ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H
#define ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H

#include "recorder/catalogue/catalogue.h"
#include "recorder/db/database.h"

#include <limits.h>

struct catalogue {
    struct db *db;
    bool shared, write;  /* shared: it is a PostgreSQL, and what follows is of that */
    bool two;            /* there is a file, too */
    char file[PATH_MAX]; /* where the catalogue is where there is no database */
    struct id owner;     /* ID_NONE: not known */
};

/* Bring the schema of a file to CATALOGUE_SCHEMA. ERR_UNSUPPORTED: newer, or older and not to be
 * written. */
enum err catalogue_migrate(struct catalogue *c, bool write);

/* Remove what catalogue_set_aside left of this path, for everybody's name is in it. ERR_IO. */
enum err catalogue_forget_set_aside(const char *path);
/* Every row into an empty one. In a transaction of `to`. */
enum err catalogue_copy_rows(struct catalogue *from, struct db *to);

/* What changes in between is durable when catalogue_sync_end says OK; e: how it went. */
enum err catalogue_sync_begin(struct catalogue *c);
enum err catalogue_sync_end(struct catalogue *c, enum err e);

#define RECORDING_COLUMNS                                                               \
    "id,tour,title,started,duration,bytes,state,reason,manifest_version,manifest_size," \
    "manifest_sha256"
/* The row of these columns. */
void catalogue_read_recording(struct db_rows *s, struct recording_row *r);

#define EPOCH_COLUMNS "e.track,e.number,e.video,e.audio,e.width,e.height,e.start,e.init"
/* The epoch of these columns, of `epochs e`. */
void catalogue_read_epoch(struct db_rows *s, struct entry_epoch *e);
#define SEGMENT_COLUMNS                                                                      \
    "track,epoch,number,start,duration,width,height,first_is_key,adopted,bytes,size,sha256," \
    "keys,sound"
/* The segment of these columns. */
void catalogue_read_segment(struct db_rows *s, struct entry_segment *r);

/* What a word was said of. The values are in the database. */
enum word_kind { WORD_OF_RECORDING = 0, WORD_OF_PERSON = 1 };
struct words_of {
    struct id recording;
    enum word_kind kind;
    uint64_t participant; /* 0 for the recording's own */
};
/* Note the words of a text. */
enum err catalogue_put_words(struct catalogue *c, const struct words_of *of, const char *text);

#endif
