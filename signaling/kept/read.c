/* DESIGN. Records are applied in their order to a signaling that has nothing but declared tours,
 * the later ones over the earlier, as they were once written; then what is not in any record
 * follows from the rest: tables, the order in lists, who waits. One record that cannot be believed
 * and all is taken back: a tour without one that was in it may be one without somebody who was
 * removed. */
#include "signaling/kept/read.h"

#include "base/alloc.h"
#include "signaling/kept/fields.h"
#include "signaling/ledger/history.h"
#include "signaling/seats/departures.h"
#include "signaling/tours/tours.h"

#include <string.h>

struct reader {
    struct signaling *s;
    const struct log_record *r;
    struct kept_io io;
};

/* ---- taking back ---- */

static void drop_seat(struct signaling *s, struct seat *seat) {
    map_take(s->seats, seat->id);
    list_remove(&seat->in_tour);
    seat->tour->n_seats -= !seat->waits;
    seat->tour->n_lobby -= seat->waits;
    s->n_waiting -= seat->waits;
    mem_wipe(seat, sizeof(*seat));
    mem_free(seat);
}

static void drop_seats(struct signaling *s, const struct link *seats) {
    while (!list_empty(seats)) {
        drop_seat(s, LIST_ENTRY(seats->next, struct seat, in_tour));
    }
}

/* It was rebuilt, and nobody has been told of it. */
static void drop_tour(struct signaling *s, struct tour *t) {
    drop_seats(s, &t->seats);
    drop_seats(s, &t->lobby);
    map_take(s->tours, t->id);
    tour_forget_run(s, t);
    t->record_on = t->record_paused = false;
    if (!t->declared) {
        tour_unlink(s, t);
    }
}

static void forget_all(struct signaling *s) {
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        t->ended_until = 0;
        if (t->id) {
            drop_tour(s, t);
        }
    }
    memset(s->ended, 0, sizeof(s->ended));
    s->next_ended = 0;
    s->next_handle = 0;
}

/* ---- records ---- */

static enum err made_of(const struct kept_io *io) {
    return io->nomem ? ERR_NOMEM : kept_read_ok(io) ? OK : ERR_FORMAT;
}

static enum err new_run(struct reader *rd, const char *name, struct tour **ret) {
    struct tour *t = tour_by_name(rd->s, name);
    enum err e = OK;
    if (t && t->id) {
        return ERR_FORMAT; /* two runs of one tour */
    }
    if (map_len(rd->s->tours) >= rd->s->config.max_tours) {
        return ERR_FULL;
    }
    e = t ? OK : tour_create(rd->s, name, name, &t);
    if (e == OK) {
        t->id = rd->r->key;
        e = map_put(rd->s->tours, t->id, t);
        *ret = t;
    }
    return e;
}

static enum err read_tour(struct reader *rd) {
    char name[TOUR_NAME_MAX + 1];
    struct tour *t = map_get(rd->s->tours, rd->r->key);
    enum err e = OK;
    fields_tour_name(&rd->io, name);
    if (rd->io.bad || rd->r->key == 0 || (t && strcmp(t->name, name) != 0)) {
        return ERR_FORMAT;
    }
    e = t ? OK : new_run(rd, name, &t);
    if (e != OK) {
        return e;
    }
    fields_tour(&rd->io, t);
    return made_of(&rd->io);
}

static enum err read_part(struct reader *rd, void (*fields)(struct kept_io *io, struct tour *t)) {
    struct tour *t = map_get(rd->s->tours, rd->r->key);
    if (!t) {
        return ERR_FORMAT;
    }
    fields(&rd->io, t);
    return made_of(&rd->io);
}

/* Among those who came before it; it may have been elsewhere. */
static void put_in_place(struct signaling *s, struct tour *t, struct seat *seat) {
    struct link *list = seat->waits ? &t->lobby : &t->seats, *after = list;
    while (after->prev != list &&
           LIST_ENTRY(after->prev, struct seat, in_tour)->place > seat->place) {
        after = after->prev;
    }
    list_push(after, &seat->in_tour);
    t->n_seats += !seat->waits;
    t->n_lobby += seat->waits;
    s->n_waiting += seat->waits;
}

static void take_out(struct signaling *s, struct seat *seat) {
    list_remove(&seat->in_tour);
    seat->tour->n_seats -= !seat->waits;
    seat->tour->n_lobby -= seat->waits;
    s->n_waiting -= seat->waits;
}

static enum err new_seat(struct reader *rd, struct tour *t, struct seat **ret) {
    struct seat *seat = mem_zalloc(1, sizeof(*seat));
    if (!seat) {
        return ERR_NOMEM;
    }
    seat->grace = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_SEAT};
    seat->id = rd->r->key;
    seat->tour = t;
    seat->lost = true;
    enum err e = map_put(rd->s->seats, seat->id, seat);
    if (e != OK) {
        mem_free(seat);
        return e;
    }
    list_init(&seat->in_tour);
    *ret = seat;
    return OK;
}

static enum err read_seat(struct reader *rd) {
    uint64_t tour = 0;
    fields_seat_tour(&rd->io, &tour);
    struct tour *t = map_get(rd->s->tours, tour);
    struct seat *seat = map_get(rd->s->seats, rd->r->key);
    if (!t || rd->r->key == 0 || (seat && seat->tour != t)) {
        return ERR_FORMAT;
    }
    if (seat) {
        take_out(rd->s, seat);
    } else {
        enum err e = new_seat(rd, t, &seat);
        if (e != OK) {
            return e;
        }
    }
    fields_seat(&rd->io, seat);
    put_in_place(rd->s, t, seat); /* whatever it says: it is dropped from there */
    return made_of(&rd->io);
}

static enum err read_entry(struct reader *rd) {
    struct tour *t = map_get(rd->s->tours, rd->r->key);
    const struct link *last = t ? t->ledger.history.prev : NULL;
    bool follows = t && (last == &t->ledger.history ||
                         LIST_ENTRY(last, struct kept, in_history)->seq < rd->r->sub);
    struct kept *k = follows ? kept_new() : NULL;
    if (!k) {
        return follows ? ERR_NOMEM : ERR_FORMAT;
    }
    k->seq = rd->r->sub;
    fields_entry(&rd->io, k);
    if (!k->text) {
        mem_free(k);
        return rd->io.nomem ? ERR_NOMEM : ERR_FORMAT;
    }
    struct shared_text *text = k->text;
    history_add(&t->ledger, k, rd->s->config.history, rd->s->config.history_bytes);
    shared_text_unref(text);
    return OK;
}

/* What is no more may never have been written. */
static enum err read_gone(struct reader *rd) {
    struct tour *t = map_get(rd->s->tours, rd->r->key);
    struct seat *seat = map_get(rd->s->seats, rd->r->key);
    struct kept *k = NULL;
    switch (rd->r->kind) {
    case KEPT_TOUR:
        if (t) {
            drop_tour(rd->s, t);
        }
        return OK;
    case KEPT_SEAT:
        if (seat) {
            drop_seat(rd->s, seat);
        }
        return OK;
    case KEPT_ENTRY:
        k = t ? history_find(&t->ledger, rd->r->sub) : NULL;
        if (k) {
            history_remove(&t->ledger, k);
        }
        return OK;
    default:
        return ERR_FORMAT;
    }
}

static enum err read_record(struct reader *rd) {
    switch (rd->r->kind) {
    case KEPT_ALL:
        fields_all(&rd->io);
        return made_of(&rd->io);
    case KEPT_ENDS:
        fields_ends(&rd->io);
        return made_of(&rd->io);
    case KEPT_TOUR:
        return read_tour(rd);
    case KEPT_LISTS:
        return read_part(rd, fields_lists);
    case KEPT_LEDGER:
        return read_part(rd, fields_ledger);
    case KEPT_VIEW:
        return read_part(rd, fields_view);
    case KEPT_SEAT:
        return read_seat(rd);
    case KEPT_ENTRY:
        return read_entry(rd);
    default:
        return ERR_FORMAT;
    }
}

/* ---- what follows from them ---- */

/* A handle that was given out is never given again. */
static bool fits(const struct signaling *s, const struct tour *t) {
    return t->id <= s->next_handle && t->next_number > 0;
}

/* The history has forgotten them, which no record says of each. */
static void trim(struct ledger *l) {
    while (!list_empty(&l->history) &&
           LIST_ENTRY(l->history.next, struct kept, in_history)->seq <= l->gone) {
        history_remove(l, LIST_ENTRY(l->history.next, struct kept, in_history));
    }
}

static bool put_secret(struct signaling *s, const char *secret, struct seat *seat) {
    uint64_t key = key_of(s, secret);
    return !*secret || (!map_get(s->resumes, key) && map_put(s->resumes, key, seat) == OK);
}

static bool put_secrets(struct signaling *s, const struct link *seats) {
    bool ok = true;
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        ok = ok && put_secret(s, seat->resume, seat) && put_secret(s, seat->before, seat);
    }
    return ok;
}

static void forget_secrets(struct signaling *s, const struct link *seats) {
    LIST_EACH(l, seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        map_take(s->resumes, key_of(s, seat->resume));
        map_take(s->resumes, key_of(s, seat->before));
    }
}

/* ERR_FORMAT: no signaling was ever so. */
static enum err finish(struct signaling *s, struct signaling_rebuilt *ret) {
    bool ok = true;
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        if (!t->id) {
            continue;
        }
        trim(&t->ledger);
        ok = ok && fits(s, t) && put_secrets(s, &t->seats) && put_secrets(s, &t->lobby);
        ret->tours++;
        ret->seats += t->n_seats;
        ret->waiting += t->n_lobby;
    }
    return ok ? OK : ERR_FORMAT;
}

void kept_forget(struct signaling *s) {
    LIST_EACH(l, &s->all_tours) {
        const struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        forget_secrets(s, &t->seats);
        forget_secrets(s, &t->lobby);
    }
    forget_all(s);
}

enum err kept_read(struct signaling *s, struct bytes log, struct signaling_rebuilt *ret) {
    struct record_reader records;
    struct log_record r;
    struct signaling_rebuilt found = {0};
    enum err e = record_log_read(log, &records);
    e = e == OK && records.of.version != KEPT_VERSION         ? ERR_UNSUPPORTED
        : e == OK && records.of.time != s->config.keeper.time ? ERR_WRONG_STATE
                                                              : e;
    if (e != OK) {
        return e;
    }
    found.turn = records.of.turn;
    while (e == OK && record_log_next(&records, &r)) {
        struct reader rd = {.s = s, .r = &r, .io = {.s = s, .in = rd_of(r.bytes.p, r.bytes.n)}};
        e = r.gone ? read_gone(&rd) : read_record(&rd);
    }
    e = e == OK ? finish(s, &found) : e;
    if (e != OK) {
        kept_forget(s);
        return e;
    }
    *ret = found;
    return OK;
}
