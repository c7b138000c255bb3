/* The uploader threads against a service on loopback that answers what it is told. */
#include "server/recording/uploader_thread.h"

#include "base/alloc.h"
#include "recorder/store/store_local.h"
#include "server/os/files.h"
#include "server/recording/stores.h"
#include "tests/unit/recorder/bench_http.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct setting {
    char dir[64];
    struct config *config;
    struct uploader_threads *threads;
    struct stores *writing, *reading;
};

static void secret(const char *dir, const char *name) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name));
    close(fd);
}

static void begin(struct setting *s, const char *url) {
    char text[1024], why[WHY_MAX];
    *s = (struct setting){.dir = "/tmp/oriel-upload-XXXXXX"};
    CHECK(mkdtemp(s->dir));
    secret(s->dir, "ak");
    secret(s->dir, "sk");
    snprintf(text, sizeof(text),
             "{\"recording\": {\"dir\": \"%s/recordings\", \"store\": \"s3\", \"s3\": {"
             "\"endpoint\": \"%s\", \"bucket\": \"tours\", \"access_key_file\": \"%s/ak\","
             "\"secret_key_file\": \"%s/sk\", \"connect_timeout_s\": 1, \"uploads\": 2},"
             "\"spool\": {\"reserve_mib\": 0}}}",
             s->dir, url, s->dir, s->dir);
    CHECK(config_parse("test", text, strlen(text), &s->config, why) == OK);
    CHECK(uploader_threads_new(2, &s->threads, why) == OK);
    const struct stores_hooks hooks = {.note = uploader_threads_wake, .ctx = s->threads};
    CHECK(stores_open(s->config, STORES_WRITE, &hooks, &s->writing, why) == OK);
    CHECK(stores_open(s->config, STORES_READ, NULL, &s->reading, why) == OK);
    CHECK(uploader_threads_start(s->threads, s->config, why) == OK);
}

static void end(struct setting *s) {
    char command[128];
    s->threads = uploader_threads_stop(s->threads);
    s->writing = stores_close(s->writing);
    s->reading = stores_close(s->reading);
    s->config = config_free(s->config);
    snprintf(command, sizeof(command), "rm -r %s", s->dir);
    CHECK(system(command) == 0);
}

/* Look until it is so, for at most 20 s. */
static bool until(struct setting *s, bool (*so)(const struct uploader_counters *c)) {
    const struct timespec tick = {.tv_nsec = 5000000};
    for (int i = 0; i < 4000; i++) {
        struct uploader_counters c = uploader_threads_counters(s->threads);
        if (so(&c)) {
            return true;
        }
        nanosleep(&tick, NULL);
    }
    return false;
}

static bool has_uploaded(const struct uploader_counters *c) {
    return c->uploads == 1;
}

static bool has_failed(const struct uploader_counters *c) {
    return c->failures >= 1 && c->waiting_objects == 1;
}

TEST(uploader_threads_are_rung_by_a_put) {
    static const struct reply replies[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", REPLY_KEEP},
        /* SHA-256 of "abc" */
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
         "x-amz-checksum-sha256: ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n\r\n",
         REPLY_KEEP},
    };
    struct http_server service;
    struct setting s;
    bool waits = true;
    http_server_begin(&service, replies, ARRAY_LEN(replies));
    begin(&s, service.url);
    const struct store *w = stores_both(s.writing), *r = stores_both(s.reading);
    EXPECT_EQ(w->put(w->ctx, "recordings/a/t/1.seg", bytes_of("abc", 3)), OK);
    EXPECT_EQ(r->put(r->ctx, STORE_IDENTITY, bytes_of("abc", 3)), ERR_WRONG_STATE);
    EXPECT(until(&s, has_uploaded));
    EXPECT_EQ(r->waits(r->ctx, "recordings/a/", &waits), OK);
    EXPECT(!waits);
    EXPECT(!uploader_threads_counters(s.threads).alarm);
    end(&s);
    http_server_end(&service);
    EXPECT(strstr(service.requests.p, "PUT /tours/recordings/a/t/1.seg HTTP/1.1\r\n") ==
           service.requests.p);
    EXPECT(strstr(service.requests.p, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=ak/") !=
           NULL);
    EXPECT(strstr(service.requests.p, "HEAD /tours/recordings/a/t/1.seg") != NULL);
    buffer_free(&service.requests);
}

TEST(uploader_threads_keep_what_nobody_takes_and_end_at_once) {
    /* It takes the connection and never says a word; the end must not wait for that. */
    static const struct reply replies[] = {
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", REPLY_KEEP},
        {"", REPLY_STALL},
        {"", REPLY_STALL},
        {"", REPLY_STALL}};
    struct http_server service;
    struct setting s;
    bool waits = false;
    uint64_t size = 0;
    http_server_begin(&service, replies, ARRAY_LEN(replies));
    begin(&s, service.url);
    const struct store *w = stores_both(s.writing), *r = stores_both(s.reading);
    EXPECT_EQ(w->put(w->ctx, "recordings/a/t/1.seg", bytes_of("abc", 3)), OK);
    EXPECT(until(&s, has_failed));
    EXPECT_EQ(r->waits(r->ctx, "recordings/a/", &waits), OK);
    EXPECT(waits);
    EXPECT_EQ(r->size(r->ctx, "recordings/a/t/1.seg", &size), OK); /* here, so nobody is asked */
    EXPECT_EQ(size, 3);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    end(&s);
    clock_gettime(CLOCK_MONOTONIC, &to);
    EXPECT(to.tv_sec - from.tv_sec < 10); /* stall_timeout_s is 20 */
    http_server_end(&service);
    buffer_free(&service.requests);
}

TEST(stores_are_of_the_configuration) {
    struct config *c;
    struct stores *s = (struct stores *)&c;
    char why[WHY_MAX];
    static const char local[] = "{}";
    static const char s3[] = "{\"recording\": {\"store\": \"s3\", \"s3\": {\"endpoint\": "
                             "\"http://127.0.0.1:1\", \"bucket\": \"a/b\", \"access_key_file\": "
                             "\"/none\", \"secret_key_file\": \"/none\"}}}";
    REQUIRE(config_parse("test", local, strlen(local), &c, why) == OK);
    EXPECT_EQ(stores_open(c, STORES_READ, NULL, &s, why), OK);
    EXPECT(s == NULL && stores_both(s) == NULL && stores_close(s) == NULL);
    EXPECT_EQ(stores_check(c, why), OK);
    config_free(c);
    REQUIRE(config_parse("test", s3, strlen(s3), &c, why) == OK);
    EXPECT_EQ(stores_check(c, why), ERR_FORMAT);
    EXPECT(strstr(why, "recording.s3: ") && strstr(why, "a/b"));
    EXPECT_EQ(stores_open(c, STORES_READ, NULL, &s, why), ERR_FORMAT);
    EXPECT(s == NULL);
    /* A credential of systemd. */
    CHECK(config_set(&c->recording_s3_bucket, "tours") == OK &&
          config_set(&c->recording_s3_access_key_file, "credential:s3_access_key") == OK &&
          setenv("CREDENTIALS_DIRECTORY", "/run/no-such-folder", 1) == 0);
    EXPECT_EQ(stores_check(c, why), ERR_IO);
    EXPECT(strstr(why, "/run/no-such-folder/s3_access_key: No such file") != NULL);
    unsetenv("CREDENTIALS_DIRECTORY");
    config_free(c);
}

/* The first start on a new machine: not even the state directory is there. */
TEST(stores_make_the_folders_above_the_spool) {
    struct config *c;
    struct stores *s = NULL;
    char why[WHY_MAX] = "", dir[] = "/tmp/oriel-stores-XXXXXX", path[96], text[512];
    REQUIRE(mkdtemp(dir));
    snprintf(text, sizeof(text),
             "{\"recording\": {\"dir\": \"%s/var/recordings\", \"store\": \"s3\", \"s3\":"
             " {\"endpoint\": \"http://127.0.0.1:1\", \"bucket\": \"tours\","
             " \"access_key_file\": \"%s/key\", \"secret_key_file\": \"%s/key\"}}}",
             dir, dir, dir);
    snprintf(path, sizeof(path), "%s/key", dir);
    REQUIRE(files_create(path, bytes_of("key\n", 4)) == OK);
    REQUIRE(config_parse("test", text, strlen(text), &c, why) == OK);
    EXPECT_EQ(stores_open(c, STORES_READ, NULL, &s, why), ERR_IO); /* who reads makes none */
    EXPECT_EQ(stores_open(c, STORES_WRITE, NULL, &s, why), OK);
    EXPECT(s != NULL);
    stores_close(s);
    config_free(c);
    EXPECT(unlink(path) == 0);
    snprintf(path, sizeof(path), "%s/var/recordings/spool", dir);
    EXPECT(rmdir(path) == 0);
    for (int i = 0; i < 3; i++) {
        *strrchr(path, '/') = '\0';
        EXPECT(rmdir(path) == 0);
    }
}
