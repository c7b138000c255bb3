/* An order to shred is carried out to its end, wherever the process dies that does it. */
#include "tests/unit/recorder/bench_house.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <sqlite3.h>

/* Nothing of their name and what they wrote is said or found, and no file has it. */
static void expect_forgotten(struct house *h) {
    struct library_query q = {.person = "Wilhelmina"};
    char *out = NULL;
    house_expect_erased(h);
    REQUIRE(library_list_json(h->library, &q, &out) == OK);
    EXPECT(strstr(out, h->text) == NULL);
    mem_free(out);
    EXPECT_EQ(house_files_with(h, GONE_NAME), 0);
    EXPECT_EQ(house_files_with(h, "ilhelmina"), 0);
    EXPECT_EQ(house_files_with(h, GONE_MARK), 0);
}

static void statement(const char *path, const char *text) {
    sqlite3 *db;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* What a process of an earlier release left that was killed while it forgot, table by table. */
TEST(erasure_that_forgot_some_tables_is_finished_by_the_next_start) {
    static const char *const done[] = {
        "UPDATE participants SET name='', name_state=2 WHERE participant=5",
        "UPDATE events SET name='' WHERE participant=5",
        "DELETE FROM texts WHERE participant=5",
    };
    char path[PATH_MAX];
    for (size_t n = 0; n <= ARRAY_LEN(done); n++) {
        struct house h;
        house_begin(&h);
        struct key_context c = {h.id, GONE};
        struct wraps_order o = {house_order.at, house_order.who, house_order.why};
        EXPECT_EQ(wraps_shred_person(h.archive->wraps, &c, &o), OK);
        house_close(&h);
        snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
        for (size_t i = 0; i < n; i++) {
            statement(path, done[i]);
        }
        house_open(&h);
        EXPECT_EQ(recovery_run(h.archive, NULL), OK);
        expect_forgotten(&h);
        house_end(&h);
    }
}

/* It is forgotten everywhere or nowhere: a table that cannot be written keeps the others as they
 * are. */
TEST(erasure_forgets_in_one_transaction) {
    struct house h;
    char path[PATH_MAX];
    bool forgotten = true;
    house_begin(&h);
    house_close(&h);
    snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
    statement(path, "CREATE TRIGGER refuse BEFORE DELETE ON words BEGIN"
                    " SELECT RAISE(ABORT,'no'); END");
    house_open(&h);
    EXPECT(library_shred_person(h.library, h.text, GONE, &house_order) != OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(!forgotten && house_files_with(&h, GONE_MARK) > 0);
    house_close(&h);
    statement(path, "DROP TRIGGER refuse");
    house_open(&h);
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(forgotten);
    expect_forgotten(&h);
    house_end(&h);
}
