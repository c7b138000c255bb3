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

static void make(const char *name, const char *text) {
    EXPECT_EQ(files_create(path(name), bytes_of(text, strlen(text))), OK);
}

TEST(assets_by_name_and_type) {
    struct assets *a = NULL;
    REQUIRE(begin());
    make("index.html", "<p>");
    make("js/app.js", "1;");
    make("empty.css", "");
    make(".hidden", "x");
    EXPECT_EQ(assets_load(dir, &a, why), OK);
    const struct asset *page = assets_find(a, "index.html"), *js = assets_find(a, "js/app.js");
    EXPECT(page && js && assets_find(a, "empty.css"));
    EXPECT(!assets_find(a, ".hidden") && !assets_find(a, "js") && !assets_find(a, "../x"));
    if (page && js) {
        const struct asset_body *x = &page->bodies[CODING_IDENTITY],
                                *y = &js->bodies[CODING_IDENTITY];
        EXPECT_EQ(x->data.n, 3);
        EXPECT_STR(js->type, "text/javascript; charset=utf-8");
        EXPECT(strcmp(x->etag, y->etag) != 0 && strlen(y->etag) == 34);
    }
    assets_free(a);
    end((const char *const[]){"index.html", "js/app.js", "js", "empty.css", ".hidden", NULL});
}

/* The bytes that are sent to who says this. */
static const char *sent(const struct assets *a, const char *name, const char *accepted) {
    static char text[16];
    enum coding c;
    const struct asset *f = assets_find(a, name);
    const struct asset_body *b = f ? assets_body(f, accepted, &c) : NULL;
    snprintf(text, sizeof(text), "%.*s", b ? (int)b->data.n : 1, b ? (const char *)b->data.p : "-");
    return text;
}

TEST(assets_with_twins) {
    struct assets *a = NULL;
    REQUIRE(begin());
    make("a.js", "plain");
    make("a.js.br", "brotli");
    make("a.js.gz", "gzip");
    make("a.js.gz.br", "twin of a twin");
    make("a.js-b", "between");
    make("b.css", "both");
    make("b.css.gz", "both");
    make("c.gz", "a file");
    make("d/.gz", "hidden");
    EXPECT_EQ(assets_load(dir, &a, why), OK);
    EXPECT_STR(sent(a, "a.js", NULL), "plain");
    EXPECT_STR(sent(a, "a.js", "gzip, br"), "brotli");
    EXPECT_STR(sent(a, "a.js", "gzip"), "gzip");
    EXPECT_STR(sent(a, "b.css", "br"), "both");
    EXPECT_STR(sent(a, "c.gz", "gzip"), "a file"); /* of nothing */
    EXPECT_STR(sent(a, "c.gz", "gzip, identity;q=0"), "-");
    EXPECT_STR(sent(a, "a.js-b", NULL), "between");
    EXPECT(!assets_find(a, "a.js.br") && !assets_find(a, "a.js.gz") && !assets_find(a, "b.css.gz"));
    EXPECT(!assets_find(a, "a.js.gz.br") && !assets_find(a, "c") && !assets_find(a, "d/"));
    const struct asset *f = assets_find(a, "a.js");
    if (f) {
        EXPECT(strcmp(f->bodies[CODING_BR].etag, f->bodies[CODING_GZIP].etag) != 0);
        EXPECT(strcmp(f->bodies[CODING_BR].etag, f->bodies[CODING_IDENTITY].etag) != 0);
    }
    assets_free(a);
    end((const char *const[]){"a.js", "a.js.br", "a.js.gz", "a.js.gz.br", "a.js-b", "b.css",
                              "b.css.gz", "c.gz", "d/.gz", "d", NULL});
}

TEST(assets_of_a_name_that_says_what_is_in_them) {
    static const struct {
        const char *name;
        bool immutable;
    } rows[] = {
        {"a/tour-ABCDEF27.js", true},
        {"a/tour-0123456789abcdef.css", true},
        {"a/x-y-ABCDEF27.js", true},
        {"a/chunk-ABCDEF27.js.map", true},
        {"a/b/tour-ABCDEF27.js", true},
        {"a/tour-ABCDEF2.js", false},
        {"a/tour-ABCDEF27", false},
        {"a/tour-controls.js", false},
        {"a/tour-ABCDEF01.js", false},
        {"a/tour-ABCDabcd.js", false},
        {"a/-ABCDEF27.js", false},
        {"a/ABCDEF27.js", false},
        {"a/x-ABCDEF27/tour.js", false},
        {"tour-ABCDEF27.js", false},
        {"lib/x-ABCDEF27.js", false},
        {"b/a/tour-ABCDEF27.js", false},
        {"a/", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (assets_immutable(rows[i].name) != rows[i].immutable) {
            test_fail(__FILE__, __LINE__, "%s", rows[i].name);
        }
    }
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
