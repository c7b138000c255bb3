#include "media/bwe/groups.h"

#include <string.h>

/* It arrives with what was sent before it, although it was sent later: the path let both go at
 * once. */
static bool of_burst(const struct packet_group *g, us_t sent, us_t at) {
    us_t arrived = at - g->last, sent_after = sent - g->sent_last;
    if (sent_after == 0) {
        return true;
    }
    return arrived - sent_after < 0 && arrived <= GROUP_SPAN && at - g->first < GROUP_BURST_MAX;
}

static struct packet_group begin(us_t sent, us_t at) {
    return (struct packet_group){sent, sent, at, at};
}

/* The finished group against the one before it; false when that says nothing. */
static bool compare(struct groups *g, struct group_delta *ret) {
    *ret = (struct group_delta){.sent = g->now.sent_last - g->before.sent_last,
                                .arrived = g->now.last - g->before.last,
                                .at = g->now.last};
    if (ret->arrived - ret->sent > GROUP_STALL) {
        memset(g, 0, sizeof(*g));
        return false;
    }
    if (ret->arrived < 0) {
        if (++g->back >= GROUP_REORDERED) {
            memset(g, 0, sizeof(*g));
        }
        return false;
    }
    g->back = 0;
    return true;
}

bool groups_add(struct groups *g, us_t sent, us_t at, struct group_delta *ret) {
    if (!g->has_now) {
        g->now = begin(sent, at);
        g->has_now = true;
        return false;
    }
    if (sent < g->now.sent_first) {
        return false; /* of a group that is done */
    }
    if (of_burst(&g->now, sent, at) || sent - g->now.sent_first <= GROUP_SPAN) {
        g->now.sent_last = us_max(g->now.sent_last, sent);
        g->now.last = us_max(g->now.last, at);
        return false;
    }
    bool told = g->has_before && compare(g, ret);
    if (g->has_now) {
        g->before = g->now;
        g->has_before = true;
    }
    g->now = begin(sent, at);
    g->has_now = true;
    return told;
}
