/* What the files of the catalogue share. SQL text stands in them and nowhere else. */
#ifndef ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H
#define ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H

#include "recorder/catalogue/catalogue.h"
#include "recorder/db/sql_cache.h"

struct catalogue {
    sqlite3 *db;
    struct sql_cache cache;
};

/* Bring the schema to CATALOGUE_SCHEMA. ERR_UNSUPPORTED: newer, or older and not to be written. */
enum err catalogue_migrate(struct catalogue *c, bool write);

#define RECORDING_COLUMNS                                                               \
    "id,tour,title,started,duration,bytes,state,reason,manifest_version,manifest_size," \
    "manifest_sha256"
/* The row of these columns. */
void catalogue_read_recording(sqlite3_stmt *s, struct recording_row *r);

#define EPOCH_COLUMNS "e.track,e.number,e.video,e.audio,e.width,e.height,e.start,e.init"
/* The epoch of these columns, of `epochs e`. */
void catalogue_read_epoch(sqlite3_stmt *s, struct entry_epoch *e);
#define SEGMENT_COLUMNS                                                                      \
    "track,epoch,number,start,duration,width,height,first_is_key,adopted,bytes,size,sha256," \
    "keys,sound"
/* The segment of these columns. */
void catalogue_read_segment(sqlite3_stmt *s, struct entry_segment *r);

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
