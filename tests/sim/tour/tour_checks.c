/* What must be so of each thing that signaling does, while it does it. */
#include "base/check.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>
#include <stdlib.h>

static void text_of(const struct json *o, const char *name, char *out, size_t cap) {
    (void)json_get_text_if_any(json_member_set(o, name), out, cap);
}

static bool is_any(const struct json *type, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (json_string_is(type, names[i])) {
            return true;
        }
    }
    return false;
}

/* ---- what is told ---- */

static void note_reply(struct tour_sim *t, const struct json *o) {
    const struct json *type = json_member(o, "type");
    t->reply.replies++;
    t->reply.ok = !json_string_is(type, "error");
    text_of(o, "code", t->reply.code, sizeof(t->reply.code));
    text_of(o, "type", t->reply.type, sizeof(t->reply.type));
    text_of(o, "resume", t->reply.secret, sizeof(t->reply.secret));
    text_of(json_member(o, "participant"), "id", t->reply.id_text, ID_TEXT);
}

static void check_event(struct tour_sim *t, uint64_t conn, const struct json *o) {
    static const char *const outside[] = {"error", "tour_ended", "tour_ending", "admitted"},
                             *const hosts[] = {"lobby_joined", "lobby_left"};
    const struct json *type = json_member(o, "type");
    const struct seat_model *s = model_conn(&t->model, conn);
    bool comes = conn == t->reply.conn && t->reply.ok && t->reply.replies > 0 &&
                 (strcmp(t->reply.type, "joined") == 0 || strcmp(t->reply.type, "resumed") == 0 ||
                  strcmp(t->reply.type, "ok") == 0);
    bool in = comes || (s && !s->waits);
    if (!in && !is_any(type, outside, ARRAY_LEN(outside))) {
        world_fail(t->w, "%s is told to who is not in", json_get_string(type, NULL));
    }
    if (is_any(type, hosts, ARRAY_LEN(hosts)) &&
        !json_string_is(json_member(o, "reason"), "not_host")) {
        CHECK(t->n_hosts < ARRAY_LEN(t->hosts));
        t->hosts[t->n_hosts++] = conn;
    }
    bool for_hosts = json_string_is(type, "entry") && json_string_is(json_member(o, "to"), "hosts");
    if (for_hosts && !(s && s->host) && conn != t->reply.conn) {
        world_fail(t->w, "an entry for hosts is told to somebody else");
    }
    if (json_string_is(type, "tour_ended")) {
        text_of(o, "reason", t->end_reason, sizeof(t->end_reason));
    }
}

static void check_text(struct tour_sim *t, const struct signaling_effect *e) {
    const struct json *o = NULL;
    struct json_limits limits = tour_limits();
    uint64_t re = 0;
    if (json_read(e->text, e->len, &limits, &o, NULL) != OK) {
        world_fail(t->w, "what is told is no JSON");
        return;
    }
    bool is_reply = json_get_uint(json_member(o, "re"), UINT64_MAX >> 1, &re);
    if (t->probe && e->conn == t->probe) {
        if (is_reply && !t->probed) {
            t->probed = o;
            return;
        }
    } else if (is_reply) {
        if (e->conn != t->reply.conn || re != t->reply.id) {
            world_fail(t->w, "reply %llu is of no request", (unsigned long long)re);
        }
        note_reply(t, o);
    } else {
        check_event(t, e->conn, o);
    }
    json_free(o);
}

/* ---- what is done ---- */

static void check_end(struct tour_sim *t) {
    const struct model *m = &t->model;
    us_t now = t->w->now;
    bool hostless = m->hostless_since <= now - TOUR_HOST_LIMIT;
    bool empty = m->peopleless_since <= now - TOUR_EMPTY_GRACE && m->empty_since <= now;
    bool right = !*t->end_reason                           ? hostless || empty /* nobody to tell */
                 : strcmp(t->end_reason, "ended") == 0     ? m->ends
                 : strcmp(t->end_reason, "host_gone") == 0 ? hostless
                                                           : empty;
    if (!right) {
        world_fail(t->w, "the tour ends (%s), and there is no reason", t->end_reason);
    }
    model_ended(t, m->ends || hostless);
    t->end_reason[0] = '\0';
}

static void check_entry(struct tour_sim *t, const struct signaling_effect *e) {
    struct model *m = &t->model;
    if (e->again) {
        return;
    }
    if (e->seq != m->seq + 1) {
        world_fail(t->w, "entry %llu comes after %llu", (unsigned long long)e->seq,
                   (unsigned long long)m->seq);
        return;
    }
    m->seq = e->seq;
    CHECK(m->seq < TOUR_ENTRIES);
    struct entry_model *x = &m->entries[e->seq];
    *x = (struct entry_model){.hosts_only = strstr(e->text, "\"to\":\"hosts\"") != NULL};
    snprintf(x->kind, sizeof(x->kind), "%s", e->name);
    const char *target = strstr(e->text, "\"target\":");
    uint64_t back = target ? strtoull(target + strlen("\"target\":"), NULL, 10) : 0;
    if (strcmp(x->kind, "retract") == 0 && back > 0 && back < m->seq) {
        m->entries[back].taken_back = true; /* the history has it no more */
    }
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && s->participant == e->participant && e->participant) {
            x->from_seat = true;
            x->from = s->number;
        }
    }
}

static struct page *page_of_peer(struct tour_sim *t, uint64_t peer) {
    for (unsigned i = 0; i < TOUR_PAGES; i++) {
        struct page *p = &t->pages[i];
        if (p->browser && p->browser->params.peer == peer) {
            return p;
        }
    }
    return NULL;
}

static struct page *page_of_conn(struct tour_sim *t, uint64_t conn) {
    for (unsigned i = 0; i < TOUR_PAGES; i++) {
        struct page *p = &t->pages[i];
        if (p->wire && p->wire->conn == conn) {
            return p;
        }
    }
    return NULL;
}

static void check_command(struct tour_sim *t, const struct signaling_effect *e) {
    const struct command *c = &e->command;
    if (c->type == COMMAND_PEER_RESTART) {
        struct page *p = page_of_peer(t, c->peer);
        if (p) {
            p->ice = *c->ice;
        }
    } else if (c->type == COMMAND_PEER_ADD && !t->probe) {
        struct page *p = page_of_conn(t, t->reply.conn);
        t->reply.peer = c->params->peer;
        t->reply.participant = c->params->participant;
        if (p) {
            page_session(t, p, c->params);
            p->browser->o.far = e->workers == 2;
        }
    }
}

void check_effect(struct tour_sim *t, const struct signaling_effect *e) {
    switch ((enum signaling_effect_type)e->type) {
    case EFFECT_SEND:
        check_text(t, e);
        break;
    case EFFECT_COMMAND:
        check_command(t, e);
        break;
    case EFFECT_ENTRY:
        check_entry(t, e);
        break;
    case EFFECT_TOUR:
        if (!e->on) {
            check_end(t);
        } else if (e->tour != t->model.run) { /* else another process says so again */
            t->last_run = e->tour;
            model_run(t, e->tour);
        }
        break;
    case EFFECT_CLOSE:
        t->reply.closed |= e->conn == t->reply.conn;
        break;
    default:
        break;
    }
}

/* ---- replies ---- */

void check_reply(struct tour_sim *t, const struct verdict *v, const struct request *r) {
#define X(sym, name, open, host) name,
    static const char *const types[] = {ASKS(X)};
#undef X
    if (t->reply.replies != 1) {
        world_fail(t->w, "%s has %u replies", types[r->what], t->reply.replies);
        return;
    }
    bool known = r->what == ASK_HELLO || (t->reply.ok && (v->n == 0 || v->open));
    for (unsigned i = 0; !t->reply.ok && i < v->n; i++) {
        known |= strcmp(code_name(v->codes[i]), t->reply.code) == 0;
    }
    if (!known) {
        world_fail(t->w, "%s of %s is answered %s %s, not %s", types[r->what], r->who,
                   t->reply.type, t->reply.code, v->n ? code_name(v->codes[0]) : "ok");
    }
    if (t->reply.peer && strcmp(t->reply.type, "lobby") == 0) {
        world_fail(t->w, "who waits gets a transport");
    }
}

void check_hosts(struct tour_sim *t) {
    for (unsigned i = 0; i < t->n_hosts; i++) {
        const struct seat_model *s = model_conn(&t->model, t->hosts[i]);
        if (s && !s->host) {
            world_fail(t->w, "p%u is told of the lobby, and is no host", s->number);
        }
    }
    t->n_hosts = 0;
}
