/* The ledger of events, an SQLite file of its own: each event once, numbered per tour without
 * holes, and how far each sink has got. An event is stored before any sink hears of it, so that
 * none is lost by a receiver or a process that dies. Several connections may be open, each owned by
 * one thread. */
#ifndef ORIEL_SERVER_EVENTS_EVENT_STORE_H
#define ORIEL_SERVER_EVENTS_EVENT_STORE_H

#include "base/err.h"
#include "server/events/event.h"

struct event_store;

#define EVENT_WHY_MAX 200 /* [bytes] with NUL */

/* Open or make the file. ERR_IO, ERR_FORMAT (damaged, or of a later release), ERR_NOMEM with
 * why[WHY_MAX]. */
enum err event_store_open(const char *path, struct event_store **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct event_store *event_store_close(struct event_store *s);

/* A copy of this moment, for a backup and back: errors of sql_copy_file. */
enum err event_store_copy(const char *from, const char *to);

/* Several appends in one transaction: begin, append ..., commit. What was shredded before it is
 * appended is stored without what it says of people. ERR_IO, ERR_NOSPACE, ERR_BUSY. */
enum err event_store_begin(struct event_store *s);
enum err event_store_append(struct event_store *s, const struct event *e);
enum err event_store_commit(struct event_store *s);
/* Nothing since event_store_begin has happened. */
void event_store_rollback(struct event_store *s);

/* A stored event, or one for a sink. */
struct event_row {
    int64_t n;     /* place among all events, from 1 */
    int64_t after; /* not held: how far the sink was */
    uint64_t seq;
    char id[ULID_CHARS + 1], tour[TOUR_NAME_MAX + 1], type[48];
    char *body;        /* its envelope; mem_free */
    uint32_t attempts; /* held: how often it has failed */
    bool held;
    char why[EVENT_WHY_MAX]; /* of a dead one: how it failed last */
};

/* A sink of this name, which begins with what comes after now, or goes on where it was. */
enum err event_store_sink(struct event_store *s, const char *sink);
/* These, and no others any more: what was held for others is forgotten, and how far they got. */
enum err event_store_sinks(struct event_store *s, const char *const *names, size_t n);
/* What the sink of this connection wants. It only sends from now on: the last it did may be lost
 * with the power, and is done again. ERR_IO. */
struct event_wants {
    uint32_t types;  /* bit per enum event_type; 0: all */
    us_t retry_most; /* [us] what is held for longer than that is due: the clock was set back */
};
enum err event_store_want(struct event_store *s, const struct event_wants *w);
/* What the sink is to be sent next: the oldest event held for it that is due at `wall`; else the
 * first one that it has not seen, wants, and of whose tour nothing is held. OK with n 0: many were
 * passed over, call again. ERR_UNKNOWN: nothing now; then *ret_next is when something held is due
 * (INT64_MAX: nothing is). */
enum err event_store_next(struct event_store *s, const char *sink, wall_t wall,
                          struct event_row *ret, wall_t *ret_next);
/* The sink has it, or does not want it. Nothing is done, here and in event_store_hold, when events
 * have been replayed since event_store_next: it is sent again. */
enum err event_store_settle(struct event_store *s, const char *sink, const struct event_row *r);
/* It was refused: hold it, and what comes of its tour behind it, until `next`; dead: give it up,
 * and go on with the tour. */
struct event_refusal {
    wall_t next;
    const char *why;
    bool dead;
};
enum err event_store_hold(struct event_store *s, const char *sink, const struct event_row *r,
                          const struct event_refusal *f);
/* How many are held (with what waits behind them), dead, and not yet seen by the sink. */
struct event_counts {
    uint64_t held, dead, waiting;
};
enum err event_store_counts(struct event_store *s, const char *sink, struct event_counts *ret);

/* A part of a list: from number `from` on, at most `most`; one row after the other, whose body is
 * borrowed. It ends early behind the one of which `each` says false, and when 20000 were
 * passed over. */
struct event_page {
    int64_t from;
    uint32_t most;
    bool (*each)(void *ctx, const struct event_row *r);
    void *ctx;
    const char *type;  /* of event_store_list: those of this type only; NULL: all */
    int64_t *ret_next; /* where it goes on; 0: it does not. NULL allowed */
};
/* Those that were given up. */
enum err event_store_dead(struct event_store *s, const char *sink, const struct event_page *p);
/* Of a tour; NULL: of all. */
enum err event_store_list(struct event_store *s, const char *tour, const struct event_page *p);
/* How far the sink is, and the number of the last event of all; 0: none. ERR_UNKNOWN: no such sink.
 */
enum err event_store_where(struct event_store *s, const char *sink, int64_t *ret_done,
                           int64_t *ret_last);
/* The first that happened at this time or later, or the number of the next that will. */
enum err event_store_first_since(struct event_store *s, wall_t wall, int64_t *ret);
/* Send what was given up again, beside what goes on of its tour; n: that one, 0: all. ERR_UNKNOWN:
 * there is none. */
enum err event_store_revive(struct event_store *s, const char *sink, int64_t n);
/* Send everything again from number n on. */
enum err event_store_replay(struct event_store *s, const char *sink, int64_t n);
/* Forget some events from before `wall` which every sink has settled, or had given up before, and
 * say whether there may be more: the others wait for no more than that. */
enum err event_store_prune(struct event_store *s, wall_t wall, bool *ret_more);

/* An order to shred that was carried out in a recording, and what the ledger knows of it. */
struct event_erasure {
    char recording[33];
    uint64_t person; /* 0: all of it */
    wall_t at;       /* when it was ordered */
    wall_t wall;     /* when it is carried out: what is later than that was said before the clock */
    us_t now;        /* was set back; the same by clock_now [us]. 0: not known */
    /* Filled in. */
    int64_t last; /* number of the last event when it was begun; 0: it is to be */
    char tour[TOUR_NAME_MAX + 1], session[ULID_CHARS + 1]; /* of the run that was recorded */
    uint32_t number;                                       /* of the person: "p7"; 0: not known */
};
/* Erase what is said of this person in the run that was recorded, now and in what is still to come
 * of it, or, of a recording as a whole, what was said in its run until then: number, id, type and
 * time stay, and nothing else. In a transaction. *ret_more: that was a part of it; commit, so that
 * who appends does not wait for all, and call again; else the receivers' event is appended in it.
 * ERR_UNKNOWN: there is nothing to tell: it was done before, or nobody has told of such a recording
 * yet, which is noted: commit. */
enum err event_store_erase(struct event_store *s, struct event_erasure *x, bool *ret_more);
/* One that was noted so, of a recording that was told of since. ERR_UNKNOWN: there is none. */
enum err event_store_early(struct event_store *s, struct event_erasure *ret);
/* How many of those were carried out, and are to be forgotten when that is in no file any more. */
enum err event_store_early_done(struct event_store *s, int64_t *ret);
/* How far in the list of orders this came: what is behind `place` is still to be done. */
enum err event_store_erased_to(struct event_store *s, int64_t *ret);
/* What was committed is in no file any more, so far it came, and what was early is done. ERR_BUSY:
 * another connection reads what was before; call again. */
enum err event_store_set_erased_to(struct event_store *s, int64_t place);

/* A run of a tour, or with `recording` a recording, that began and of which no end is known. */
struct event_unended {
    char tour[TOUR_NAME_MAX + 1], session[ULID_CHARS + 1];
    char title[160];    /* of the tour, as it began */
    char recording[33]; /* "": it is the run */
};
/* One of them. ERR_UNKNOWN: there is none. Only while nothing is going on, that is at the start. */
enum err event_store_unended(struct event_store *s, struct event_unended *ret);

#endif
