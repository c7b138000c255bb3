/* A PostgreSQL of this program's own (tests/integ/lib/pg.sh), started when it is first wanted and
 * ended with the program, however that ends. */
#ifndef ORIEL_TESTS_BENCH_POSTGRES_H
#define ORIEL_TESTS_BENCH_POSTGRES_H

#include "recorder/db/postgres.h"

#include <stdbool.h>

/* How to connect to it as it is now: with the clock and poll of the operating system, quick to give
 * up. Its url is of a database without anything in it, the same until the next call. */
const struct postgres_config *bench_postgres_fresh(void);
/* The same of the one that there is. */
const struct postgres_config *bench_postgres_now(void);
/* Orders of pg.sh: "kill", "start", "freeze", "thaw". */
void bench_postgres_do(const char *order);
/* A text that is no test's business, by another connection: CHECKs that it works. */
void bench_postgres_sql(const char *text);

/* One test for both kinds of database: `id` with a file, and `id_in_postgres` with a database that
 * is empty, and where archives of bench_archive have their catalogue. */
#define TEST_BOTH(id)            \
    static void both_##id(void); \
    TEST(id) {                   \
        both_##id();             \
    }                            \
    TEST(id##_in_postgres) {     \
        bench_kind(true);        \
        both_##id();             \
        bench_kind(false);       \
    }                            \
    static void both_##id(void)
/* What follows is in a fresh PostgreSQL, or in files. */
void bench_kind(bool postgres);
bool bench_kind_is_postgres(void);
struct catalogue;
/* A catalogue of that kind. path: where the file is, or would be. */
struct catalogue *bench_catalogue(const char *path);
/* Another connection to that catalogue, for reading. */
struct catalogue *bench_catalogue_reader(const char *path);

#endif
