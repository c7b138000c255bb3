/* assets.c, files.c and tls.c on a directory of their own. */
#include "server/api/assets.h"
#include "server/auth/tls.h"
#include "server/os/clock.h"
#include "server/os/files.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char why[WHY_MAX];

static const char *path(const char *name) {
    static char out[4][128];
    static unsigned turn;
    char *p = out[turn++ % 4];
    snprintf(p, sizeof(out[0]), "%s/%s", dir, name);
    return p;
}

static bool begin(void) {
    why[0] = '\0';
    strcpy(dir, "/tmp/oriel-files-XXXXXX");
    return mkdtemp(dir) != NULL;
}

static void end(const char *const *names) {
    for (; *names; names++) {
        EXPECT_EQ(remove(path(*names)), 0);
    }
    EXPECT_EQ(rmdir(dir), 0);
}

TEST(files_create_makes_parents_and_never_replaces) {
    REQUIRE(begin());
    EXPECT_EQ(files_create(path("a/b"), bytes_of("one", 3)), OK);
    EXPECT_EQ(files_create(path("a/b"), bytes_of("two", 3)), ERR_EXISTS);
    struct stat st;
    EXPECT(stat(path("a/b"), &st) == 0 && st.st_size == 3 && (st.st_mode & 0777) == 0600);
    EXPECT_EQ(files_create(path("a/b/c"), bytes_of("x", 1)), ERR_IO);
    end((const char *const[]){"a/b", "a", NULL});
}

TEST(assets_by_name_and_type) {
    struct assets *a = NULL;
    REQUIRE(begin());
    EXPECT_EQ(files_create(path("index.html"), bytes_of("<p>", 3)), OK);
    EXPECT_EQ(files_create(path("js/app.js"), bytes_of("1;", 2)), OK);
    EXPECT_EQ(files_create(path("empty.css"), bytes_of("", 0)), OK);
    EXPECT_EQ(files_create(path(".hidden"), bytes_of("x", 1)), OK);
    EXPECT_EQ(assets_load(dir, &a, why), OK);
    const struct asset *page = assets_find(a, "index.html"), *js = assets_find(a, "js/app.js");
    EXPECT(page && js && assets_find(a, "empty.css"));
    EXPECT(!assets_find(a, ".hidden") && !assets_find(a, "js") && !assets_find(a, "../x"));
    if (page && js) {
        EXPECT_EQ(page->data.n, 3);
        EXPECT_STR(js->type, "text/javascript; charset=utf-8");
        EXPECT(strcmp(page->etag, js->etag) != 0 && strlen(js->etag) == 34);
    }
    assets_free(a);
    end((const char *const[]){"index.html", "js/app.js", "js", "empty.css", ".hidden", NULL});
}

TEST(assets_without_a_directory) {
    struct assets *a = NULL;
    EXPECT_EQ(assets_load("/nonexistent/web", &a, why), ERR_IO);
    EXPECT_STR(why, "/nonexistent/web: cannot read the pages: No such file or directory");
    EXPECT_STR(assets_type("x.svg"), "image/svg+xml");
    EXPECT_STR(assets_type("x"), "application/octet-stream");
}

TEST(tls_self_signed_pair) {
    REQUIRE(begin());
    EXPECT_EQ(tls_self_sign(path("c.pem"), path("k.pem"), "192.0.2.7", why), OK);
    EXPECT_STR(why, "");
    EXPECT_EQ(tls_check(path("c.pem"), path("k.pem"), why), OK);
    EXPECT(tls_names(path("c.pem"), "192.0.2.7", clock_wall()));
    EXPECT(!tls_names(path("c.pem"), "192.0.2.8", clock_wall()));
    wall_t next_year = {clock_wall().us + 365 * 86400 * US_PER_S};
    EXPECT(!tls_names(path("c.pem"), "192.0.2.7", next_year));
    struct stat st;
    EXPECT(stat(path("k.pem"), &st) == 0 && (st.st_mode & 0777) == 0600);
    end((const char *const[]){"c.pem", "k.pem", NULL});
}

TEST(tls_pairs_that_do_not_fit) {
    REQUIRE(begin());
    EXPECT_EQ(tls_self_sign(path("c.pem"), path("k.pem"), "::1", why), OK);
    EXPECT_EQ(tls_self_sign(path("c2.pem"), path("k2.pem"), "::1", why), OK);
    EXPECT_EQ(tls_check(path("c.pem"), path("k2.pem"), why), ERR_CRYPTO);
    EXPECT(strstr(why, "k2.pem: not a usable key for this certificate") != NULL);
    EXPECT_EQ(tls_check(path("k.pem"), path("k.pem"), why), ERR_CRYPTO);
    EXPECT_EQ(tls_check(path("none"), path("k.pem"), why), ERR_IO);
    EXPECT(strstr(why, "none: cannot read: No such file") != NULL);
    EXPECT(!tls_names(path("none"), "::1", clock_wall()));
    EXPECT_EQ(tls_check(path("c.pem"), path("none"), why), ERR_IO);
    EXPECT(chmod(path("k.pem"), 0644) == 0);
    EXPECT_EQ(tls_check(path("c.pem"), path("k.pem"), why), ERR_DENIED);
    EXPECT(strstr(why, "k.pem: cannot read the key: its group can write it, or others") != NULL);
    EXPECT(chmod(path("c.pem"), 0644) == 0 && chmod(path("k.pem"), 0640) == 0);
    EXPECT_EQ(tls_check(path("c.pem"), path("k.pem"), why), OK);
    end((const char *const[]){"c.pem", "k.pem", "c2.pem", "k2.pem", NULL});
}
