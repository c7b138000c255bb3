#include "base/alloc.h"
#include "server/events/broker_secret.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32], path[64], why[WHY_MAX];

static bool write_file(const void *text, size_t n, mode_t mode) {
    FILE *f = fopen(path, "w");
    bool ok = f && fwrite(text, 1, n, f) == n;
    ok = (!f || fclose(f) == 0) && ok;
    return ok && chmod(path, mode) == 0;
}

static bool begin(void) {
    strcpy(dir, "/tmp/oriel-secret-XXXXXX");
    bool ok = mkdtemp(dir) != NULL;
    snprintf(path, sizeof(path), "%s/secret", dir);
    return ok;
}

static void end(void) {
    EXPECT_EQ(unlink(path), 0);
    EXPECT_EQ(rmdir(dir), 0);
}

TEST(the_secret_of_a_broker_is_one_line_of_a_private_file) {
    static const struct {
        const char *text;
        size_t n;
        enum err e;
    } rows[] = {{"open sesame\n", 12, OK}, {"open sesame\r\n", 13, OK}, {"open sesame", 11, OK},
                {"a\nb\n", 4, ERR_FORMAT}, {"\n", 1, ERR_FORMAT},       {"", 0, ERR_FORMAT},
                {"a\0b\n", 4, ERR_FORMAT}};
    REQUIRE(begin());
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *secret = NULL;
        EXPECT(write_file(rows[i].text, rows[i].n, 0600));
        EXPECT_EQ(broker_secret_load(path, &secret, why), rows[i].e);
        EXPECT_STR(secret ? secret : "", rows[i].e == OK ? "open sesame" : "");
        EXPECT_EQ(broker_secret_check(path, why), OK); /* whatever is in it */
        broker_secret_free(secret);
    }
    end();
}

TEST(the_secret_of_a_broker_that_others_may_read_is_refused) {
    char *secret = NULL;
    REQUIRE(begin());
    EXPECT(write_file("a\n", 2, 0640));
    EXPECT_EQ(broker_secret_load(path, &secret, why), ERR_DENIED);
    EXPECT(strstr(why, path) == why && !secret);
    EXPECT_EQ(broker_secret_check(path, why), ERR_DENIED);
    EXPECT_EQ(broker_file_check(path, why), OK); /* a CA is no secret */
    end();
    EXPECT_EQ(broker_secret_load(path, &secret, why), ERR_IO);
    EXPECT(strstr(why, "No such file"));
    EXPECT_EQ(broker_secret_check(path, why), ERR_IO);
    EXPECT_EQ(broker_file_check(path, why), ERR_IO);
    EXPECT(broker_secret_free(NULL) == NULL);
}
