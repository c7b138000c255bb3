/* DESIGN. Nothing here is urgent, and all of it may be done twice: a keeper that dies in the middle
 * begins anew. Clocks are not trusted: the time of day is compared with the monotonic clock while
 * the process lives, and with what was believed before it lived (recorder/library/sweep_guard.h). A
 * sweep lasts as long as the store is large; what is watched has its turn between its steps. */
#include "server/recording/keeper.h"

#include "base/alloc.h"
#include "recorder/library/library_sweep.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

#define JUMP (3600 * US_PER_S)  /* [us] of the time of day against the monotonic clock */
#define AGAIN (3600 * US_PER_S) /* [us] after what could not be done; then twice, ... */

struct keeper {
    struct keeper_config c;
    struct keeper_hooks hooks;
    struct library *library;
    struct keeper_state state;
    us_t keys_at, totals_at, clock_at, sweep_at;
    us_t expire_at; /* not before: a sweep for the quota */
    us_t base_now;  /* a moment by both clocks */
    wall_t base_wall;
    bool jumped;       /* since the last sweep was due */
    bool refused;      /* by the guard */
    bool totals_known; /* the last time they could be read */
    us_t again;        /* when the next one that fails is tried again; 0: the last one did not */
    unsigned lines;    /* of the sweep under way */
};

const char *keeper_result_name(enum keeper_result r) {
    static const char *const names[] = {
#define X(sym, name) [sym] = (name),
        KEEPER_RESULT_LIST(X)
#undef X
    };
    return names[r];
}

static void publish(struct keeper *k) {
    k->state.clock_wrong = k->jumped || k->refused;
    k->hooks.publish(k->hooks.ctx, &k->state);
}

/* ---- key providers ---- */

/* What comes before the colon, or the error's name, as a label: a word. */
static void reason_of(const struct library_provider *p, char out[KEEPER_REASON_MAX]) {
    size_t n = strcspn(p->why, ":");
    bool said = p->why[n] == ':' && n > 0 && n < KEEPER_REASON_MAX;
    snprintf(out, KEEPER_REASON_MAX, "%.*s", said ? (int)n : KEEPER_REASON_MAX - 1,
             said ? p->why : err_name(p->error));
    for (char *c = out; *c; c++) {
        bool word = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        *c = word ? *c : '_';
    }
}

static void note_provider(struct keeper *k, struct keeper_provider *to,
                          const struct library_provider *p) {
    char reason[KEEPER_REASON_MAX] = "";
    snprintf(to->name, sizeof(to->name), "%s", p->name);
    if (p->error != OK) {
        reason_of(p, reason);
        to->since = *to->reason ? to->since : k->hooks.now(k->hooks.ctx);
        to->failures++;
    }
    if (*reason && strcmp(reason, to->reason) != 0) {
        LOG(LOG_LEVEL_WARN, "key_provider_failing",
            "A key provider does not answer as it should: what is under its key cannot be opened,"
            " and if it is the one that wraps no recording can begin.",
            LOG_STR("provider", p->name), LOG_STR("why", *p->why ? p->why : reason));
    } else if (!*reason && *to->reason) {
        LOG(LOG_LEVEL_INFO, "key_provider_recovered", "A key provider works again.",
            LOG_STR("provider", p->name));
    }
    memcpy(to->reason, reason, sizeof(reason));
}

static void check_keys(struct keeper *k) {
    struct library_provider p[LIBRARY_PROVIDERS_MAX];
    size_t n = library_providers(k->library, p);
    k->state.n_providers = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        note_provider(k, &k->state.providers[i], &p[i]);
    }
    k->keys_at = k->hooks.now(k->hooks.ctx) + k->c.keys_every; /* it may have taken long */
    publish(k);
}

/* ---- quota ---- */

static bool has_quota(const struct keeper *k) {
    return k->c.quota_bytes || k->c.quota_recordings || k->c.quota_free;
}

static bool is_reached(const struct keeper *k) {
    const struct library_totals *t = &k->state.totals;
    return (k->c.quota_bytes && t->bytes >= k->c.quota_bytes) ||
           (k->c.quota_recordings && t->recordings >= k->c.quota_recordings) ||
           k->state.free < k->c.quota_free;
}

/* What cannot be read leaves everything as it was. */
static void count(struct keeper *k) {
    us_t begun = k->hooks.now(k->hooks.ctx);
    enum err e = library_totals(k->library, &k->state.totals);
    k->state.free = k->hooks.space(k->hooks.ctx);
    bool reached = is_reached(k);
    if (e != OK && k->totals_known) {
        LOG(LOG_LEVEL_WARN, "totals_unknown", "What recordings there are cannot be counted.",
            LOG_STR("error", err_name(e)));
    }
    k->totals_known = e == OK;
    k->state.counted = k->state.counted || e == OK;
    if (reached && !k->state.quota_reached) {
        LOG(LOG_LEVEL_WARN, "quota_reached",
            "recording.quota is reached: no further recording begins; tours go on.",
            LOG_NUM("recordings", k->state.totals.recordings),
            LOG_NUM("bytes", k->state.totals.bytes), LOG_NUM("free", k->state.free));
    } else if (!reached && k->state.quota_reached) {
        LOG(LOG_LEVEL_INFO, "quota_free", "There is room for recordings again.",
            LOG_NUM("recordings", k->state.totals.recordings),
            LOG_NUM("bytes", k->state.totals.bytes));
    }
    k->state.quota_reached = reached;
    us_t now = k->hooks.now(k->hooks.ctx),
         every = has_quota(k) ? KEEPER_TOTALS_QUOTA : KEEPER_TOTALS;
    k->totals_at = now + us_max(every, (now - begun) * KEEPER_TOTALS_SHARE);
    publish(k);
}

/* ---- the clock ---- */

/* Has the time of day moved otherwise than the monotonic clock? Then nothing is shredded for one
 * interval, in which somebody may see the alarm. */
static bool look_for_jump(struct keeper *k, us_t now, wall_t wall) {
    us_t off = (wall.us - k->base_wall.us) - (now - k->base_now);
    k->base_now = now;
    k->base_wall = wall;
    if (off <= JUMP && off >= -JUMP) {
        return false;
    }
    LOG(LOG_LEVEL_ERROR, "clock_jumped",
        "The time of day jumped: nothing is shredded for its age until the next sweep.",
        LOG_NUM("seconds", off / US_PER_S));
    k->jumped = true;
    k->refused = false;
    k->sweep_at = k->c.sweep_every ? now + k->c.sweep_every : US_NEVER;
    k->expire_at = now + (k->c.sweep_every ? k->c.sweep_every : KEEPER_CLOCK_EVERY);
    return true;
}

static void refuse(struct keeper *k, const char *why) {
    if (!k->refused) {
        LOG(LOG_LEVEL_ERROR, "clock_wrong", "Nothing is shredded for its age.",
            LOG_STR("why", why));
    }
    k->refused = true;
}

/* As long as we live what is believed moves on. When a person has said that the clock is right,
 * what waited for that is done. */
static void check_clock(struct keeper *k, us_t now) {
    char why[WHY_MAX];
    k->clock_at = now + KEEPER_CLOCK_EVERY;
    if (look_for_jump(k, now, k->hooks.wall(k->hooks.ctx))) {
        publish(k);
        return;
    }
    enum err e = library_clock(k->library, k->hooks.wall(k->hooks.ctx), k->c.retention, why);
    if (e == ERR_WRONG_STATE) {
        refuse(k, why);
    } else if (e == OK) {
        k->sweep_at = k->refused && k->c.sweep_every ? now : k->sweep_at;
        k->refused = false;
        k->jumped = k->jumped && k->c.sweep_every; /* else the next sweep ends it */
    }
    publish(k);
}

/* ---- sweeping ---- */

static void say(void *ctx, const char *of, const char *what, bool done) {
    struct keeper *k = ctx;
    k->lines += !done;
    if (done && k->hooks.did) {
        k->hooks.did(k->hooks.ctx, of, what);
    }
    if (done || k->lines <= KEEPER_LINES) {
        LOG(LOG_LEVEL_INFO, "sweep", "Of a recording that is swept.", LOG_STR("of", of),
            LOG_STR("what", what));
    }
}

static bool may(void *ctx, const char *of) {
    const struct keeper *k = ctx;
    return !k->hooks.may || k->hooks.may(k->hooks.ctx, of);
}

/* What is watched has its turn. */
static bool go_on(void *ctx) {
    struct keeper *k = ctx;
    us_t now = k->hooks.now(k->hooks.ctx);
    library_tick(k->library, now);
    if (k->keys_at <= now) {
        check_keys(k);
    }
    if (k->totals_at <= now) {
        count(k);
    }
    return k->hooks.go_on(k->hooks.ctx);
}

static enum keeper_result result_of(enum err e, const struct library_swept *n) {
    return e == ERR_WRONG_STATE ? KEEPER_CLOCK
           : e == ERR_BUSY      ? KEEPER_BUSY
           : e != OK            ? KEEPER_FAILED
           : n->failed          ? KEEPER_FAILED
                                : KEEPER_OK;
}

/* n NULL: it did not come to the end. */
static void note_whole(struct keeper_state *st, wall_t at, enum keeper_result r,
                       const struct library_swept *n) {
    st->swept = true;
    st->last = r;
    st->runs[r]++;
    st->last_run = at;
    st->last_ok = r == KEEPER_OK ? at : st->last_ok;
    if (n) {
        st->held = n->held;
        st->orphans = n->orphans;
        st->failed = n->failed;
        st->undated = n->undated;
        st->keyless = n->keyless;
    }
}

static void note_sweep(struct keeper *k, const struct library_sweep *s, enum err e,
                       const struct library_swept *n) {
    struct keeper_state *st = &k->state;
    enum keeper_result r = result_of(e, n);
    bool ends = e == ERR_AGAIN && !k->hooks.go_on(k->hooks.ctx);
    bool idle = s->old_only && e == OK && n->shredded + n->failed == 0;
    st->shredded += n->shredded;
    st->finished += n->finished;
    if (ends || idle) {
        return; /* the server ends, or there was nothing to make room with */
    }
    if (!s->old_only) {
        note_whole(st, s->order.at, r, e == OK ? n : NULL);
    }
    if (r == KEEPER_CLOCK) {
        refuse(k, n->why);
        return;
    }
    LOG(r == KEEPER_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "swept", "Recordings were swept.",
        LOG_STR("result", keeper_result_name(r)), LOG_STR("error", err_name(e)),
        LOG_NUM("shredded", n->shredded), LOG_NUM("held", n->held),
        LOG_NUM("finished", n->finished), LOG_NUM("orphans", n->orphans),
        LOG_NUM("undated", n->undated), LOG_NUM("keyless", n->keyless),
        LOG_NUM("failed", n->failed), LOG_NUM("lines", k->lines));
}

/* What fails for ever must not list a bucket every hour. */
static void try_again(struct keeper *k) {
    enum keeper_result r = k->state.last;
    us_t after = r == KEEPER_FAILED ? us_max(k->again, AGAIN) : AGAIN;
    if (r == KEEPER_FAILED || r == KEEPER_BUSY) {
        k->sweep_at = us_min(k->sweep_at, k->hooks.now(k->hooks.ctx) + after);
    }
    k->again = r == KEEPER_FAILED ? us_min(2 * after, k->c.sweep_every) : 0;
}

static void sweep(struct keeper *k, us_t now, bool old_only) {
    wall_t wall = k->hooks.wall(k->hooks.ctx);
    struct library_swept n;
    struct library_sweep s = {.order = {"oriel", "recording.retention_days", wall},
                              .old_only = old_only,
                              .say = say,
                              .may = may,
                              .go_on = go_on,
                              .ctx = k};
    if (k->c.retention) {
        s.before.us = wall.us - k->c.retention;
    }
    if (k->c.retention && look_for_jump(k, now, wall)) {
        publish(k);
        return;
    }
    k->lines = 0;
    if (!old_only) {
        k->sweep_at = now + k->c.sweep_every;
    }
    k->expire_at = now + KEEPER_EXPIRE;
    enum err e = library_sweep(k->library, &s, &n);
    k->jumped = false;
    if (e == OK) {
        k->refused = false;
    }
    if (n.shredded && k->hooks.shredded) {
        k->hooks.shredded(k->hooks.ctx);
    }
    note_sweep(k, &s, e, &n);
    if (!old_only) {
        try_again(k);
    }
    count(k);
}

/* ---- life ---- */

struct keeper *keeper_new(const struct keeper_config *c, struct library *library,
                          const struct keeper_hooks *hooks) {
    struct keeper *k = mem_zalloc(1, sizeof(*k));
    if (!k) {
        return NULL;
    }
    k->c = *c;
    k->hooks = *hooks;
    k->library = library;
    k->base_now = hooks->now(hooks->ctx);
    k->base_wall = hooks->wall(hooks->ctx);
    k->keys_at = c->keys_every ? k->base_now : US_NEVER;
    k->totals_at = k->base_now;
    k->clock_at = c->retention ? k->base_now + c->sweep_after : US_NEVER;
    k->sweep_at = c->sweep_every ? k->base_now + c->sweep_after : US_NEVER;
    k->expire_at = c->quota_expired && c->retention ? k->base_now + c->sweep_after : US_NEVER;
    k->totals_known = true;
    return k;
}

struct keeper *keeper_free(struct keeper *k) {
    return mem_free(k);
}

void keeper_step(struct keeper *k) {
    us_t now = k->hooks.now(k->hooks.ctx);
    library_tick(k->library, now);
    if (k->totals_at <= now) {
        count(k);
    }
    if (k->keys_at <= now) {
        check_keys(k);
    }
    if (k->clock_at <= now) {
        check_clock(k, now);
    }
    bool expire = k->state.quota_reached && k->c.quota_expired && k->expire_at <= now;
    if (k->sweep_at <= now) {
        sweep(k, now, false);
    } else if (expire && !k->refused) {
        sweep(k, now, true);
    }
}

us_t keeper_deadline(const struct keeper *k) {
    us_t at = us_min(us_min(k->keys_at, k->totals_at), us_min(k->clock_at, k->sweep_at));
    bool expire = k->state.quota_reached && k->c.quota_expired && !k->refused;
    return expire ? us_min(at, k->expire_at) : at;
}
