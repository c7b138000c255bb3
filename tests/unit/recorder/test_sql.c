/* SQLite in a few words: kept statements, and when a file is looked through. */
#include "recorder/catalogue/catalogue.h"
#include "recorder/db/sql_cache.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct file {
    struct scratch scratch;
    char path[PATH_MAX];
    struct sql_cache cache;
};

static void file_begin(struct file *f) {
    memset(f, 0, sizeof(*f));
    scratch_begin(&f->scratch);
    snprintf(f->path, sizeof(f->path), "%s/x.db", f->scratch.dir);
    CHECK(sql_open(f->path, true, &f->cache.db) == OK);
    CHECK(sql_exec(f->cache.db,
                   "PRAGMA journal_mode=WAL; CREATE TABLE t(a INTEGER UNIQUE, b TEXT)") == OK);
}

static void file_close(struct file *f) {
    sql_cache_clear(&f->cache);
    sqlite3_close(f->cache.db);
    f->cache.db = NULL;
}

static void file_end(struct file *f) {
    file_close(f);
    scratch_end(&f->scratch);
}

static const char insert[] = "INSERT INTO t VALUES(?,?)", all[] = "SELECT a FROM t ORDER BY a";

TEST(sql_a_kept_statement_is_prepared_once) {
    struct file f;
    file_begin(&f);
    for (int64_t i = 0; i < 3; i++) {
        EXPECT_EQ(sql_run_kept(&f.cache, insert, "it", i, "x"), OK);
    }
    EXPECT(f.cache.kept[0].text == insert);
    EXPECT(f.cache.kept[1].text == NULL);
    EXPECT_EQ(sql_run_kept(&f.cache, insert, "it", (int64_t)2, "x"), ERR_EXISTS);
    EXPECT_EQ(sql_run_kept(&f.cache, insert, "it", (int64_t)3, "x"), OK); /* it recovered */
    EXPECT_EQ(sql_run_kept(&f.cache, "nonsense", ""), ERR_IO);
    EXPECT(f.cache.kept[1].text == NULL);
    file_end(&f);
}

TEST(sql_a_statement_that_is_lent_may_be_used_once_more) {
    struct file f;
    file_begin(&f);
    for (int64_t i = 0; i < 3; i++) {
        EXPECT_EQ(sql_run_kept(&f.cache, insert, "it", i, "x"), OK);
    }
    sqlite3_stmt *one = sql_borrow(&f.cache, all, ""), *two = sql_borrow(&f.cache, all, "");
    REQUIRE(one && two && one != two);
    EXPECT_EQ(sql_step(one), OK);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(sql_step(two), OK);
    }
    EXPECT_EQ(sql_step(two), ERR_UNKNOWN);
    sql_give_back(&f.cache, two);
    EXPECT_EQ(sql_step(one), OK);
    EXPECT_EQ(sqlite3_column_int64(one, 0), 1);
    sql_give_back(&f.cache, one);
    sql_give_back(&f.cache, NULL);
    EXPECT(sql_borrow(&f.cache, all, "") == one); /* from its beginning */
    EXPECT_EQ(sql_step(one), OK);
    EXPECT_EQ(sqlite3_column_int64(one, 0), 0);
    sql_give_back(&f.cache, one);
    file_end(&f);
}

TEST(sql_more_statements_than_are_kept_work_too) {
    static char texts[SQL_CACHE_MAX + 5][32];
    struct file f;
    file_begin(&f);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
            snprintf(texts[i], sizeof(texts[i]), "SELECT %u", i);
            sqlite3_stmt *s = sql_borrow(&f.cache, texts[i], "");
            REQUIRE(s && sql_step(s) == OK);
            EXPECT_EQ(sqlite3_column_int64(s, 0), i);
            sql_give_back(&f.cache, s);
        }
    }
    file_end(&f);
}

static void fill(struct file *f, unsigned mib) {
    char text[128];
    snprintf(text, sizeof(text), "INSERT INTO t VALUES(-%u, zeroblob(%u << 20))", mib, mib);
    CHECK(sql_exec(f->cache.db, text) == OK);
    CHECK(sql_truncate_log(f->cache.db) == OK);
}

TEST(sql_a_small_file_is_always_checked_a_large_one_after_a_crash) {
    struct file f;
    file_begin(&f);
    EXPECT(sql_wants_check("/none/at/all"));
    file_close(&f);
    EXPECT(sql_wants_check(f.path));
    CHECK(sql_open(f.path, true, &f.cache.db) == OK);
    fill(&f, 17);
    EXPECT(sql_wants_check(f.path)); /* as it is found after a crash: the log is there */
    file_close(&f);
    EXPECT(!sql_wants_check(f.path));
    CHECK(sql_open(f.path, true, &f.cache.db) == OK);
    sql_suspect(f.cache.db);
    file_close(&f);
    EXPECT(sql_wants_check(f.path));
    sql_trust(f.path);
    EXPECT(!sql_wants_check(f.path));
    file_end(&f);
}

/* The page that holds the table `journals` of a catalogue, [bytes] from its beginning. */
static long page_of_journals(sqlite3 *db) {
    sqlite3_stmt *s =
        sql_prepare(db, "SELECT rootpage FROM sqlite_schema WHERE name='journals'", "");
    CHECK(s && sql_step(s) == OK);
    long at = (long)(sqlite3_column_int64(s, 0) - 1) * 4096;
    sqlite3_finalize(s);
    return at;
}

static enum err no_object(void *ctx, uint32_t number, const struct object_info *info) {
    (void)ctx;
    (void)number;
    (void)info;
    return OK;
}

/* A catalogue that is too large to be looked through at each start: damage is found by whoever
 * meets it, and the next start sees to it. */
TEST(sql_damage_that_was_met_is_looked_for_at_the_next_start) {
    struct file f;
    struct catalogue *c = NULL;
    struct id id = {{1}};
    file_begin(&f);
    file_close(&f);
    REQUIRE(unlink(f.path) == 0);
    REQUIRE(catalogue_open(f.path, true, &c) == OK);
    catalogue_close(c);
    REQUIRE(sql_open(f.path, true, &f.cache.db) == OK);
    CHECK(sql_exec(f.cache.db, "CREATE TABLE t(a INTEGER UNIQUE, b TEXT)") == OK);
    fill(&f, 17);
    long at = page_of_journals(f.cache.db);
    file_close(&f);
    FILE *file = fopen(f.path, "r+b");
    REQUIRE(file && fseek(file, at, SEEK_SET) == 0);
    for (unsigned i = 0; i < 64; i++) {
        CHECK(fputc(0xa5, file) != EOF);
    }
    REQUIRE(fclose(file) == 0);
    REQUIRE(catalogue_open(f.path, true, &c) == OK); /* not seen */
    EXPECT_EQ(catalogue_journal_objects(c, &id, no_object, NULL), ERR_FORMAT);
    catalogue_close(c);
    c = NULL;
    EXPECT_EQ(catalogue_open(f.path, true, &c), ERR_FORMAT);
    EXPECT_EQ(catalogue_open(f.path, true, &c), ERR_FORMAT); /* until it is set aside */
    EXPECT(c == NULL);
    file_end(&f);
}

/* The permissions of the file with this suffix; 0: there is none. */
static mode_t mode_of(const struct file *f, const char *suffix) {
    char name[PATH_MAX];
    struct stat st;
    CHECK(snprintf(name, sizeof(name), "%s%s", f->path, suffix) < (int)sizeof(name));
    return stat(name, &st) == 0 ? st.st_mode & 07777 : 0;
}

TEST(sql_nobody_else_reads_a_database_its_log_or_a_copy) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct file f;
    char name[PATH_MAX + 8];
    mode_t mask = umask(0); /* whatever it is */
    file_begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        EXPECT_EQ(mode_of(&f, suffixes[i]), 0600);
        /* As an earlier release left them. */
        snprintf(name, sizeof(name), "%s%s", f.path, suffixes[i]);
        CHECK(chmod(name, 0644) == 0);
    }
    sqlite3 *two = NULL;
    REQUIRE(sql_open(f.path, true, &two) == OK);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        EXPECT_EQ(mode_of(&f, suffixes[i]), 0600);
    }
    snprintf(name, sizeof(name), "%s-copy", f.path);
    EXPECT_EQ(sql_copy(two, name), OK);
    EXPECT_EQ(mode_of(&f, "-copy"), 0600);
    EXPECT_EQ(sql_copy(two, name), ERR_IO); /* it is there */
    EXPECT_EQ(mode_of(&f, "-copy"), 0600);
    sqlite3_close(two);
    umask(mask);
    file_end(&f);
}

/* Open files of this process that have no name any more. */
static unsigned nameless_files(void) {
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;
    CHECK(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char to[PATH_MAX];
        ssize_t len = readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1);
        to[len > 0 ? len : 0] = '\0';
        n += to[0] == '/' && strstr(to, " (deleted)") != NULL && strncmp(to, "/memfd:", 7) != 0;
    }
    closedir(d);
    return n;
}

/* What is sorted has names in it: it is in no file but the database, where a shred looks for it. */
TEST(sql_a_large_sort_leaves_nothing_on_a_disk) {
    struct file f;
    file_begin(&f);
    REQUIRE(sql_exec(f.cache.db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                 " LIMIT 30000) INSERT INTO t SELECT i, hex(randomblob(300))"
                                 " FROM n") == OK);
    unsigned before = nameless_files();
    sqlite3_stmt *s = sql_prepare(f.cache.db, "SELECT b FROM t ORDER BY b", "");
    REQUIRE(s);
    EXPECT_EQ(sql_step(s), OK);
    EXPECT_EQ(nameless_files(), before);
    sqlite3_finalize(s);
    file_end(&f);
}

/* A restore that was killed: half a database in its place would be taken for one. */
TEST(a_copy_has_its_name_when_it_is_whole) {
    struct file f;
    char to[PATH_MAX + 8], part[PATH_MAX + 16];
    int64_t version = 0;
    int status;
    file_begin(&f);
    snprintf(to, sizeof(to), "%s.copy", f.path);
    snprintf(part, sizeof(part), "%s.new", to);
    CHECK(sql_exec(f.cache.db, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n"
                               " WHERE i < 50000) INSERT INTO t SELECT i, hex(zeroblob(200))"
                               " FROM n; PRAGMA user_version = 7") == OK);
    file_close(&f);
    pid_t pid = fork(), gone = 0;
    if (pid == 0) {
        _exit(sql_copy_file(f.path, to) == OK ? 0 : 1);
    }
    REQUIRE(pid > 0);
    while (access(to, F_OK) != 0 && (gone = waitpid(pid, &status, WNOHANG)) == 0) {
    }
    if (gone == 0) {
        kill(pid, SIGKILL); /* as soon as it is there */
        (void)waitpid(pid, &status, 0);
    }
    EXPECT_EQ(sql_open(to, false, &f.cache.db), OK);
    EXPECT_EQ(sql_version(f.cache.db, &version), OK);
    EXPECT_EQ(version, 7);
    file_close(&f);
    EXPECT_EQ(sql_copy_file(f.path, to), ERR_EXISTS);
    /* And what one that died has left is in nobody's way. */
    EXPECT_EQ(rename(to, part), 0);
    EXPECT_EQ(truncate(part, 5000), 0);
    EXPECT_EQ(sql_copy_file(f.path, to), OK);
    EXPECT(access(part, F_OK) != 0);
    EXPECT_EQ(sql_open(to, false, &f.cache.db), OK);
    EXPECT_EQ(sql_check(f.cache.db), OK);
    file_end(&f);
}
