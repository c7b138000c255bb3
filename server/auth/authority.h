/* Tokens as the server uses them: what the configuration says of who may sign, the keys in files,
 * and the thread that fetches those of URLs. Owner: the control thread. */
#ifndef ORIEL_SERVER_AUTH_AUTHORITY_H
#define ORIEL_SERVER_AUTH_AUTHORITY_H

#include "base/buffer.h"
#include "server/auth/auth.h"
#include "server/config/config.h"

struct authority;

/* The tokens alone, without the keys of URLs: for `oriel token`. With `create`, a missing secret
 * file of our own is made if auth.create_secret says so. *ret is for auth_free. Errors are those of
 * auth_secret_load and auth_read_files, with the reason in why[WHY_MAX]. */
enum err authority_auth(const struct config *cfg, bool create, struct auth **ret,
                        char why[WHY_MAX]);
/* Read the files that hold keys of others: for `oriel check-config`. Errors as above. */
enum err authority_check(const struct config *cfg, char why[WHY_MAX]);

/* Keys of URLs are on their way when it returns; wake(ctx) says, from any thread, that some have
 * come. ERR_IO (no thread) and those of authority_auth. */
enum err authority_start(const struct config *cfg, void (*wake)(void *ctx), void *ctx,
                         struct authority **ret, char why[WHY_MAX]);
/* Several threads can end at once so. NULL allowed. */
void authority_ring(struct authority *x);
/* NULL allowed; returns NULL. */
struct authority *authority_stop(struct authority *x);
/* Its tokens, at the same address as long as it lives. */
struct auth *authority_tokens(const struct authority *x);
/* Take in keys that have come. In each turn of the control loop. */
void authority_service(struct authority *x);
/* From now on the rules and files of cfg count, and every URL is asked anew; nobody is refused in
 * between. When something is wrong, all is as before, and why[WHY_MAX] says it. */
enum err authority_reload(struct authority *x, const struct config *cfg, char why[WHY_MAX]);
/* "ok", "off" (no keys of URLs), or what is wrong, in out of n bytes; returns it. */
const char *authority_state(const struct authority *x, us_t now, char *out, size_t n);
/* Metrics, in Prometheus' text format. */
void authority_metrics(const struct authority *x, us_t now, struct buffer *out);

#endif
