/* DESIGN. A record is made anew whenever it may have changed, and written when it has: a
 * fingerprint of the last one says so, so that marks may be generous. When the log is full, of
 * which most does not hold any more, another one begins with all that does: as much memory as that
 * needs, twice. It is rare, and takes as long as a copy of all: some milliseconds for ten thousand
 * people. */
#include "signaling/kept/write.h"

#include "base/map.h"
#include "signaling/kept/fields.h"
#include "signaling/ledger/history.h"

#include <string.h>

#define LOG_MIN (256u << 10) /* [bytes] */
#define AGAIN (10 * US_PER_S)
#define TRIES 24                /* to double it */
#define FINGERPRINT UINT64_C(2) /* a bit of every one; 0: nothing was written, */
#define GONE UINT64_C(1)        /* and that it is gone */

/* Where to, and what was written there before. */
struct writer {
    struct signaling *s;
    struct record_log *log;
    bool all; /* also what was written; fingerprints stay */
};

static struct kept_io io_of(const struct writer *w) {
    buffer_cut(&w->s->kept.bytes, 0);
    w->s->kept.bytes.secret = true;
    return (struct kept_io){.s = w->s, .out = &w->s->kept.bytes};
}

/* The record whose bytes were made. */
static void put(const struct writer *w, const struct log_record *name, uint64_t *known) {
    const struct buffer *b = &w->s->kept.bytes;
    if (b->bad) {
        w->log->full = true; /* nothing of this batch is to be there */
        return;
    }
    uint64_t sum = hash_bytes(b->p, b->n, w->s->seed) | FINGERPRINT;
    if (!w->all && *known == sum) {
        return;
    }
    struct log_record r = *name;
    r.bytes = bytes_of(b->p, b->n);
    record_log_put(w->log, &r);
    if (!w->all) {
        *known = sum;
    }
}

static void put_ends(const struct writer *w) {
    struct kept_io io = io_of(w);
    fields_ends(&io);
    put(w, &(struct log_record){.kind = KEPT_ENDS}, &w->s->kept.ends_known);
}

static void put_handle(const struct writer *w) {
    struct kept_io io = io_of(w);
    fields_all(&io);
    uint64_t none = 0;
    put(w, &(struct log_record){.kind = KEPT_ALL}, &none);
}

static void put_part(const struct writer *w, struct tour *t, enum unkept_part part) {
    static const enum kept_kind kinds[] = {KEPT_TOUR, KEPT_LISTS, KEPT_LEDGER, KEPT_VIEW};
    struct kept_io io = io_of(w);
    switch (part) {
    case UNKEPT_TOUR:
        fields_tour_name(&io, t->name);
        fields_tour(&io, t);
        break;
    case UNKEPT_LISTS:
        fields_lists(&io, t);
        break;
    case UNKEPT_LEDGER:
        fields_ledger(&io, t);
        break;
    default:
        fields_view(&io, t);
        break;
    }
    put(w, &(struct log_record){.kind = (uint16_t)kinds[part], .key = t->id}, &t->kept.known[part]);
}

/* WHIP begins anew. */
static void put_seat(const struct writer *w, struct seat *seat) {
    struct kept_io io = io_of(w);
    if (!seat_is_whip(seat)) {
        fields_seat_tour(&io, &seat->tour->id);
        fields_seat(&io, seat);
        put(w, &(struct log_record){.kind = KEPT_SEAT, .key = seat->id}, &seat->kept);
    } else if (seat->kept != GONE && !w->all) {
        record_log_put(w->log,
                       &(struct log_record){.kind = KEPT_SEAT, .gone = true, .key = seat->id});
        seat->kept = GONE;
    }
}

static void put_seats(const struct writer *w, const struct link *seats) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (w->all || seat->unkept) {
            put_seat(w, seat);
        }
        seat->unkept = seat->unkept && w->all;
    }
}

/* From the newest that was written on; the history is in the order of their numbers. */
static void put_entries(const struct writer *w, struct tour *t) {
    const struct link *history = &t->ledger.history, *from = history;
    while (from->prev != history &&
           (w->all || LIST_ENTRY(from->prev, struct kept, in_history)->seq > t->kept.seq)) {
        from = from->prev;
    }
    for (; from != history; from = from->next) {
        struct kept *k = LIST_ENTRY(from, struct kept, in_history);
        struct kept_io io = io_of(w);
        uint64_t none = 0;
        fields_entry(&io, k);
        put(w, &(struct log_record){.kind = KEPT_ENTRY, .key = t->id, .sub = k->seq}, &none);
    }
    if (!w->all) {
        t->kept.seq = t->ledger.seq;
    }
}

/* Those parts of it, bit each. */
static void put_tour(const struct writer *w, struct tour *t, unsigned parts) {
    for (unsigned i = 0; i < UNKEPT_SEATS; i++) {
        if (parts & 1u << i) {
            put_part(w, t, (enum unkept_part)i);
        }
    }
    if (parts & 1u << UNKEPT_SEATS) {
        put_seats(w, &t->seats);
        put_seats(w, &t->lobby);
    }
    if (parts & 1u << UNKEPT_LEDGER) {
        put_entries(w, t);
    }
}

void kept_put_all(struct signaling *s, struct record_log *log) {
    const struct writer w = {.s = s, .log = log, .all = true};
    put_handle(&w);
    put_ends(&w);
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        if (t->id) {
            put_tour(&w, t, (1u << UNKEPT_PARTS) - 1);
        }
    }
}

static void put_marked(struct signaling *s, struct record_log *log) {
    const struct writer w = {.s = s, .log = log};
    if (s->next_handle != s->kept.handle) {
        put_handle(&w);
        s->kept.handle = s->next_handle;
    }
    if (s->kept.ends) {
        put_ends(&w);
    }
    s->kept.ends = false;
    LIST_EACH(l, &s->kept.tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, kept.in_unkept);
        put_tour(&w, t, t->kept.parts);
        t->kept.parts = 0;
        list_remove(l);
    }
}

/* ---- another log ---- */

static void settle_seats(const struct link *seats) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        seat->unkept = false;
        seat->kept = 0;
    }
}

/* All of it was written now. Fingerprints are of what was written before. */
static void settle(struct signaling *s) {
    s->kept.ends = false;
    s->kept.ends_known = 0;
    s->kept.handle = s->next_handle;
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        if (t->kept.parts) {
            list_remove(&t->kept.in_unkept);
        }
        memset(&t->kept, 0, sizeof(t->kept));
        t->kept.seq = t->ledger.seq;
        settle_seats(&t->seats);
        settle_seats(&t->lobby);
    }
}

/* In n bytes at least. ERR_FULL: there would be no room for changes. */
static enum err write_all(struct signaling *s, size_t *n) {
    const struct signaling_keeper *k = &s->config.keeper;
    const struct record_log_of of = {KEPT_VERSION, k->time, s->kept.turn + 1};
    struct record_log log;
    void *at = k->fresh(k->ctx, *n, n);
    if (!at) {
        return ERR_NOSPACE;
    }
    record_log_begin(&log, &of, at, *n);
    kept_put_all(s, &log);
    if (s->kept.bytes.bad) {
        return ERR_NOMEM;
    }
    if (log.full || log.open > *n / 2 || record_log_commit(&log) != OK) {
        return ERR_FULL;
    }
    s->kept.log = log;
    s->kept.turn++;
    s->kept.size = log.end;
    k->whole(k->ctx);
    return OK;
}

/* Nobody may go on with what was true once: who was removed would be in again. */
static void give_up(struct signaling *s) {
    if (s->kept.there) {
        record_log_spoil(&s->kept.log);
    }
    s->kept.there = false;
    s->kept.again = s->clock.now + AGAIN;
    s->stats.unkept++;
}

static void begin_anew(struct signaling *s) {
    size_t n = 2 * s->kept.size > LOG_MIN ? 2 * s->kept.size : LOG_MIN;
    enum err e = ERR_FULL;
    for (unsigned i = 0; i < TRIES && e == ERR_FULL; i++) {
        n = i > 0 ? 2 * n : n;
        e = write_all(s, &n);
    }
    if (e != OK) {
        give_up(s);
        return;
    }
    settle(s);
    s->kept.there = true;
    s->kept.again = 0;
}

void kept_write(struct signaling *s) {
    bool had = s->kept.there;
    bool due = s->kept.due || s->next_handle != s->kept.handle;
    if (!s->config.keeper.fresh || !due || (!had && s->clock.now < s->kept.again)) {
        return;
    }
    s->kept.due = false;
    if (had) {
        put_marked(s, &s->kept.log);
    }
    if (!had || record_log_commit(&s->kept.log) != OK) {
        begin_anew(s);
    }
    s->kept.due = !s->kept.there;
}

void kept_end(struct signaling *s) {
    if (s->kept.there) {
        record_log_spoil(&s->kept.log);
    }
    s->kept.there = false;
    s->config.keeper.fresh = NULL;
}
