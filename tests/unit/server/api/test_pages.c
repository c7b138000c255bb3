/* Pages over a socket: which body of a file, what may be kept, and what a browser sees where there
 * is nothing. */
#include "server/api/routes.h"
#include "server/os/files.h"
#include "tests/unit/server/http/rim.h"

#include <stdlib.h>
#include <unistd.h>

static struct rim rim;
static struct api api;
static struct client client;
static char dir[64];

static const char *const files[] = {"index.html",
                                    "index.html.br",
                                    "index.html.gz",
                                    "dev.html",
                                    "404.html",
                                    "404.html.gz",
                                    "a/x-ABCDEFGH.js",
                                    "lib/x.js",
                                    "index.de.html",
                                    "index.de.html.br",
                                    "404.de.html",
                                    "dev.de.html",
                                    NULL};

static const char *path(const char *name) {
    static char out[128];
    snprintf(out, sizeof(out), "%s/%s", dir, name);
    return out;
}

static bool start(bool dev_pages) {
    char why[WHY_MAX];
    strcpy(dir, "/tmp/oriel-pages-XXXXXX");
    bool ok = mkdtemp(dir) != NULL;
    for (size_t i = 0; ok && files[i]; i++) {
        ok = files_create(path(files[i]), bytes_of(files[i], strlen(files[i]))) == OK;
    }
    rim_init(&rim);
    rim.config.web_dev_pages = dev_pages;
    api = (struct api){.config = &rim.config, .loop = &rim.loop};
    rim.http = routes_service(&api);
    ok = ok && assets_load(dir, &api.assets, why) == OK && rim_start(&rim);
    EXPECT(ok);
    return ok;
}

static void stop(void) {
    client_close(&client);
    rim_stop(&rim);
    api.assets = assets_free(api.assets);
    for (size_t i = 0; files[i]; i++) {
        EXPECT_EQ(unlink(path(files[i])), 0);
    }
    EXPECT(rmdir(path("a")) == 0 && rmdir(path("lib")) == 0 && rmdir(dir) == 0);
}

/* Ask; returns the status once all of the answer is there. */
static int ask(const char *what, const char *headers) {
    char text[1024];
    snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n%s\r\n", what,
             headers);
    client_close(&client);
    client_open(&client, rim.loop.port, NULL);
    EXPECT(client_say(&client, text));
    UNTIL(&rim, client_ended(&client));
    return client_status(&client);
}

static bool has(const char *text) {
    return client_has(&client, text);
}

TEST(pages_in_the_coding_that_is_accepted) {
    REQUIRE(start(false));
    EXPECT_EQ(ask("GET /", ""), 200);
    EXPECT(has("\r\n\r\nindex.html") && !has("index.html.") && !has("content-encoding:"));
    EXPECT(has("vary: accept-encoding, accept-language\r\n"));
    EXPECT(has("cache-control: no-cache\r\n"));
    EXPECT_EQ(ask("GET /", "Accept-Encoding: gzip, deflate, br\r\n"), 200);
    EXPECT(has("\r\n\r\nindex.html.br") && has("content-encoding: br\r\n"));
    EXPECT(has("content-type: text/html; charset=utf-8\r\n") && has("content-length: 13\r\n"));
    EXPECT_EQ(client_count(&client, "vary: "), 1);
    /* A list may come in several lines (RFC 9110 section 5.3). */
    EXPECT_EQ(ask("GET /", "Accept-Encoding: br;q=0\r\nAccept-Encoding: gzip\r\n"), 200);
    EXPECT(has("\r\n\r\nindex.html.gz") && has("content-encoding: gzip\r\n"));
    EXPECT_EQ(ask("HEAD /", "Accept-Encoding: gzip\r\n"), 200);
    EXPECT(has("content-encoding: gzip\r\n") && has("content-length: 13\r\n"));
    EXPECT(!has("\r\n\r\ni"));
    EXPECT_EQ(ask("GET /assets/lib/x.js", "Accept-Encoding: br\r\nRange: bytes=0-1\r\n"), 200);
    EXPECT(has("\r\n\r\nlib/x.js") && !has("content-encoding:"));
    EXPECT_EQ(ask("GET /assets/lib/x.js", "Accept-Encoding: br, identity;q=0\r\n"), 406);
    EXPECT(has("\"not_acceptable\"") && has("vary: accept-encoding\r\n"));
    EXPECT_EQ(ask("GET /assets/index.html.br", "Accept-Encoding: br\r\n"), 404);
    stop();
}

TEST(pages_in_the_language_that_is_accepted) {
    static const struct {
        const char *header, *file;
    } rows[] = {
        {"", "index.html"},
        {"Accept-Language: de-AT, de;q=0.9, en;q=0.8\r\n", "index.de.html"},
        {"Accept-Language: en-GB, de;q=0.9\r\n", "index.html"},
        {"Accept-Language: en;q=0.5, de\r\n", "index.de.html"},
        {"Accept-Language: fr, nl;q=0.9, de;q=0.1\r\n", "index.de.html"},
        {"Accept-Language: fr\r\n", "index.html"},
        {"Accept-Language: de;q=0\r\n", "index.html"},
        {"Accept-Language: ../, htm, %64%65\r\n", "index.html"},
    };
    REQUIRE(start(false));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[64];
        EXPECT_EQ(ask("GET /", rows[i].header), 200);
        snprintf(body, sizeof(body), "\r\n\r\n%s", rows[i].file);
        if (!has(body) || !has("vary: accept-encoding, accept-language\r\n")) {
            test_fail(__FILE__, __LINE__, "%s: not %s", rows[i].header, rows[i].file);
        }
    }
    EXPECT_EQ(ask("GET /", "Accept-Language: de\r\nAccept-Encoding: br\r\n"), 200);
    EXPECT(has("\r\n\r\nindex.de.html.br"));
    EXPECT_EQ(ask("GET /assets/index.html", "Accept-Language: de\r\n"),
              200); /* a file, by its name */
    EXPECT(has("\r\n\r\nindex.html") && has("vary: accept-encoding\r\n"));
    EXPECT_EQ(ask("GET /none", "Accept: text/html\r\nAccept-Language: de\r\n"), 404);
    EXPECT(has("\r\n\r\n404.de.html") && has("cache-control: no-store\r\n"));
    stop();
}

TEST(pages_are_kept_as_long_as_they_are_true) {
    char etag[64] = "", headers[128];
    REQUIRE(start(false));
    EXPECT_EQ(ask("GET /", "Accept-Encoding: br\r\n"), 200);
    const char *at = strstr(client.in, "etag: ");
    EXPECT(at && sscanf(at, "etag: %63s", etag) == 1 && etag[0] == '"');
    snprintf(headers, sizeof(headers), "Accept-Encoding: br\r\nIf-None-Match: %s\r\n", etag);
    EXPECT_EQ(ask("GET /", headers), 304);
    EXPECT(has(etag) && has("vary: accept-encoding, accept-language\r\n") &&
           has("cache-control: no-cache\r\n"));
    EXPECT(!has("content-length:") && !has("content-encoding:"));
    snprintf(headers, sizeof(headers), "Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", etag);
    EXPECT_EQ(ask("GET /", headers), 200); /* other bytes than those that are kept */
    EXPECT(has("\r\n\r\nindex.html.gz"));
    EXPECT_EQ(ask("GET /assets/a/x-ABCDEFGH.js", ""), 200);
    EXPECT(has("cache-control: public, max-age=31536000, immutable\r\n"));
    EXPECT_EQ(ask("GET /assets/lib/x.js", ""), 200);
    EXPECT(has("cache-control: no-cache\r\n"));
    EXPECT_EQ(ask("GET /assets/a/y-ABCDEFGH.js", ""), 404);
    EXPECT(has("cache-control: no-store\r\n") && !has("immutable"));
    stop();
}

TEST(pages_where_there_is_nothing) {
#define BROWSER "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    static const char *const nowhere[] = {"/nothing", "/t/", "/t/a/b", "/v1/none", "/assets/none"};
    REQUIRE(start(false));
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        char get[64];
        snprintf(get, sizeof(get), "GET %s", nowhere[i]);
        EXPECT_EQ(ask(get, BROWSER), 404);
        EXPECT(has("\r\n\r\n404.html") && has("content-type: text/html; charset=utf-8\r\n"));
        EXPECT(has("cache-control: no-store\r\n") && !has("etag:"));
        EXPECT_EQ(ask(get, "Accept: */*\r\n"), 404);
        EXPECT(has("\"not_found\"") && has("content-type: application/problem+json\r\n"));
    }
    EXPECT_EQ(ask("GET /nothing", BROWSER "Accept-Encoding: gzip\r\n"), 404);
    EXPECT(has("\r\n\r\n404.html.gz") && has("content-encoding: gzip\r\n"));
    EXPECT_EQ(ask("HEAD /nothing", BROWSER), 404);
    EXPECT(has("content-length: 8\r\n") && !has("\r\n\r\n4"));
    EXPECT_EQ(ask("DELETE /nothing", BROWSER), 404);
    EXPECT(has("\"not_found\""));
    EXPECT_EQ(ask("DELETE /ops", BROWSER), 405);
    EXPECT(has("\"method_not_allowed\""));
    EXPECT_EQ(rim.loop.counters.http_requests[4], 14);
    stop();
}

TEST(pages_for_those_who_work_on_them) {
    REQUIRE(start(false));
    EXPECT_EQ(ask("GET /dev/components", ""), 404);
    EXPECT_EQ(ask("GET /assets/dev.html", ""), 404);
    EXPECT_EQ(ask("GET /assets/dev.de.html", ""), 404);
    stop();
    REQUIRE(start(true));
    EXPECT_EQ(ask("GET /dev/components", ""), 200);
    EXPECT(has("\r\n\r\ndev.html"));
    EXPECT_EQ(ask("GET /assets/dev.html", ""), 200);
    EXPECT_EQ(ask("GET /dev/components", "Accept-Language: de\r\n"), 200);
    EXPECT(has("\r\n\r\ndev.de.html"));
    stop();
}
