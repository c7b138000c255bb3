/* The names of media.announce resolved once more, while the server runs: in a thread of its own
 * that lives for as long as that takes, since a resolver may keep who asks waiting for many
 * seconds. Owner: the control thread. */
#ifndef ORIEL_SERVER_CONFIG_ANNOUNCE_AGAIN_H
#define ORIEL_SERVER_CONFIG_ANNOUNCE_AGAIN_H

#include "server/config/announce.h"

struct announce_again;

struct announce_again_config {
    const struct config *config;
    struct addr bind;
    size_t (*resolve)(void *ctx, const char *name, struct addr *out, size_t cap); /* as
                                     announce_resolve; ctx: struct announce_wait */
    void (*wake)(void *ctx); /* it has ended: look with announce_again_end. Its thread. */
    void *ctx;
};

/* Begin. ERR_NOMEM; ERR_IO: no thread could be started; why says so. */
enum err announce_again_new(const struct announce_again_config *c, struct announce_again **ret,
                            char why[WHY_MAX]);
/* Whether it has ended. */
bool announce_again_done(const struct announce_again *x);
/* Break it off if it has not, and free it: what announce_fill says. NULL allowed: ERR_WRONG_STATE.
 */
enum err announce_again_end(struct announce_again *x, struct announce *ret, char why[WHY_MAX]);

#endif
