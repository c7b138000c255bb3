#include "recorder/writer/writing.h"

#include <stdio.h>

#define RETRY_FIRST (250 * US_PER_MS)
#define RETRY_MAX (5 * US_PER_S)
#define FLUSH_BEHIND (200 * US_PER_MS) /* lines may wait so long for segments that wait, too */
#define FLUSH_EARLY (JOURNAL_PENDING_MAX / 4) /* [bytes] of lines that do not wait for more */

struct writing *writing_new(const struct writing_config *c, uint64_t recording) {
    struct writing *w = mem_zalloc(1, sizeof(*w));
    if (w) {
        w->archive = c->archive;
        w->n = c->n;
        w->flush_every = c->flush_every;
        w->recording = recording;
        w->retry_at = w->flush_at = US_NEVER;
        list_init(&w->jobs);
        list_init(&w->in_writer);
    }
    return w;
}

static void pop(struct writing *w, struct write_job *j) {
    list_remove(&j->link);
    w->media_done += j->type == JOB_SEGMENT ? write_job_cost(j->media.n) : 0;
    w->lines_done += j->type == JOB_ENTRY;
    write_job_free(j);
}

struct writing *writing_free(struct writing *w) {
    if (!w) {
        return NULL;
    }
    LIST_EACH(l, &w->jobs) {
        pop(w, LIST_ENTRY(l, struct write_job, link));
    }
    list_remove(&w->in_writer);
    ledger_free(w->ledger);
    return mem_free(w);
}

void writing_take(struct writing *w, struct write_job *j) {
    list_push(&w->jobs, &j->link);
}

static us_t recording_now(const struct writing *w) {
    return us_max(w->now - w->zero, 0);
}

/* A line that finds no room is not waited for, unless media depend on it; it is said that there was
 * one. */
static enum err note(struct writing *w, const struct entry *e, bool needed) {
    enum err error = ledger_add(w->ledger, e);
    if (error == ERR_FULL) {
        error = ledger_flush(w->ledger);
        error = error == OK ? ledger_add(w->ledger, e) : error;
    }
    bool never = error == ERR_RANGE || error == ERR_LONG; /* it cannot be said */
    bool much = ledger_pending(w->ledger) > FLUSH_EARLY;
    w->flush_at = us_min(w->flush_at, much ? w->now : w->now + w->flush_every);
    if (error != OK && (never || !needed)) {
        w->n->store_errors++;
        w->unnoted += w->unnoted < UINT32_MAX;
        error = OK;
    }
    return error;
}

/* The alarm is raised once. */
static void fail(struct writing *w, enum err error) {
    w->n->store_errors++;
    w->retry_step = w->retry_step ? us_min(2 * w->retry_step, RETRY_MAX) : RETRY_FIRST;
    w->retry_at = w->now + w->retry_step;
    if (w->failing) {
        return;
    }
    w->failing = w->say_state = true;
    w->error = error;
    if (w->begun) {
        struct entry e = {.type = ENTRY_FAILING, .t = recording_now(w)};
        e.u.failing = (struct entry_failing){.error = (uint8_t)error, .since = e.t};
        (void)note(w, &e, false);
    }
}

static void succeed(struct writing *w) {
    w->retry_at = US_NEVER;
    w->retry_step = 0;
    if (w->failing) {
        w->failing = false;
        w->say_state = true;
    }
}

static enum err begin(struct writing *w, const struct write_job *j) {
    w->zero = j->zero;
    enum err e = ledger_begin(w->archive, &j->entry.u.start, &w->ledger);
    if (e == OK) {
        w->begun = w->say_begun = true;
    }
    return e;
}

/* The lines that wait, and how many found no place among them. */
static enum err flush(struct writing *w) {
    enum err e = ledger_flush(w->ledger);
    if (e == OK && w->unnoted) {
        struct entry gap = {.type = ENTRY_GAP, .t = recording_now(w)};
        gap.u.gap = (struct entry_gap){.track = ID_NONE, .packets = w->unnoted};
        snprintf(gap.u.gap.cause, sizeof(gap.u.gap.cause), "journal");
        e = ledger_add(w->ledger, &gap);
        if (e == OK) {
            w->unnoted = 0;
            w->n->gaps++;
            e = ledger_flush(w->ledger);
        }
    }
    if (e == OK) {
        w->flush_at = US_NEVER;
    }
    return e;
}

static enum err store_segment(struct writing *w, struct write_job *j) {
    struct bytes media = bytes_of(j->media.p, j->media.n);
    enum err e = ledger_segment(w->ledger, j->t, &j->entry.u.segment, media);
    if (e == OK) {
        w->n->segments++;
        w->n->bytes_sealed += media.n;
        w->flush_at = us_min(w->flush_at, w->now); /* its line follows it */
    }
    return e;
}

static enum err end(struct writing *w, const struct write_job *j) {
    enum err e = flush(w);
    e = e == OK ? ledger_end(w->ledger, j->t) : e;
    if (e == OK) {
        w->ended = w->say_ended = true;
    }
    return e;
}

static enum err do_job(struct writing *w, struct write_job *j) {
    uint32_t room = UINT32_MAX - w->unnoted;
    w->unnoted += j->unnoted < room ? j->unnoted : room;
    j->unnoted = 0;
    switch ((enum write_job_type)j->type) {
    case JOB_BEGIN:
        return begin(w, j);
    case JOB_ENTRY:
        return note(w, &j->entry, entry_is_needed((enum entry_type)j->entry.type));
    case JOB_SEGMENT:
        return store_segment(w, j);
    case JOB_END:
        return end(w, j);
    }
    return OK;
}

/* Segments of several tracks end together: their lines are stored as one object behind them, unless
 * there is no end to segments. */
static bool flush_due(const struct writing *w) {
    bool behind = w->flush_at != US_NEVER && w->now >= w->flush_at + FLUSH_BEHIND;
    return w->begun && (behind || (list_empty(&w->jobs) && w->now >= w->flush_at));
}

/* Lines first, for they cost little; then one thing that blocks. */
static enum err work(struct writing *w) {
    if (flush_due(w)) {
        return flush(w);
    }
    for (int lines = 0; !list_empty(&w->jobs) && lines < WRITING_LINES_AT_ONCE; lines++) {
        struct write_job *j = LIST_ENTRY(w->jobs.next, struct write_job, link);
        bool line = j->type == JOB_ENTRY;
        enum err e = do_job(w, j);
        if (e != OK) {
            return e;
        }
        pop(w, j);
        if (!line) {
            return OK;
        }
    }
    return OK;
}

bool writing_step(struct writing *w, us_t now) {
    w->now = now;
    if (writing_deadline(w) > now) {
        return false;
    }
    enum err e = work(w);
    if (e != OK) {
        fail(w, e);
    } else {
        succeed(w);
    }
    return writing_deadline(w) <= now;
}

us_t writing_deadline(const struct writing *w) {
    if (w->ended || w->retry_at != US_NEVER) {
        return w->ended ? US_NEVER : w->retry_at;
    }
    return list_empty(&w->jobs) ? w->flush_at : 0;
}

bool writing_report(struct writing *w, struct write_report *ret) {
    *ret = (struct write_report){.recording = w->recording};
    if (w->say_begun) {
        w->say_begun = false;
        ret->type = REPORT_BEGUN;
        ret->id = *ledger_id(w->ledger);
    } else if (w->media_done || w->lines_done) {
        ret->type = REPORT_DONE;
        ret->media = w->media_done;
        ret->lines = w->lines_done;
        w->media_done = w->lines_done = 0;
    } else if (w->say_state) {
        w->say_state = false;
        ret->type = w->failing ? REPORT_FAILING : REPORT_RECOVERED;
        ret->error = (uint8_t)(w->failing ? w->error : OK);
    } else if (w->say_ended) {
        w->say_ended = false;
        ret->type = REPORT_ENDED;
    } else {
        return false;
    }
    return true;
}
