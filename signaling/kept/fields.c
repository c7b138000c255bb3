#include "signaling/kept/fields.h"

#include "base/alloc.h"
#include "signaling/ledger/history.h"
#include "signaling/tours/subs.h"

#include <string.h>

#define TIME_MAX                                                                                \
    (INT64_C(1) << 60)             /* [us] none of ours is as late; sums of two do not run over \
                                    */
#define ENTRY_TEXT_MAX (64u << 10) /* [bytes] an event is shorter */

/* ---- values ---- */

/* In groups of 7 bits, the low ones first, as LEB128 does. */
static uint64_t number(struct kept_io *io, uint64_t v, uint64_t most) {
    if (io->out) {
        char bytes[10];
        size_t n = 0;
        for (uint64_t left = v;; left >>= 7) {
            bytes[n++] = (char)((left & 127) | (left > 127 ? 128 : 0));
            if (left <= 127) {
                break;
            }
        }
        buffer_put(io->out, bytes, n);
        return v;
    }
    v = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = rd_u8(&io->in);
        v |= (uint64_t)(byte & 127) << shift;
        if (byte <= 127) {
            io->bad |= v > most;
            return v > most ? 0 : v;
        }
    }
    io->bad = true;
    return 0;
}

static uint32_t number32(struct kept_io *io, uint32_t v) {
    return (uint32_t)number(io, v, UINT32_MAX);
}

/* Of a participant, a tour. */
static uint64_t handle(struct kept_io *io, uint64_t v) {
    return number(io, v, (UINT64_C(1) << 60) - 1);
}

static bool flag(struct kept_io *io, bool v) {
    return number(io, v, 1) != 0;
}

static us_t when(struct kept_io *io, us_t v) {
    uint64_t n = number(io, v == US_NEVER ? 0 : (uint64_t)v + 1, (uint64_t)TIME_MAX);
    return n == 0 ? US_NEVER : (us_t)(n - 1);
}

static wall_t wall(struct kept_io *io, wall_t v) {
    return (wall_t){(int64_t)number(io, (uint64_t)v.us, (uint64_t)TIME_MAX)};
}

/* A text may end in the middle of a character, where it was cut. */
static bool is_text(const struct bytes *b) {
    return b->n == 0 || memchr(b->p, '\0', b->n) == NULL;
}

/* In a field of so many bytes, with its NUL; all zeros behind it. */
static void text(struct kept_io *io, char *p, size_t size) {
    size_t n = io->out ? strlen(p) : 0;
    n = (size_t)number(io, n, size - 1);
    if (io->out) {
        buffer_put(io->out, p, n);
        return;
    }
    struct bytes b = rd_bytes(&io->in, n);
    memset(p, 0, size);
    if (b.n > 0 && is_text(&b)) {
        memcpy(p, b.p, b.n);
    } else {
        io->bad |= n > 0;
    }
}

/* Of its own memory, or NULL. */
static void long_text(struct kept_io *io, char **p, size_t most) {
    size_t n = io->out && *p ? strlen(*p) + 1 : 0;
    n = (size_t)number(io, n, most + 1);
    if (io->out) {
        buffer_put(io->out, *p, n > 0 ? n - 1 : 0);
        return;
    }
    struct bytes b = rd_bytes(&io->in, n > 0 ? n - 1 : 0);
    io->bad |= io->in.bad || !is_text(&b);
    mem_free(*p);
    *p = NULL;
    if (n > 0 && !io->bad) {
        *p = mem_zalloc(1, b.n + 1);
        io->nomem |= !*p;
        if (*p && b.n > 0) {
            memcpy(*p, b.p, b.n);
        }
    }
}

static void raw(struct kept_io *io, uint8_t *p, size_t n) {
    if (io->out) {
        buffer_put(io->out, p, n);
        return;
    }
    struct bytes b = rd_bytes(&io->in, n);
    if (b.n == n) {
        memcpy(p, b.p, n);
    }
}

/* Secret of a resume: whole, or none. */
static void secret(struct kept_io *io, char p[RESUME_LEN + 1]) {
    text(io, p, RESUME_LEN + 1);
    io->bad |= *p && strlen(p) != RESUME_LEN;
}

static uint8_t kinds(struct kept_io *io, uint8_t bits) {
    uint8_t v = (uint8_t)number(io, bits, UINT8_MAX);
    io->bad |= (v & ~SOURCES_ALL) != 0;
    return v;
}

static void can(struct kept_io *io, struct capabilities *c) {
    c->send = kinds(io, c->send);
    c->receive = kinds(io, c->receive);
    c->chat = flag(io, c->chat);
    c->point = flag(io, c->point);
}

static void part(struct kept_io *io, struct capabilities_part *p) {
    p->kinds = kinds(io, p->kinds);
    p->has_chat = flag(io, p->has_chat);
    p->has_point = flag(io, p->has_point);
    can(io, &p->to);
}

static void account(struct kept_io *io, struct account *a) {
    a->at = when(io, a->at);
    a->used = when(io, a->used);
    io->bad |= a->at == US_NEVER || a->used == US_NEVER;
}

bool kept_read_ok(const struct kept_io *io) {
    return !io->bad && !io->in.bad && rd_left(&io->in) == 0;
}

/* ---- all ---- */

void fields_all(struct kept_io *io) {
    io->s->next_handle = handle(io, io->s->next_handle);
}

static void declared_ends(struct kept_io *io) {
    char name[TOUR_NAME_MAX + 1] = {0};
    if (io->out) {
        LIST_EACH(l, &io->s->all_tours) {
            struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
            if (t->declared && t->ended_until) {
                text(io, t->name, sizeof(t->name));
                (void)when(io, t->ended_until);
            }
        }
        text(io, name, sizeof(name));
        return;
    }
    LIST_EACH(l, &io->s->all_tours) {
        LIST_ENTRY(l, struct tour, in_signaling)->ended_until = 0;
    }
    for (text(io, name, sizeof(name)); *name && !io->bad; text(io, name, sizeof(name))) {
        struct tour *t = tour_by_name(io->s, name);
        us_t until = when(io, 0);
        if (t && t->declared) {
            t->ended_until = until;
        }
    }
}

void fields_ends(struct kept_io *io) {
    struct signaling *s = io->s;
    for (size_t i = 0; i < ENDED_MAX; i++) {
        text(io, s->ended[i].name, sizeof(s->ended[i].name));
        s->ended[i].until = when(io, s->ended[i].until);
    }
    s->next_ended = (uint32_t)number(io, s->next_ended, ENDED_MAX - 1);
    declared_ends(io);
}

/* ---- a tour ---- */

void fields_tour_name(struct kept_io *io, char *name) {
    text(io, name, TOUR_NAME_MAX + 1);
    io->bad |= !tour_name_valid(name);
}

static void quota(struct kept_io *io, struct signaling_quota *q) {
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        q->sources[k] = number32(io, q->sources[k]);
    }
    q->kbps = number32(io, q->kbps);
}

static void declaration(struct kept_io *io, struct tour *t) {
    text(io, t->title, sizeof(t->title));
    t->record = (enum record_mode)number(io, t->record, RECORD_OFF);
    t->codec = (enum codec)number(io, t->codec, CODEC_COUNT - 1);
    io->bad |= t->codec <= CODEC_OPUS;
    t->plan.lobby = flag(io, t->plan.lobby);
    t->plan.starts_at = wall(io, t->plan.starts_at);
    t->plan.ends_at = wall(io, t->plan.ends_at);
    t->plan.max_length = when(io, t->plan.max_length);
    io->bad |= t->plan.max_length == US_NEVER;
    t->plan.capacity = number32(io, t->plan.capacity);
    part(io, &t->plan.guest);
    quota(io, &t->plan.quota);
    long_text(io, &t->plan.property, TOUR_PROPERTY_MAX);
}

/* As it is declared now is how it is. */
static void declaration_or_not(struct kept_io *io, struct tour *t) {
    struct tour aside = {0};
    declaration(io, io->out || !t->declared ? t : &aside);
    mem_free(aside.plan.property);
}

static void timer(struct kept_io *io, struct signaling_timer *x) {
    us_t at = when(io, x->timer.at);
    if (!io->out) {
        timers_set(&io->s->timers, &x->timer, at);
    }
}

static void run(struct kept_io *io, struct tour *t) {
    t->worker = number32(io, t->worker);
    t->next_number = number32(io, t->next_number);
    t->next_place = handle(io, t->next_place);
    t->record_on = flag(io, t->record_on);
    t->record_paused = flag(io, t->record_paused);
    t->record_paused_since = wall(io, t->record_paused_since);
    t->lobby_on = flag(io, t->lobby_on);
    t->locked = flag(io, t->locked);
    t->lead = handle(io, t->lead);
    t->spotlight = handle(io, t->spotlight);
    t->attended = flag(io, t->attended);
    text(io, t->missed, sizeof(t->missed));
    t->began = when(io, t->began);
    t->began_by = wall(io, t->began_by);
    t->end_told = flag(io, t->end_told);
    t->had_host = flag(io, t->had_host);
    can(io, &t->guest);
    part(io, &t->granted);
    timer(io, &t->empty);
    timer(io, &t->host);
}

void fields_tour(struct kept_io *io, struct tour *t) {
    declaration_or_not(io, t);
    text(io, t->opened_by, sizeof(t->opened_by));
    run(io, t);
}

static void subs(struct kept_io *io, struct sub_list *list) {
    char sub[SUB_MAX + 1] = {0};
    if (io->out) {
        LIST_EACH(l, &list->all) {
            struct sub_entry *e = LIST_ENTRY(l, struct sub_entry, in_list);
            text(io, e->sub, sizeof(e->sub));
        }
        text(io, sub, sizeof(sub));
        return;
    }
    subs_clear(list);
    for (text(io, sub, sizeof(sub)); *sub && !io->bad; text(io, sub, sizeof(sub))) {
        io->nomem |= subs_add(list, sub, io->s->config.max_participants) != OK;
    }
}

static void read_grant(struct kept_io *io, struct tour *t, const char *sub) {
    struct grant *g = mem_zalloc(1, sizeof(*g));
    io->nomem |= !g;
    if (!g) {
        io->bad = true;
        return;
    }
    memcpy(g->sub, sub, sizeof(g->sub));
    part(io, &g->part);
    list_push(&t->grants, &g->in_tour);
    t->n_grants++;
}

static void grants(struct kept_io *io, struct tour *t) {
    char sub[SUB_MAX + 1] = {0};
    if (io->out) {
        LIST_EACH(l, &t->grants) {
            struct grant *g = LIST_ENTRY(l, struct grant, in_tour);
            text(io, g->sub, sizeof(g->sub));
            part(io, &g->part);
        }
        text(io, sub, sizeof(sub));
        return;
    }
    while (!list_empty(&t->grants)) {
        struct grant *g = LIST_ENTRY(t->grants.next, struct grant, in_tour);
        list_remove(&g->in_tour);
        mem_free(g);
    }
    t->n_grants = 0;
    for (text(io, sub, sizeof(sub)); *sub && !io->bad; text(io, sub, sizeof(sub))) {
        read_grant(io, t, sub);
    }
}

void fields_lists(struct kept_io *io, struct tour *t) {
    subs(io, &t->refused);
    subs(io, &t->admitted);
    grants(io, t);
}

/* ---- its ledger ---- */

void fields_ledger(struct kept_io *io, struct tour *t) {
    struct ledger *l = &t->ledger;
    l->seq = handle(io, l->seq);
    l->gone = handle(io, l->gone);
    l->questions = number32(io, l->questions);
    text(io, l->chapter, sizeof(l->chapter));
    l->chapter_by = handle(io, l->chapter_by);
    l->pointer.on = flag(io, l->pointer.on);
    l->pointer.by = handle(io, l->pointer.by);
    l->pointer.x = (uint32_t)number(io, l->pointer.x, POINTER_PARTS);
    l->pointer.y = (uint32_t)number(io, l->pointer.y, POINTER_PARTS);
    text(io, l->pointer.source, sizeof(l->pointer.source));
    l->point_by = handle(io, l->point_by);
    account(io, &t->platform.said);
    account(io, &t->platform.decided);
}

void fields_view(struct kept_io *io, struct tour *t) {
    long_text(io, &t->ledger.view, VIEW_MAX);
    t->ledger.view_by = handle(io, t->ledger.view_by);
}

void fields_entry(struct kept_io *io, struct kept *k) {
    struct buffer b = {0};
    k->by = handle(io, k->by);
    k->hosts_only = flag(io, k->hosts_only);
    k->retractable = flag(io, k->retractable);
    size_t n = io->out ? k->text->n : 0;
    n = (size_t)number(io, n, ENTRY_TEXT_MAX);
    if (io->out) {
        buffer_put(io->out, k->text->p, n);
        return;
    }
    struct bytes said = rd_bytes(&io->in, n);
    if (said.n == 0 || !is_text(&said) || !kept_read_ok(io)) {
        io->bad = true;
        return;
    }
    buffer_put(&b, said.p, said.n);
    k->text = shared_text_of(&b);
    io->nomem |= !k->text;
}

/* ---- a seat ---- */

void fields_seat_tour(struct kept_io *io, uint64_t *tour) {
    *tour = handle(io, *tour);
}

static void wants(struct kept_io *io, struct wants *w) {
    w->n = (uint8_t)number(io, w->n, WANTS_MAX);
    for (size_t i = 0; i < w->n; i++) {
        struct want *x = &w->at[i];
        text(io, x->mid, sizeof(x->mid));
        x->source = (uint8_t)number(io, x->source, SOURCE_KIND_COUNT - 1);
        x->slot = (uint8_t)number(io, x->slot, SLOT_KIND_COUNT - 1);
    }
}

/* The certificate of a transport that has ended, or would have with the process. */
static void spent(struct kept_io *io, struct seat *seat) {
    raw(io, io->out && seat->session ? seat->session->params.fingerprint : seat->spent,
        FINGERPRINT_LEN);
}

void fields_seat(struct kept_io *io, struct seat *seat) {
    seat->number = number32(io, seat->number);
    seat->place = handle(io, seat->place);
    seat->waits = flag(io, seat->waits);
    seat->admitted = flag(io, seat->admitted);
    seat->role = (enum role)number(io, seat->role, ROLE_OPS);
    text(io, seat->sub, sizeof(seat->sub));
    text(io, seat->name, sizeof(seat->name));
    io->bad |= seat->role == ROLE_NONE || !*seat->sub;
    secret(io, seat->resume);
    secret(io, seat->before);
    seat->resume_by = when(io, seat->resume_by);
    spent(io, seat);
    seat->pinned = handle(io, seat->pinned);
    seat->muted = kinds(io, seat->muted);
    can(io, &seat->can);
    part(io, &seat->limit);
    part(io, &seat->granted);
    seat->host = flag(io, seat->host);
    seat->consent = flag(io, seat->consent);
    seat->device = (uint8_t)number(io, seat->device, 31);
    seat->several = flag(io, seat->several);
    wants(io, &seat->wants);
    seat->hand_at = wall(io, seat->hand_at);
    account(io, &seat->said);
    account(io, &seat->decided);
}
