#include "server/auth/authority.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "server/auth/auth_secret.h"
#include "server/auth/jwks_thread.h"
#include "server/auth/keyring.h"
#include "server/config/units.h"

#include <inttypes.h>
#include <stdio.h>

#define NONE SIZE_MAX

struct authority {
    struct auth *auth;
    struct jwks_thread *thread; /* NULL: no URL was ever there */
    void (*wake)(void *ctx);
    void *wake_ctx;
    size_t source_of[ISSUERS_MAX]; /* issuer -> source of the thread; NONE */
    size_t issuer_of[ISSUERS_MAX]; /* and back */
    size_t n_sources;
};

/* ---- tokens ---- */

static enum err own_secret(const struct config *cfg, bool create, char **ret, char why[WHY_MAX]) {
    if (*cfg->auth_hs256_secret) {
        *ret = mem_strdup(cfg->auth_hs256_secret);
        return *ret ? OK : ERR_NOMEM;
    }
    /* With others who sign there need not be a secret. */
    bool none = !*cfg->auth_hs256_secret_file && cfg->issuers.n > 0;
    return none ? OK
                : auth_secret_load(cfg->auth_hs256_secret_file, create && cfg->auth_create_secret,
                                   ret, why);
}

static void wipe(char *secret) {
    if (secret) {
        mem_wipe(secret, strlen(secret));
        mem_free(secret);
    }
}

static enum err make(const struct config *cfg, struct auth_config c, struct auth **ret,
                     char why[WHY_MAX]) {
    c.issuer = cfg->auth_issuer;
    c.audience = cfg->auth_audience;
    c.leeway_s = cfg->auth_leeway_s;
    c.max_lifetime_s = cfg->auth_max_lifetime_s;
    c.others = &cfg->issuers;
    c.revoked_file = cfg->auth_revoked_file;
    struct auth *a = auth_new(&c);
    enum err e = a ? auth_read_files(a, why) : ERR_NOMEM;
    if (e != OK) {
        auth_free(a);
        return e;
    }
    *ret = a;
    return OK;
}

enum err authority_check(const struct config *cfg, char why[WHY_MAX]) {
    struct auth *a = NULL;
    enum err e = make(cfg, (struct auth_config){.secret = NULL}, &a, why);
    auth_free(a);
    return e;
}

/* ---- keys of URLs ---- */

static void on_want(void *ctx, size_t issuer) {
    struct authority *x = ctx;
    if (x->thread && issuer < ISSUERS_MAX && x->source_of[issuer] != NONE) {
        jwks_thread_want(x->thread, x->source_of[issuer]);
    }
}

static enum err open_auth(const struct config *cfg, bool create, struct authority *x,
                          struct auth **ret, char why[WHY_MAX]) {
    char *secret = NULL;
    enum err e = own_secret(cfg, create, &secret, why);
    struct auth_config c = {.secret = secret, .want = x ? on_want : NULL, .ctx = x};
    e = e == OK ? make(cfg, c, ret, why) : e;
    wipe(secret);
    return e;
}

enum err authority_auth(const struct config *cfg, bool create, struct auth **ret,
                        char why[WHY_MAX]) {
    return open_auth(cfg, create, NULL, ret, why);
}

static enum err need_thread(struct authority *x, char why[WHY_MAX]) {
    const struct jwks_thread_config c = {.wake = x->wake, .wake_ctx = x->wake_ctx};
    return x->thread ? OK : jwks_thread_start(&c, &x->thread, why);
}

/* The URLs of cfg, and which issuer's each is. */
static size_t list_sources(const struct config *cfg, struct jwks_source list[ISSUERS_MAX],
                           size_t issuer_of[ISSUERS_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < cfg->issuers.n; i++) {
        const struct issuer_config *c = &cfg->issuers.at[i];
        if (c->source == ISSUER_KEYS_URL) {
            issuer_of[n] = i;
            list[n++] = (struct jwks_source){c->name, c->keys, c->ca_file,
                                             us_of_s(cfg->auth_jwks_timeout_s)};
        }
    }
    return n;
}

static enum err set_sources(struct authority *x, const struct config *cfg, char why[WHY_MAX]) {
    const struct jwks_cache_config how = {.refresh = us_of_s(cfg->auth_jwks_refresh_s),
                                          .pause = us_of_s(cfg->auth_jwks_pause_s),
                                          .retry_max = us_of_s(cfg->auth_jwks_retry_max_s),
                                          .max_age = us_of_s(cfg->auth_jwks_max_age_s)};
    struct jwks_source list[ISSUERS_MAX];
    size_t issuer_of[ISSUERS_MAX];
    size_t n = list_sources(cfg, list, issuer_of);
    enum err e = n ? need_thread(x, why) : OK;
    if (e == OK && x->thread) {
        e = jwks_thread_sources(x->thread, list, n, &how);
    }
    if (e != OK) {
        return e;
    }
    for (size_t i = 0; i < ISSUERS_MAX; i++) {
        x->source_of[i] = NONE;
    }
    for (size_t i = 0; i < n; i++) {
        x->source_of[issuer_of[i]] = i;
        x->issuer_of[i] = issuer_of[i];
    }
    x->n_sources = n;
    return OK;
}

/* ---- the whole ---- */

enum err authority_start(const struct config *cfg, void (*wake)(void *ctx), void *ctx,
                         struct authority **ret, char why[WHY_MAX]) {
    struct authority *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->wake = wake;
    x->wake_ctx = ctx;
    enum err e = open_auth(cfg, true, x, &x->auth, why);
    e = e == OK ? set_sources(x, cfg, why) : e;
    if (e != OK) {
        authority_stop(x);
        return e;
    }
    *ret = x;
    return OK;
}

void authority_ring(struct authority *x) {
    if (x) {
        jwks_thread_ring(x->thread);
    }
}

struct authority *authority_stop(struct authority *x) {
    if (x) {
        jwks_thread_stop(x->thread);
        auth_free(x->auth);
    }
    return mem_free(x);
}

struct auth *authority_tokens(const struct authority *x) {
    return x->auth;
}

void authority_service(struct authority *x) {
    struct keyset *keys = NULL;
    size_t i = 0;
    if (!x->thread) {
        return;
    }
    jwks_thread_listen(x->thread);
    while (jwks_thread_take(x->thread, &i, &keys)) {
        auth_replace(x->auth, x->issuer_of[i], keys);
    }
}

enum err authority_reload(struct authority *x, const struct config *cfg, char why[WHY_MAX]) {
    struct auth *fresh = NULL;
    authority_service(x); /* what has come is for the issuers of before */
    enum err e = open_auth(cfg, false, x, &fresh, why);
    e = e == OK ? set_sources(x, cfg, why) : e;
    if (e != OK) {
        auth_free(fresh);
        return e;
    }
    auth_adopt(x->auth, fresh);
    return OK;
}

/* ---- what it tells ---- */

static const char *name_of(const struct authority *x, size_t source) {
    return keyring_issuer(auth_keyring(x->auth), x->issuer_of[source])->name;
}

const char *authority_state(const struct authority *x, us_t now, char *out, size_t n) {
    snprintf(out, n, "%s", x->n_sources ? "ok" : "off");
    for (size_t i = 0; i < x->n_sources; i++) {
        const struct jwks_state *s = jwks_thread_state(x->thread, i);
        if (s->failing) {
            snprintf(out, n, "%s: keys cannot be fetched for %" PRId64 " s", name_of(x, i),
                     us_max(now - s->failing, 0) / US_PER_S);
            break;
        }
    }
    return out;
}

static void head(struct buffer *b, const char *name, const char *type, const char *help) {
    buffer_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_sources(const struct authority *x, us_t now, struct buffer *b) {
    static const char *const names[] = {"oriel_jwks_fetches_total", "oriel_jwks_failures_total",
                                        "oriel_jwks_failing_seconds", "oriel_jwks_age_seconds"};
    static const char *const helps[] = {"Requests for the keys of an issuer that have ended.",
                                        "Those of them that failed.",
                                        "Time since when they fail; 0: the last went well.",
                                        "Time since the keys of an issuer last came; 0: never."};
    for (size_t row = 0; row < ARRAY_LEN(names); row++) {
        head(b, names[row], row < 2 ? "counter" : "gauge", helps[row]);
        for (size_t i = 0; i < x->n_sources; i++) {
            const struct jwks_state *s = jwks_thread_state(x->thread, i);
            int64_t values[] = {(int64_t)s->fetches, (int64_t)s->failures,
                                s->failing ? (now - s->failing) / US_PER_S : 0,
                                s->good ? (now - s->good) / US_PER_S : 0};
            buffer_printf(b, "%s{issuer=\"%s\"} %" PRId64 "\n", names[row], name_of(x, i),
                          us_max(values[row], 0));
        }
    }
}

void authority_metrics(const struct authority *x, us_t now, struct buffer *b) {
    const struct keyring *r = auth_keyring(x->auth);
    head(b, "oriel_tokens_total", "counter", "Tokens shown, by what was said of them.");
    for (int code = 0; code < CODE_COUNT; code++) {
        const char *name = code_name((enum code)code);
        uint64_t n = auth_count(x->auth, (enum code)code);
        if (n || code == CODE_OK || strncmp(name, "token_", 6) == 0) {
            buffer_printf(b, "oriel_tokens_total{code=\"%s\"} %" PRIu64 "\n", name, n);
        }
    }
    head(b, "oriel_token_keys", "gauge", "Keys of an issuer that tokens are checked with.");
    for (size_t i = 0; i < keyring_len(r); i++) {
        const struct issuer_config *c = keyring_issuer(r, i);
        const struct keyset *keys = keyring_keys(r, i);
        buffer_printf(b, "oriel_token_keys{issuer=\"%s\"} %zu\n", c->name,
                      keys ? keyset_len(keys) : 0);
    }
    put_sources(x, now, b);
}
