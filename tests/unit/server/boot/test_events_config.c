/* What becomes of the ledger of events where there are no receivers. */
#include "server/boot/events_config.h"

#include "base/alloc.h"
#include "server/events/event_store.h"
#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY (86400 * US_PER_S)
#define PATIENCE (20 * US_PER_S)

static bool count(void *ctx, const struct event_row *r) {
    (void)r;
    ++*(unsigned *)ctx;
    return true;
}

static unsigned stored(const char *path) {
    struct event_store *s = NULL;
    char why[WHY_MAX];
    unsigned n = 0;
    const struct event_page p = {.most = 10, .each = count, .ctx = &n};
    EXPECT_EQ(event_store_open(path, &s, why), OK);
    EXPECT_EQ(event_store_list(s, NULL, &p), OK);
    event_store_close(s);
    return n;
}

/* One of two days ago and one of now, which no receiver has. */
static void fill(const char *path) {
    struct event_store *s = NULL;
    char why[WHY_MAX];
    const us_t ages[] = {2 * DAY, 0};
    EXPECT_EQ(event_store_open(path, &s, why), OK);
    EXPECT_EQ(event_store_sink(s, "office"), OK);
    EXPECT_EQ(event_store_begin(s), OK);
    for (size_t i = 0; i < 2; i++) {
        struct event *e = event_new(EVENT_TOUR_STARTED, "", 0);
        REQUIRE(e);
        e->at.us = clock_wall().us - ages[i];
        snprintf(e->id, sizeof(e->id), "ID%zu", i);
        strcpy(e->tour, "elm");
        EXPECT_EQ(event_store_append(s, e), OK);
        mem_free(e);
    }
    EXPECT_EQ(event_store_commit(s), OK);
    event_store_close(s);
}

TEST(a_ledger_without_receivers_is_forgotten_in_its_time) {
    char dir[] = "/tmp/oriel-events-XXXXXX", path[64], why[WHY_MAX] = "", command[96];
    struct loop loop = {0};
    struct events_thread *t = NULL;
    REQUIRE(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/events.db", dir);
    const struct config c = {
        .events_enabled = true, .events_file = path, .recording_dir = dir, .events_keep_days = 1};
    EXPECT(!events_told(&c));
    EXPECT_EQ(events_start(&c, &loop, &t, why), OK);
    EXPECT(!t && access(path, F_OK) != 0); /* there is none, and none is made */
    fill(path);
    EXPECT_EQ(events_start(&c, &loop, &t, why), OK);
    us_t by = clock_now() + PATIENCE;
    while (t && stored(path) > 1 && clock_now() < by) {
        usleep(1000);
    }
    events_thread_stop(t);
    EXPECT_EQ(stored(path), 1); /* no end of the tour either */
    snprintf(command, sizeof(command), "rm -r %s", dir);
    EXPECT_EQ(system(command), 0);
}
