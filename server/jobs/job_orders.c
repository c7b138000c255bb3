#include "server/jobs/job_orders.h"

#include "base/json_write.h"
#include "recorder/library/library_notes.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

/* Errors that pass: a store that is away, a reader that keeps a log from being truncated. */
static bool passes(enum err e) {
    return e == ERR_IO || e == ERR_BUSY || e == ERR_NOSPACE || e == ERR_NOMEM || e == ERR_AGAIN ||
           e == ERR_KEY_DENIED || e == ERR_AWAY;
}

static enum err give(struct library *l, const struct job_owed *what, const char *who) {
    struct library_order by = {who, "by order over HTTP", clock_wall()};
    return what->participant ? library_shred_person(l, what->recording, what->participant, &by)
                             : library_shred(l, what->recording, &by);
}

static void say_owed(const struct job_owed *what, const char *why) {
    LOG(LOG_LEVEL_WARN, "shred_unfinished",
        "The keys are gone, but not everything could be removed yet: it is tried again.",
        LOG_STR("recording", what->recording), LOG_STR("why", why));
}

static void owe(struct job_orders *o, const struct job_owed *what) {
    for (uint32_t i = 0; i < o->n; i++) {
        if (memcmp(&o->owed[i], what, sizeof(*what)) == 0) {
            return;
        }
    }
    if (o->n < JOB_ORDERS_OWED) { /* else by a sweep */
        o->due = o->n ? o->due : clock_now() + JOB_ORDERS_AGAIN;
        o->owed[o->n++] = *what;
    }
}

static enum err shred(struct job_orders *o, struct library *l, const struct job_request *q,
                      struct job_reply *r) {
    struct job_owed what;
    memset(&what, 0, sizeof(what)); /* compared as a whole */
    memcpy(what.recording, q->recording, sizeof(what.recording));
    what.participant = q->participant;
    enum err e = give(l, &what, q->who);
    o->destroyed = e == OK;
    if (!passes(e) || library_shredded(l, what.recording, what.participant, NULL) != OK) {
        return e;
    }
    say_owed(&what, err_name(e));
    owe(o, &what);
    r->number = 1;
    return OK;
}

static struct library_span span_of(const struct job_request *q, uint32_t track) {
    const char *why = *q->why ? q->why : "by order over HTTP";
    return (struct library_span){.id = q->recording,
                                 .track = q->tracks[track],
                                 .from = q->from,
                                 .to = q->to,
                                 .by = {q->who, why, clock_wall()}};
}

/* All of it, before anything is done. */
static enum err look(struct library *l, const struct job_request *q, struct job_reply *r,
                     bool left[JOB_TRACKS_MAX]) {
    uint64_t segments = 0;
    for (uint32_t i = 0; i < q->n_tracks; i++) {
        struct library_span s = span_of(q, i);
        struct library_redactable n;
        enum err e = library_redact_look(l, &s, &n);
        if (e != OK) {
            r->number = e == ERR_UNKNOWN ? i + 1 : 0;
            return e == ERR_GONE ? ERR_UNKNOWN : e;
        }
        left[i] = n.left > 0;
        segments += n.left + n.gone;
    }
    return segments ? OK : ERR_RANGE;
}

/* The keys are gone, whatever the store says. */
static bool is_destroyed(struct library *l, const struct library_span *s) {
    struct library_redactable n;
    return library_redact_look(l, s, &n) == OK && n.left == 0;
}

static enum err redact(struct job_orders *o, struct library *l, const struct job_request *q,
                       struct job_reply *r) {
    struct job_owed what;
    bool left[JOB_TRACKS_MAX], was_left;
    memset(&what, 0, sizeof(what)); /* compared as a whole */
    memcpy(what.recording, q->recording, sizeof(what.recording));
    what.redacted = true;
    enum err e = look(l, q, r, left);
    if (e != OK) {
        return e;
    }
    for (uint32_t i = 0; e == OK && i < q->n_tracks; i++) {
        struct library_span s = span_of(q, i);
        e = left[i] ? library_redact_keys(l, &s) : OK;
        e = e != OK && is_destroyed(l, &s) ? OK : e;
        o->destroyed = o->destroyed || (left[i] && e == OK);
    }
    /* Once for all tracks, and for what earlier orders left: it makes the manifest anew. */
    enum err behind = library_redact_finish(l, q->recording, &was_left);
    if (behind != OK) {
        say_owed(&what, err_name(behind));
        owe(o, &what);
        r->number = 1;
    }
    return e;
}

static enum err held(struct library *l, const struct job_request *q, struct job_reply *r) {
    struct library_note n;
    struct buffer b = {0};
    char at[WALL_TEXT_MAX];
    enum err e = library_held(l, q->recording, &n);
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    json_open(&b, NULL, '{');
    json_put_bool(&b, "held", e == OK);
    if (e == OK) {
        json_put_string(&b, "since", wall_text(n.at, at));
        json_put_string(&b, "by", n.who);
        json_put_string(&b, "reason", n.why);
    }
    json_close(&b, '}');
    r->len = b.n;
    r->data = buffer_take(&b);
    if (!r->data) {
        buffer_free(&b);
        r->len = 0;
    }
    return r->data ? OK : ERR_NOMEM;
}

enum err job_order(struct job_orders *o, struct library *l, const struct job_request *q,
                   struct job_reply *r) {
    struct library_order by = {q->who, q->why, clock_wall()};
    o->destroyed = false;
    switch ((enum job_request_type)q->type) {
    case JOB_HOLD:
        return library_hold(l, q->recording, &by);
    case JOB_RELEASE:
        return library_release(l, q->recording);
    case JOB_HELD:
        return held(l, q, r);
    case JOB_SHRED:
        return shred(o, l, q, r);
    case JOB_REDACT:
        return redact(o, l, q, r);
    default:
        return ERR_UNSUPPORTED;
    }
}

static void owe_unfinished(void *ctx, const char *id, uint64_t participant) {
    struct job_owed what;
    memset(&what, 0, sizeof(what));
    snprintf(what.recording, sizeof(what.recording), "%s", id);
    what.participant = participant;
    say_owed(&what, "the server ended in the middle");
    owe(ctx, &what);
}

struct latest {
    char ids[JOB_ORDERS_OWED][RECORDING_ID_LEN + 1];
    uint64_t n;
};

static void note_latest(void *ctx, const char *id) {
    struct latest *x = ctx;
    snprintf(x->ids[x->n++ % JOB_ORDERS_OWED], sizeof(x->ids[0]), "%s", id);
}

/* Nothing but the store says whether a redaction is finished, and that takes a listing: a process
 * that died was at one of the latest. */
static enum err owe_latest(struct job_orders *o, struct library *l) {
    struct latest x = {.n = 0};
    enum err e = library_each_redacted(l, note_latest, &x);
    for (uint64_t i = 0; i < x.n && i < JOB_ORDERS_OWED; i++) {
        struct job_owed what;
        memset(&what, 0, sizeof(what));
        memcpy(what.recording, x.ids[i], sizeof(what.recording));
        what.redacted = true;
        owe(o, &what);
    }
    return e;
}

void job_orders_begin(struct job_orders *o, struct library *l) {
    enum err e = library_each_unfinished(l, owe_unfinished, o);
    e = e == OK ? owe_latest(o, l) : e;
    o->due = clock_now();
    if (e != OK) {
        LOG(LOG_LEVEL_WARN, "shred_unfinished",
            "It could not be seen whether a shred is unfinished.", LOG_STR("why", err_name(e)));
    }
}

static bool goes_on(struct library *l, const struct job_owed *what) {
    bool was_left = true;
    enum err e = what->redacted ? library_redact_finish(l, what->recording, &was_left)
                                : give(l, what, "server");
    if (!passes(e) && (e != OK || was_left)) {
        LOG(e == OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "shred_finished",
            e == OK ? "What was left of a shred, or of a redaction, is removed."
                    : "What was left of a shred, or of a redaction, cannot be removed so.",
            LOG_STR("recording", what->recording), LOG_STR("result", err_name(e)));
    }
    return passes(e);
}

void job_orders_tick(struct job_orders *o, struct library *l, us_t now) {
    uint32_t left = 0;
    if (!o->n || now < o->due) {
        return;
    }
    for (uint32_t i = 0; i < o->n; i++) {
        struct job_owed what = o->owed[i];
        if (goes_on(l, &what)) {
            o->owed[left++] = what;
        }
    }
    o->n = left;
    o->due = now + JOB_ORDERS_AGAIN;
}
