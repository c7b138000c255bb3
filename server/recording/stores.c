#include "server/recording/stores.h"

#include "base/alloc.h"
#include "recorder/store/store_s3.h"
#include "recorder/store/store_spool.h"
#include "server/os/clock.h"
#include "server/os/files.h"
#include "server/recording/stores_config.h"

#include <limits.h>
#include <stdio.h>

struct stores {
    struct http http;
    struct store remote, local, both;
};

static wall_t wall(void *ctx) {
    (void)ctx;
    return clock_wall();
}

static us_t monotonic(void *ctx) {
    (void)ctx;
    return clock_now();
}

static enum err open_remote(struct stores *s, const struct config *c, const struct stores_hooks *h,
                            char why[WHY_MAX]) {
    char access_key[PATH_MAX], secret_key[PATH_MAX], token[PATH_MAX];
    struct http_config http = http_configured(c);
    struct s3_config s3 = s3_configured(c);
    http.stop = h ? h->stop : NULL;
    http.stop_ctx = h ? h->ctx : NULL;
    s3.access_key_file = files_credential(s3.access_key_file, access_key);
    s3.secret_key_file = files_credential(s3.secret_key_file, secret_key);
    s3.session_token_file = files_credential(s3.session_token_file, token);
    s3.http = &s->http;
    s3.wall = wall;
    char said[WHY_MAX] = "out of memory";
    enum err e = http_library_init();
    e = e == OK ? http_curl_open(&http, &s->http) : e;
    e = e == OK ? store_s3_open(&s3, &s->remote, said) : e;
    if (e != OK) {
        snprintf(why, WHY_MAX, "recording.s3: %.400s", said);
    }
    return e;
}

static enum err open_spool(struct stores *s, const struct config *c, bool write,
                           const struct stores_hooks *h, char why[WHY_MAX]) {
    char dir[PATH_MAX];
    int n = *c->recording_spool_dir ? snprintf(dir, sizeof(dir), "%s", c->recording_spool_dir)
                                    : snprintf(dir, sizeof(dir), "%s/spool", c->recording_dir);
    struct spool_config spool = spool_configured(c);
    spool.local = &s->local;
    spool.remote = &s->remote;
    spool.write = write;
    spool.clock = monotonic;
    spool.note = h ? h->note : NULL;
    spool.note_ctx = h ? h->ctx : NULL;
    /* The folders above are the archive's; on the first start they are not there yet. */
    if (write && !*c->recording_spool_dir) {
        (void)files_make_parents(dir);
    }
    enum err e = n < (int)sizeof(dir) ? store_local_open(dir, &s->local) : ERR_LONG;
    e = e == OK ? store_spool_open(&spool, &s->both) : e;
    if (e != OK) {
        snprintf(why, WHY_MAX, "the spool folder %.300s cannot be used: %s", dir, err_name(e));
    }
    return e;
}

enum err stores_open(const struct config *c, enum stores_use use, const struct stores_hooks *h,
                     struct stores **ret, char why[WHY_MAX]) {
    *ret = NULL;
    if (c->recording_store != STORE_PLACE_S3) {
        return OK;
    }
    struct stores *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    enum err e = open_remote(s, c, h, why);
    e = e == OK ? open_spool(s, c, use == STORES_WRITE, h, why) : e;
    if (e != OK) {
        stores_close(s);
        return e;
    }
    *ret = s;
    return OK;
}

enum err stores_check(const struct config *c, char why[WHY_MAX]) {
    struct stores s = {0};
    enum err e = OK;
    if (c->recording_enabled && c->recording_store == STORE_PLACE_S3) {
        e = open_remote(&s, c, NULL, why);
    }
    store_s3_close(&s.remote);
    http_curl_close(&s.http);
    return e;
}

struct store *stores_both(struct stores *s) {
    return s ? &s->both : NULL;
}

const struct store *stores_local(const struct stores *s) {
    return &s->local;
}

const struct store *stores_remote(const struct stores *s) {
    return &s->remote;
}

struct stores *stores_close(struct stores *s) {
    if (s) {
        store_spool_close(&s->both);
        store_local_close(&s->local);
        store_s3_close(&s->remote);
        http_curl_close(&s->http);
        mem_free(s);
    }
    return NULL;
}
