#include "signaling/requests/ice_servers.h"

#include "base/bytes.h"
#include "base/json_write.h"

#include <string.h>

static bool is_turn(const char *url) {
    return strncmp(url, "turn", 4) == 0;
}

static void put_group(struct buffer *o, const struct signaling_ice_servers *servers, bool turn) {
    bool any = false;
    for (size_t i = 0; i < servers->n; i++) {
        if (is_turn(servers->urls[i]) != turn) {
            continue;
        }
        if (!any) {
            json_open(o, NULL, '{');
            json_open(o, "urls", '[');
        }
        any = true;
        json_put_string(o, NULL, servers->urls[i]);
    }
    if (!any) {
        return;
    }
    json_close(o, ']');
    if (turn) {
        json_put_string(o, "username", servers->username);
        json_put_string(o, "credential", servers->credential);
    }
    json_close(o, '}');
}

void reply_ice_servers(const struct call *c, struct buffer *o, const char *sub, wall_t until) {
    struct signaling_ice_servers servers = {0};
    if (!c->s->config.ice_servers) {
        return;
    }
    c->s->config.ice_servers(c->s->config.ctx, sub, until, &servers);
    if (servers.n == 0) {
        return;
    }
    json_open(o, "ice_servers", '[');
    put_group(o, &servers, false);
    put_group(o, &servers, true);
    json_close(o, ']');
    mem_wipe(&servers, sizeof(servers));
}
