/* The thread that fetches the keys of who signs tokens (server/auth/jwks_cache.h says when): it
 * blocks on the network, and nobody waits for it. A new set is handed over whole; the control
 * thread puts it in the place of the old one, which it alone reads. */
#ifndef ORIEL_SERVER_AUTH_JWKS_THREAD_H
#define ORIEL_SERVER_AUTH_JWKS_THREAD_H

#include "recorder/store/http.h"
#include "server/auth/jwks_cache.h"
#include "server/auth/keyset.h"
#include "server/config/issuer_config.h"

struct jwks_thread;

#define JWKS_SOURCES_MAX ISSUERS_MAX

struct jwks_source {
    const char *name; /* in log and metrics */
    const char *url;
    const char *ca_file; /* PEM; NULL: the system's */
    us_t timeout;        /* [us] a whole request */
};

struct jwks_thread_config {
    /* NULL: http_curl_open, http_curl_close. Called in the thread. */
    enum err (*http_open)(const struct http_config *c, struct http *ret);
    void (*http_close)(struct http *h);
    void (*wake)(void *ctx); /* the control loop has something to take; any thread */
    void *wake_ctx;
};

/* Without a URL. ERR_NOMEM, ERR_IO with the reason in why[WHY_MAX]. */
enum err jwks_thread_start(const struct jwks_thread_config *c, struct jwks_thread **ret,
                           char why[WHY_MAX]);
/* It is to end, and jwks_thread_stop will be called. NULL allowed. */
void jwks_thread_ring(struct jwks_thread *t);
/* A request under way is broken off within a second. NULL allowed; returns NULL. */
struct jwks_thread *jwks_thread_stop(struct jwks_thread *t);

/* Everything below: the control thread. */

/* From now on these n URLs, copied, are asked, all at once, at most every how->pause; what is still
 * under way for others is dropped. One that was there before, with all that it has, keeps what is
 * known of it: who keeps its keys meanwhile is told when they are too old. ERR_NOMEM, ERR_BUSY: as
 * before. */
enum err jwks_thread_sources(struct jwks_thread *t, const struct jwks_source *list, size_t n,
                             const struct jwks_cache_config *how);
/* The keys of source i do not prove a token. Costs nothing while that is known already. */
void jwks_thread_want(struct jwks_thread *t, size_t i);
/* Take note of a wake-up; call before taking until there is nothing. */
void jwks_thread_listen(struct jwks_thread *t);
/* The next change: from now on *ret_keys, which is the caller's to free, are the keys of source
 * *ret_i; NULL: they are too old. False: there is none. */
bool jwks_thread_take(struct jwks_thread *t, size_t *ret_i, struct keyset **ret_keys);

struct jwks_state {
    uint64_t fetches, failures; /* requests that have ended, and those of them that failed */
    us_t good;                  /* the last good one; 0: none yet */
    us_t failing;               /* since when; 0: it does not */
};
/* Of source i, for metrics. */
const struct jwks_state *jwks_thread_state(const struct jwks_thread *t, size_t i);

#endif
