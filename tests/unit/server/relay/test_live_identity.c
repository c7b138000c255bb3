/* The certificate that a killed process leaves, and what the next one makes of it. */
#include "server/relay/live_identity.h"

#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE INT64_C(1790000000000000)

static char dir[64], path[96], why[WHY_MAX];
static struct runtime_dir *d;
static struct live_found found;

static void begin(void) {
    snprintf(dir, sizeof(dir), "/dev/shm/oriel-test-XXXXXX");
    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/identity", dir);
    CHECK(runtime_dir_open(dir, &d, why) == OK);
    memset(&found, 0, sizeof(found));
}

static void end(void) {
    live_identity_end(d);
    d = runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0); /* nothing is left in it */
}

/* A process starts at this wall clock; its fingerprint. */
static void start(int64_t wall, uint8_t out[FINGERPRINT_LEN]) {
    const struct live_identity how = {{wall}, US_PER_S, &found};
    struct dtls_identity *id = NULL;
    CHECK(live_identity_take(d, &how, &id, why) == OK);
    memcpy(out, dtls_identity_fingerprint(id), FINGERPRINT_LEN);
    dtls_identity_free(id);
}

static bool same(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, FINGERPRINT_LEN) == 0;
}

TEST(live_identity_is_that_of_the_process_before) {
    uint8_t first[FINGERPRINT_LEN], second[FINGERPRINT_LEN];
    struct stat st;
    begin();
    start(MADE, first);
    CHECK(stat(path, &st) == 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    start(MADE + US_PER_S, second);
    EXPECT(same(first, second));
    start(MADE + US_PER_S + 1, second); /* too old */
    EXPECT(!same(first, second));
    start(MADE + US_PER_S + 2, first);
    EXPECT(same(first, second)); /* and the new one is kept instead */
    live_identity_end(d);
    start(MADE + US_PER_S + 3, first); /* after an end in good order there is another */
    EXPECT(!same(first, second));
    EXPECT(found.dropped.damaged + found.dropped.version + found.dropped.unreadable == 0);
    end();
}

TEST(live_identity_is_not_trusted_as_it_is) {
    uint8_t first[FINGERPRINT_LEN], second[FINGERPRINT_LEN];
    begin();
    start(MADE, first);
    CHECK(truncate(path, 100) == 0);
    start(MADE, second);
    EXPECT(!same(first, second) && found.dropped.damaged == 1);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && pwrite(fd, "\x77", 1, 9) == 1 && close(fd) == 0);
    start(MADE, first);
    EXPECT(!same(first, second) && found.dropped.version == 1);
    CHECK(unlink(path) == 0 && symlink("/dev/zero", path) == 0);
    start(MADE, second);
    EXPECT(!same(first, second) && found.dropped.unreadable == 1);
    end();
}

TEST(live_identity_needs_its_folder) {
    const struct live_identity how = {{MADE}, US_PER_S, &found};
    struct dtls_identity *id = NULL;
    begin();
    CHECK(mkdir(path, 0700) == 0); /* something that is not ours has its name */
    EXPECT_EQ(live_identity_take(d, &how, &id, why), ERR_IO);
    EXPECT(id == NULL && strstr(why, "identity"));
    CHECK(rmdir(path) == 0);
    end();
}
