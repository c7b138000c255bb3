/* A state directory with one real recording of two people, of whom one is to be forgotten:
 * pictures, sound, names, a text, and the databases. */
#ifndef ORIEL_TESTS_BENCH_HOUSE_H
#define ORIEL_TESTS_BENCH_HOUSE_H

#include "recorder/archive/backup.h"
#include "recorder/archive/recovery.h"
#include "recorder/library/library_parts.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/feed.h"

#define GONE 5 /* who is shredded */
#define STAYS 6
#define GONE_NAME "Wilhelmina Featherstone"
#define GONE_MARK "my grandmother's kitchen"
#define STAYS_NAME "Bartholomew Underhill"

/* Who orders it to be erased. */
extern const struct library_order house_order;

struct house {
    struct rig rig;
    struct archive *archive;
    struct library *library;
    struct id id;
    char text[ID_TEXT_MAX], why[WHY_MAX];
    uint8_t picture[64], sound[32]; /* of what they sent */
};

/* Recorded, and opened. */
void house_begin(struct house *h);
void house_end(struct house *h);
/* The writer's archive, and a library. */
void house_open(struct house *h);
void house_close(struct house *h);
/* How many files of the state directory have this text in clear. */
unsigned house_files_with(struct house *h, const char *text);
/* The recording says that GONE was erased, and everything of the others. */
void house_expect_erased(struct house *h);

/* Every secret of theirs, as it is in memory while they are recorded or played. */
struct secrets {
    struct key_wrap wrap;
    uint8_t root[KEY_LEN], objects[KEY_LEN], text[KEY_LEN], media[KEY_LEN];
    struct id track; /* one of theirs */
};

void house_secrets(struct house *h, struct secrets *s);

#endif
