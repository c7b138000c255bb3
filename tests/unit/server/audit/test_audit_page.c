/* The log page by page, both ways, whatever is in its files and whatever cursor is shown. */
#include "server/audit/audit_page.h"

#include "server/audit/audit_log.h"
#include "tests/unit/test.h"
#include "json/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 2048 /* records that a test has */
#define BATCH 10

static char dir[64], why[WHY_MAX];
static const wall_t noon = {1700000000000000};

static void setup(void) {
    snprintf(dir, sizeof(dir), "/tmp/oriel-audit-XXXXXX");
    CHECK(mkdtemp(dir));
}

static void teardown(void) {
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK(system(command) == 0);
}

/* n records in several files: the i-th is of recording i % 7 and at noon + i seconds. */
static void fill(size_t n, uint64_t file_max) {
    struct audit_log *l = NULL;
    const struct audit_log_config c = {dir, file_max};
    REQUIRE(audit_log_open(&c, NULL, noon, &l, why) == OK);
    struct audit_entry e[BATCH];
    for (size_t i = 0, k = 0; i < n; i++) {
        e[k] = (struct audit_entry){.what = i % 2 ? AUDIT_RECORDING_SHRED : AUDIT_RECORDING_GET,
                                    .at = {noon.us + (int64_t)i * US_PER_S}};
        snprintf(e[k].recording, sizeof(e[k].recording), "%032zu", i % 7);
        snprintf(e[k].sub, sizeof(e[k].sub), "%s", i % 3 ? "olga" : "vera");
        k++;
        if (k == BATCH || i + 1 == n || file_max < 4000) {
            REQUIRE(audit_log_put(l, noon, e, k) == OK);
            k = 0;
        }
    }
    audit_log_close(l);
}

/* What came of all pages. */
static struct {
    uint64_t n[MOST];
    size_t count, pages, empty;
    bool damaged;
    struct audit_cursor end;
} got;

static void take_page(const struct json *o, struct audit_page *page, bool *ret_more) {
    const struct json *list = json_member(o, "records");
    const char *next = json_get_string(json_member(o, "next"), NULL);
    const char *end = json_get_string(json_member(o, "end"), NULL);
    bool damaged = true;
    for (size_t i = 0; i < json_count(list) && got.count < MOST; i++) {
        CHECK(json_get_uint(json_member(json_item(list, i), "n"), INT64_MAX, &got.n[got.count++]));
    }
    EXPECT(json_count(list) <= page->limit);
    EXPECT(json_get_bool(json_member(o, "damaged"), &damaged));
    got.damaged |= damaged;
    got.pages++;
    got.empty += json_count(list) == 0;
    EXPECT(!end || audit_cursor_read(end, &got.end));
    EXPECT(!next || (end && strcmp(next, end) == 0));
    *ret_more = next && audit_cursor_read(next, &page->after);
}

static void read_all(struct audit_page page) {
    const struct json_limits limits = {.bytes = 2 << 20, .depth = 3, .values = 100000};
    memset(&got, 0, sizeof(got));
    page.look = page.look ? page.look : AUDIT_PAGE_LOOK;
    page.limit = page.limit ? page.limit : AUDIT_PAGE_MAX;
    for (bool more = true; more && got.pages < 10000;) {
        struct buffer b = {0};
        const struct json *o = NULL;
        REQUIRE(audit_page_put(&b, dir, &page) == OK);
        REQUIRE(json_read(b.p, b.n, &limits, &o, NULL) == OK);
        take_page(o, &page, &more);
        json_free(o);
        buffer_free(&b);
    }
    EXPECT(got.pages < 10000);
}

/* Every number from `first` to `last` but `without`, once and in order. */
static void expect_numbers(bool newest_first, uint64_t first, uint64_t last, uint64_t without) {
    size_t i = 0;
    for (uint64_t k = 0; k <= last - first; k++) {
        uint64_t n = newest_first ? last - k : first + k;
        if (n == without) {
            continue;
        }
        if (i >= got.count || got.n[i] != n) {
            test_fail(__FILE__, __LINE__, "record %zu of %zu is not %" PRIu64, i, got.count, n);
            return;
        }
        i++;
    }
    EXPECT_EQ(i, got.count);
}

TEST(audit_pages_have_each_record_once) {
    setup();
    fill(400, 20000);
    for (int newest = 0; newest < 2; newest++) {
        for (uint32_t limit = 1; limit <= 500; limit = limit * 3 + 1) {
            read_all((struct audit_page){.limit = limit, .newest_first = newest});
            expect_numbers(newest, 1, 400, 0);
            EXPECT(!got.damaged);
            EXPECT_EQ(got.pages, (400 + limit - 1) / limit);
            read_all((struct audit_page){
                .limit = limit, .look = AUDIT_LOOK_LEAST, .newest_first = newest});
            expect_numbers(newest, 1, 400, 0);
            EXPECT(!got.damaged && got.empty == 0);
        }
    }
    teardown();
}

TEST(audit_pages_look_at_so_much_and_go_on) {
    setup();
    fill(400, 1 << 20); /* one file, and windows within it */
    for (int newest = 0; newest < 2; newest++) {
        struct audit_page page = {.look = AUDIT_LOOK_LEAST, .newest_first = newest};
        page.filter.since.us = noon.us + 200 * US_PER_S;
        page.filter.until.us = noon.us + 202 * US_PER_S;
        read_all(page);
        expect_numbers(newest, 201, 202, 0);
        EXPECT(got.pages > 3 && got.empty >= got.pages - 1);
    }
    teardown();
}

TEST(audit_pages_have_what_is_asked_for) {
    setup();
    fill(42, 5000);
    struct audit_page page = {.filter = {.recording = "00000000000000000000000000000003"}};
    read_all(page);
    EXPECT_EQ(got.count, 6);
    page.filter.what = "recording.shred";
    read_all(page);
    EXPECT_EQ(got.count, 3);
    page.filter = (struct audit_filter){.what = "recording.", .who = "vera"};
    read_all(page);
    EXPECT_EQ(got.count, 14);
    page.filter = (struct audit_filter){.outcome = "refused"};
    read_all(page);
    EXPECT_EQ(got.count, 0);
    page.filter = (struct audit_filter){.tour = "demo"};
    read_all(page);
    EXPECT_EQ(got.count, 0);
    page.filter = (struct audit_filter){.what = "recording"}; /* a word, and no beginning */
    read_all(page);
    EXPECT_EQ(got.count, 0);
    teardown();
}

/* What another recording's lines are like is no matter then, and what is not for its readers is not
 * shown. */
TEST(audit_pages_are_of_one_recording) {
    static const char id[] = "00000000000000000000000000000003";
    setup();
    fill(42, 5000);
    struct audit_page page = {.filter = {.recording = id}, .newest_first = true, .of_one = true};
    for (uint32_t limit = 1; limit < 10; limit += 4) {
        page.after = (struct audit_cursor){0};
        page.limit = limit;
        read_all(page);
        EXPECT_EQ(got.count, 6);
        EXPECT(!got.damaged);
        for (size_t i = 0; i < got.count; i++) {
            EXPECT_EQ(got.n[i], 39 - 7 * i);
        }
    }
    teardown();
}

/* A member that somebody of the recording is not to see, and one that names it elsewhere. */
TEST(audit_pages_of_one_recording_show_no_addresses) {
    static const char id[] = "00000000000000000000000000000003";
    struct audit_log *l = NULL;
    struct audit_entry e[2] = {{.what = AUDIT_RECORDING_PLAY, .at = noon},
                               {.what = AUDIT_AUDIT_LIST, .at = noon}};
    struct buffer b = {0};
    setup();
    const struct audit_log_config c = {dir, 1 << 20};
    snprintf(e[0].recording, sizeof(e[0].recording), "%s", id);
    snprintf(e[0].sub, sizeof(e[0].sub), "olga");
    snprintf(e[0].address, sizeof(e[0].address), "192.0.2.7");
    snprintf(e[0].trace, sizeof(e[0].trace), "0af7651916cd43dd8448eb211c80319c");
    snprintf(e[1].detail, sizeof(e[1].detail), "recording=%s", id);
    REQUIRE(audit_log_open(&c, NULL, noon, &l, why) == OK);
    REQUIRE(audit_log_put(l, noon, e, 2) == OK);
    audit_log_close(l);
    const struct audit_page page = {.filter = {.recording = id},
                                    .look = AUDIT_PAGE_LOOK_ONE,
                                    .limit = 10,
                                    .newest_first = true,
                                    .of_one = true};
    REQUIRE(audit_page_put(&b, dir, &page) == OK);
    EXPECT(strstr(b.p, "\"what\":\"recording.play\"") && strstr(b.p, "\"sub\":\"olga\""));
    EXPECT(!strstr(b.p, "192.0.2.7") && !strstr(b.p, "trace") && !strstr(b.p, "audit.list"));
    buffer_free(&b);
    teardown();
}

/* Who has read all asks later for what came since. */
TEST(audit_pages_go_on_from_their_end) {
    setup();
    fill(10, 2000);
    read_all((struct audit_page){0});
    EXPECT_EQ(got.count, 10);
    struct audit_cursor end = got.end;
    read_all((struct audit_page){.after = end});
    EXPECT_EQ(got.count, 0);
    EXPECT(got.end.file == end.file && got.end.at == end.at);
    fill(9, 2000);
    read_all((struct audit_page){.after = end});
    expect_numbers(false, 11, 19, 0);
    read_all((struct audit_page){.after = end, .newest_first = true});
    expect_numbers(true, 1, 10, 0);
    teardown();
}

static const char *file_path(uint64_t first) {
    static char path[128];
    char name[AUDIT_NAME_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(first, name));
    return path;
}

/* Some place in the log is what any two numbers are. */
TEST(audit_cursors_that_are_made_up_do_no_harm) {
    setup();
    fill(3, 1 << 20);
    for (uint64_t at = 0; at < 1300; at++) {
        read_all((struct audit_page){.after = {1, at}});
        size_t behind = got.count;
        EXPECT(!got.damaged);
        read_all((struct audit_page){.after = {1, at}, .newest_first = true});
        /* The line that it is in the midst of is neither behind it nor before it. */
        EXPECT(behind + got.count == 3 || behind + got.count == 2);
        EXPECT(!got.damaged);
    }
    read_all((struct audit_page){.after = {1, UINT64_MAX}});
    EXPECT_EQ(got.count, 0);
    read_all((struct audit_page){.after = {9, 9}});
    EXPECT_EQ(got.count, 0);
    read_all((struct audit_page){.after = {9, 9}, .newest_first = true});
    EXPECT_EQ(got.count, 3);
    teardown();
}

/* A file that was removed for its age takes its pages along, and no others. */
TEST(audit_pages_outlive_a_file) {
    setup();
    fill(30, 2000);
    struct audit_files files = {0};
    REQUIRE(audit_files_list(dir, &files) == OK);
    REQUIRE(files.n > 4);
    uint64_t second = files.first[1], third = files.first[2], fourth = files.first[3];
    audit_files_free(&files);
    CHECK(unlink(file_path(third)) == 0);
    read_all((struct audit_page){.after = {third, 100}});
    expect_numbers(false, fourth, 30, 0);
    read_all((struct audit_page){.after = {third, 100}, .newest_first = true});
    expect_numbers(true, 1, third - 1, 0);
    EXPECT(second < third);
    teardown();
}

static void change(const char *sed, const char *file) {
    char command[300];
    snprintf(command, sizeof(command), "sed -i '%s' %s", sed, file);
    CHECK(system(command) == 0);
}

static void expect_both(uint64_t last, uint64_t without) {
    for (int newest = 0; newest < 2; newest++) {
        read_all((struct audit_page){.newest_first = newest});
        expect_numbers(newest, 1, last, without);
        EXPECT(got.damaged);
        read_all((struct audit_page){.look = AUDIT_LOOK_LEAST, .newest_first = newest});
        expect_numbers(newest, 1, last, without);
        EXPECT(got.damaged);
    }
}

TEST(audit_pages_step_over_what_is_damaged) {
    setup();
    fill(60, 1 << 20);
    change("5s/recording/recordinG/", file_path(1));
    expect_both(60, 5);
    change("30s/$/\\nno record/", file_path(1));
    expect_both(60, 5);
    teardown();
}

TEST(audit_pages_step_over_a_line_without_end) {
    char command[300];
    setup();
    fill(60, 1 << 20);
    snprintf(command, sizeof(command),
             "f=%s; { head -30 $f; head -c 70000 /dev/zero | tr '\\0' x; echo; tail -n +31 $f; }"
             " > %s/new && mv %s/new $f",
             file_path(1), dir, dir);
    CHECK(system(command) == 0);
    expect_both(60, 0);
    teardown();
}

/* At the end of the last file somebody writes; elsewhere it is torn. */
TEST(audit_pages_know_a_line_under_way) {
    char command[300];
    setup();
    fill(12, 1000);
    struct audit_files files = {0};
    REQUIRE(audit_files_list(dir, &files) == OK);
    REQUIRE(files.n > 2);
    uint64_t first = files.first[0], last = files.first[files.n - 1];
    audit_files_free(&files);
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof(command), "printf '{\"n\":99' >> %s", file_path(i ? first : last));
        CHECK(system(command) == 0);
        for (int newest = 0; newest < 2; newest++) {
            read_all((struct audit_page){.newest_first = newest});
            expect_numbers(newest, 1, 12, 0);
            EXPECT_EQ(got.damaged, i == 1);
        }
    }
    teardown();
}

TEST(audit_pages_of_no_log) {
    setup();
    read_all((struct audit_page){0});
    EXPECT(got.count == 0 && got.pages == 1 && got.end.file == 0);
    struct buffer b = {0};
    EXPECT_EQ(audit_page_put(&b, "/nowhere", &(struct audit_page){.limit = 1}), ERR_UNKNOWN);
    buffer_free(&b);
    teardown();
}

TEST(audit_cursors_are_texts) {
    struct audit_cursor c = {0x123456789a, 0xf0}, again = {0};
    char text[AUDIT_CURSOR_TEXT_MAX];
    EXPECT_STR(audit_cursor_text(&c, text), "123456789a-f0");
    EXPECT(audit_cursor_read(text, &again) && again.file == c.file && again.at == c.at);
    static const char *const bad[] = {
        "",     "-",   "1", "1-", "-1", "1-1-", "1-0x", "A-1", " 1-1", "1- 1", "1-12345678901",
        "+1-1", "1--1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!audit_cursor_read(bad[i], &again));
    }
    EXPECT(again.at == c.at); /* untouched */
}

/* A lack of memory is told, and is no damage. */
TEST(audit_pages_without_memory) {
    const struct audit_page page = {.limit = 10, .look = AUDIT_PAGE_LOOK};
    long n = 0;
    setup();
    fill(5, 2000);
    for (bool failed = true; failed && n < 1000; n++) {
        struct buffer b = {0};
        mem_fail_at(n);
        enum err e = audit_page_put(&b, dir, &page);
        failed = mem_failed();
        mem_fail_at(-1);
        EXPECT_EQ(e, failed ? ERR_NOMEM : OK);
        EXPECT(failed || strstr(b.p, "\"damaged\":false"));
        buffer_free(&b);
    }
    EXPECT(n > 5 && n < 1000);
    teardown();
}
