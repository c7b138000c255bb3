#include "media/bwe/upgrade.h"

int upgrade_limit(struct upgrade *u, us_t now, uint64_t rate) {
    bool tries = u->begun > 0 && u->to >= u->failed; /* what it uses, the estimate goes beyond */
    if (u->wait > 0 && !tries && rate > u->rate + u->rate / UPGRADE_MORE) {
        u->wait = 0;
    }
    return u->wait > 0 && now < u->until ? u->failed - 1 : UPGRADE_ANY;
}

uint64_t upgrade_trusts(const struct upgrade *u, us_t now, uint64_t rate) {
    bool settling = u->begun > 0 && now - u->begun < UPGRADE_SETTLES && rate < u->most;
    uint64_t more = rate + rate / 5;
    return !settling ? rate : more < u->most ? more : u->most;
}

/* Soon: it waits for twice as long as the last time. */
static void fail(struct upgrade *u, us_t now) {
    bool again = u->wait > 0 && u->to == u->failed, soon = now - u->begun <= UPGRADE_UNDONE;
    us_t wait = again ? (soon ? 2 * u->wait : u->wait) : UPGRADE_WAIT;
    u->wait = us_min(wait, UPGRADE_WAIT_MAX);
    u->until = now + u->wait;
    u->rate = u->most;
    u->failed = u->to;
}

/* It holds. That says nothing of a larger one. */
static void hold(struct upgrade *u) {
    if (u->to >= u->failed) {
        u->wait = 0;
    }
    u->begun = 0;
}

void upgrade_chosen(struct upgrade *u, us_t now, uint64_t rate, int before, int after) {
    if (after > before && after > 0) {
        u->begun = now;
        u->most = rate;
        u->to = (int8_t)after;
        return;
    }
    if (u->begun == 0) {
        return;
    }
    u->most = rate > u->most ? rate : u->most;
    if (now - u->begun > UPGRADE_HELD) {
        hold(u);
    } else if (after < u->to) {
        /* Else something else is shown, which takes the rate, or the path has become another one:
         * nothing is known of that. */
        if (rate < u->most && rate >= u->most / UPGRADE_OTHER) {
            fail(u, now);
        }
        u->begun = 0;
    }
}
