#include "server/events/webhook_secret.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"

static char dir[32], path[64], why[WHY_MAX];

static bool begin(const char *text, mode_t mode) {
    strcpy(dir, "/tmp/oriel-secret-XXXXXX");
    if (!mkdtemp(dir)) {
        return false;
    }
    snprintf(path, sizeof(path), "%s/secret", dir);
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    ok = (!f || fclose(f) == 0) && ok;
    return ok && chmod(path, mode) == 0;
}

static void end(void) {
    EXPECT_EQ(unlink(path), 0);
    EXPECT_EQ(rmdir(dir), 0);
}

TEST(the_secret_of_a_webhook_is_read_from_its_file) {
    struct webhook_keys k = {.n = 0};
    REQUIRE(begin(SECRET, 0600));
    EXPECT_EQ(webhook_keys_load(path, &k, why), OK);
    EXPECT_EQ(k.n, 1);
    end();
}

TEST(the_secret_of_a_webhook_is_for_its_owner_only) {
    static const mode_t open_to[] = {0640, 0604, 0620};
    for (size_t i = 0; i < sizeof(open_to) / sizeof(open_to[0]); i++) {
        struct webhook_keys k = {.n = 7};
        REQUIRE(begin(SECRET, open_to[i]));
        EXPECT_EQ(webhook_keys_load(path, &k, why), ERR_DENIED);
        EXPECT(strstr(why, path) && k.n == 7);
        end();
    }
}

/* Nobody writes to it: it must not keep the server from starting. */
TEST(the_secret_of_a_webhook_is_no_pipe_nor_missing_nor_another_text) {
    struct webhook_keys k = {.n = 7};
    REQUIRE(begin("", 0600));
    EXPECT_EQ(webhook_keys_load(path, &k, why), ERR_FORMAT);
    EXPECT_EQ(unlink(path), 0);
    EXPECT_EQ(webhook_keys_load(path, &k, why), ERR_IO);
    EXPECT(strstr(why, path) && strstr(why, "No such file"));
    EXPECT_EQ(mkfifo(path, 0600), 0);
    EXPECT_EQ(webhook_keys_load(path, &k, why), ERR_DENIED);
    EXPECT_EQ(k.n, 7);
    end();
}
