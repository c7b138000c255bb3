/* What a worker leaves when its process is killed, and what the next one makes of it. */
#include "server/relay/live_file.h"

#include "base/lease.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], why[WHY_MAX];
static struct runtime_dir *d;
static const struct session_file is = {.worker = 2, .n_slots = 150};

static void begin(void) {
    snprintf(dir, sizeof(dir), "/dev/shm/oriel-test-XXXXXX");
    CHECK(mkdtemp(dir));
    CHECK(runtime_dir_open(dir, &d, why) == OK);
}

static void end(void) {
    d = runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0); /* nothing is left in it */
}

static void keep(struct session_slot *slot, uint64_t peer) {
    struct seqlock state = {slot->state, sizeof(struct session_snapshot)};
    struct session_snapshot s = {.version = SNAPSHOT_VERSION, .peer = peer};
    struct lease l;
    lease_init(&l, LEASE_END_MAX);
    lease_keep(&l, &slot->limits[SESSION_LIMIT_SRTCP], 0);
    seqlock_write(&state, &s, snapshot_len(&s));
}

/* As a process leaves it that is killed: the file is there, and nobody has it. */
static void leave(void (*change)(struct session_slot *slots, uint8_t *head)) {
    struct live_file *f = NULL;
    char from[128], to[128];
    CHECK(live_file_new(d, &is, &f, why) == OK && live_file_settle(f, why) == OK);
    CHECK(live_file_grow(f) == 64 && live_file_grow(f) == 128);
    struct session_slot *slots = live_file_slots(f);
    for (uint32_t i = 0; i < 100; i++) {
        keep(&slots[i], i + 1);
    }
    if (change) {
        change(slots, (uint8_t *)slots - SESSION_FILE_HEAD);
    }
    snprintf(from, sizeof(from), "%s/worker-2.live", dir);
    snprintf(to, sizeof(to), "%s/kept", dir);
    CHECK(link(from, to) == 0); /* the end wipes its own pages: a copy outlives it */
    snprintf(why, sizeof(why), "cp %s %s.copy && rm %s", to, to, to);
    CHECK(system(why) == 0);
    live_file_end(f);
    snprintf(to, sizeof(to), "%s/kept.copy", dir);
    CHECK(rename(to, from) == 0);
}

static struct live_found take(void) {
    struct live_found found = {0};
    live_file_take(d, is.worker, &found);
    return found;
}

TEST(live_file_is_found_by_the_next_process) {
    begin();
    leave(NULL);
    struct live_file *f = NULL;
    struct live_found found = take();
    EXPECT_EQ(found.sessions, 100);
    EXPECT(found.dropped.damaged + found.dropped.version + found.dropped.unreadable == 0);
    found = take();
    EXPECT_EQ(found.sessions + found.dropped.unreadable, 0); /* once */
    EXPECT_EQ(live_file_new(d, &is, &f, why), OK);
    live_file_end(f);
    end();
}

static void damage(struct session_slot *slots, uint8_t *head) {
    (void)head;
    for (uint32_t i = 0; i < 3; i++) {
        for (size_t k = 1; k < ARRAY_LEN(slots[i].state); k++) {
            slots[i].state[k] ^= 1;
        }
    }
    memset(&slots[3], 0, sizeof(slots[3])); /* gone */
}

static void other_build(struct session_slot *slots, uint8_t *head) {
    struct session_file_head h;
    (void)slots;
    memcpy(&h, head, sizeof(h));
    h.version++;
    session_file_seal(&h);
    memcpy(head, &h, sizeof(h));
}

static void no_head(struct session_slot *slots, uint8_t *head) {
    (void)slots;
    memset(head, 0, sizeof(struct session_file_head));
}

TEST(live_file_is_not_trusted_as_it_is) {
    begin();
    leave(damage);
    struct live_found found = take();
    EXPECT(found.sessions == 96 && found.dropped.damaged == 3);
    leave(other_build);
    found = take();
    EXPECT(found.sessions == 0 && found.dropped.version == 1 && found.dropped.damaged == 0);
    leave(no_head);
    found = take();
    EXPECT(found.sessions == 0 && found.dropped.damaged == 1);
    end();
}

TEST(live_file_may_be_cut_off_or_be_none) {
    char path[128];
    begin();
    leave(NULL);
    snprintf(path, sizeof(path), "%s/worker-2.live", dir);
    CHECK(truncate(path, (off_t)session_file_slot(10) + 5) == 0);
    struct live_found found = take();
    EXPECT(found.sessions == 10 && found.dropped.unreadable == 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    found = take();
    EXPECT(found.sessions == 0 && found.dropped.unreadable == 1);
    CHECK(symlink("/dev/zero", path) == 0);
    found = take();
    EXPECT(found.sessions == 0 && found.dropped.unreadable == 1);
    end();
}

TEST(live_file_takes_memory_as_it_grows) {
    struct live_file *f = NULL;
    struct stat st;
    char path[128];
    begin();
    REQUIRE(live_file_new(d, &is, &f, why) == OK);
    snprintf(path, sizeof(path), "%s/worker-2.new", dir);
    CHECK(stat(path, &st) == 0);
    EXPECT_EQ((size_t)st.st_size, session_file_size(is.n_slots));
    EXPECT((size_t)st.st_blocks * 512 < session_file_size(64) + 8192);
    EXPECT_EQ(live_file_grow(f), 64);
    EXPECT_EQ(live_file_grow(f), 128);
    EXPECT_EQ(live_file_grow(f), 150);
    EXPECT_EQ(live_file_grow(f), 150);
    memset(live_file_slots(f), 1, 150 * sizeof(struct session_slot));
    live_file_end(f);
    end();
}

/* Killed at any of the steps of docs/survival.md, a process leaves one whole file of its name. */
TEST(live_file_old_one_is_true_until_the_new_one_has_its_name) {
    struct live_file *f = NULL, *again = NULL;
    struct live_found found = {0};
    struct session_snapshot s;
    uint64_t peers = 0;
    begin();
    leave(NULL);
    struct live_old *old = live_old_open(d, is.worker, &found);
    REQUIRE(old);
    EXPECT_EQ(live_old_is(old)->n_slots, is.n_slots);
    EXPECT_EQ(live_file_new(d, &is, &f, why), OK);
    while (live_old_next(old, &s)) {
        peers += s.peer;
    }
    EXPECT_EQ(peers, 100 * 101 / 2);
    EXPECT(!live_old_next(old, &s));
    EXPECT_EQ(found.sessions, 100);
    /* The next process, had this one been killed here: its new file takes the place of ours. */
    EXPECT_EQ(live_file_new(d, &is, &again, why), OK);
    struct live_found once_more = {0};
    struct live_old *same = live_old_open(d, is.worker, &once_more);
    REQUIRE(same && live_old_next(same, &s));
    EXPECT_EQ(s.peer, 1);
    EXPECT_EQ(live_file_settle(again, why), OK);
    CHECK(live_old_end(same) == NULL && live_old_end(old) == NULL); /* what was read is wiped */
    CHECK(live_file_end(f) == NULL); /* it has no name, and takes none away */
    found = (struct live_found){0};
    old = live_old_open(d, is.worker, &found);
    EXPECT(old && !live_old_next(old, &s) && found.sessions == 0 && found.dropped.damaged == 0);
    live_old_end(old);
    live_file_end(again);
    EXPECT(live_old_open(d, is.worker, &found) == NULL && found.dropped.unreadable == 0);
    end();
}
