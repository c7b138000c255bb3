/* The addresses that clients are told, once more while the server runs. */
#include "base/check.h"
#include "server/boot/server_parts.h"
#include "server/os/log.h"
#include "server/os/sockaddr.h"

void server_announce_again(struct server *s) {
    struct announce_again_config c = {
        .config = s->api.config, .resolve = announce_resolve, .wake = loop_wake, .ctx = &s->loop};
    char why[WHY_MAX] = "";
    CHECK(sockaddr_parse(c.config->media_address, 0, &c.bind));
    if (c.config->media_announce.n == 0) {
        return; /* what is on the machine needs a restart */
    }
    s->once_more = s->again != NULL; /* the answers of what is under way may be those of before */
    if (s->once_more) {
        return;
    }
    enum err e = announce_again_new(&c, &s->again, why);
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "announce_failed", why, LOG_STR("error", err_name(e)));
    }
}

void server_announced(struct server *s) {
    struct announce fresh = {.n = 0};
    char why[WHY_MAX] = "";
    if (!s->again || !announce_again_done(s->again)) {
        return;
    }
    enum err e = announce_again_end(s->again, &fresh, why);
    s->again = NULL;
    if (s->once_more) {
        server_announce_again(s);
    }
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "announce_failed", why, LOG_STR("error", err_name(e)));
        return;
    }
    s->announce = fresh;
    LOG(LOG_LEVEL_INFO, "announced", "The names of media.announce were resolved again.",
        LOG_NUM("addresses", fresh.n));
}
