#include "server/auth/revoked.h"

#include "base/check.h"
#include "server/auth/auth.h"
#include "tests/unit/server/auth/token_keys.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static char path[64];

static void write_file(const char *text) {
    snprintf(path, sizeof(path), "/tmp/test_revoked_XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}

TEST(revoked_are_the_lines_of_a_file) {
    struct revoked *x = NULL;
    char why[WHY_MAX] = "";
    write_file("# who left us\nzoe\r\n\nstaff:ada\nbob");
    EXPECT_EQ(revoked_read(path, &x, why), OK);
    EXPECT(revoked_has(x, "zoe") && revoked_has(x, "staff:ada") && revoked_has(x, "bob"));
    EXPECT(!revoked_has(x, "ada") && !revoked_has(x, "") && !revoked_has(x, "bo"));
    EXPECT(!revoked_has(x, "# who left us") && !revoked_has(NULL, "bob"));
    x = revoked_free(x);
    unlink(path);
    EXPECT_EQ(revoked_read(path, &x, why), ERR_IO);
    EXPECT(strstr(why, path) && !x);
    char line[100] = "ok\n";
    memset(line + 3, 'x', 65);
    write_file(line);
    EXPECT_EQ(revoked_read(path, &x, why), ERR_LONG);
    EXPECT(strstr(why, "line 2") && !x);
    unlink(path);
    write_file("");
    EXPECT_EQ(revoked_read(path, &x, why), OK);
    EXPECT(!revoked_has(x, ""));
    revoked_free(x);
    unlink(path);
}

TEST(revoked_tokens_are_refused) {
    const wall_t now = {1767323045 * US_PER_S};
    char why[WHY_MAX] = "";
    write_file("bob\n");
    struct auth_config c = {.secret = SECRET, .revoked_file = path};
    struct auth *a = auth_new(&c);
    REQUIRE(a && auth_read_files(a, why) == OK);
    struct claims k = {.role = ROLE_BUYER, .tour = "demo", .sub = "bob"}, got;
    k.expires.us = now.us + US_PER_S;
    char *bob = auth_mint(a, now, &k);
    snprintf(k.sub, sizeof(k.sub), "cyd");
    char *cyd = auth_mint(a, now, &k);
    EXPECT_EQ(auth_verify(a, now, bob, strlen(bob), &got), CODE_TOKEN_REVOKED);
    EXPECT_EQ(auth_verify(a, now, cyd, strlen(cyd), &got), CODE_OK);
    EXPECT(auth_revoked(a, "bob") && !auth_revoked(a, "cyd"));
    /* Others, from a reload on; and no more. */
    unlink(path);
    write_file("cyd\n");
    c.revoked_file = path;
    struct auth *fresh = auth_new(&c);
    REQUIRE(fresh && auth_read_files(fresh, why) == OK);
    auth_adopt(a, fresh);
    EXPECT_EQ(auth_verify(a, now, bob, strlen(bob), &got), CODE_OK);
    EXPECT_EQ(auth_verify(a, now, cyd, strlen(cyd), &got), CODE_TOKEN_REVOKED);
    unlink(path);
    fresh = auth_new(&c);
    EXPECT(fresh && auth_read_files(fresh, why) == ERR_IO);
    auth_free(fresh);
    mem_free(bob);
    mem_free(cyd);
    auth_free(a);
}

TEST_ALLOC(revoked_without_memory) {
    struct revoked *x = NULL;
    char why[WHY_MAX] = "";
    write_file("bob\n");
    enum err e = revoked_read(path, &x, why);
    EXPECT(e == OK ? revoked_has(x, "bob") : mem_failed() && !x);
    revoked_free(x);
    unlink(path);
}
