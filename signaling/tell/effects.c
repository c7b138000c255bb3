#include "signaling/tell/effects.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"

#include <string.h>

#define MUST_BASE 64    /* of one request */
#define MUST_PER_SEAT 8 /* of ending one seat: leave, peer, close, journal; restarts and mutes */
#define MUST_PER_TOUR 8 /* of ending one tour, and of who leads it next */

static enum err grow(struct signaling *s, size_t want) {
    if (want <= s->cap) {
        return OK;
    }
    struct queued *q = mem_realloc(s->queue, want * sizeof(*q));
    if (!q) {
        return ERR_NOMEM;
    }
    s->queue = q;
    s->cap = want;
    return OK;
}

enum err effects_reserve(struct signaling *s, uint32_t n) {
    size_t must = MUST_BASE + MUST_PER_SEAT * (map_len(s->peers) + map_len(s->seats) + n) +
                  MUST_PER_TOUR * (map_len(s->tours) + s->n_probes);
    enum err e = grow(s, s->count + must);
    if (e == OK) {
        s->reserved = must;
    }
    return e;
}

static void push(struct signaling *s, struct signaling_effect e, struct shared_text *hold) {
    CHECK(s->count < s->cap);
    s->queue[s->count++] = (struct queued){e, hold};
}

void effect(struct signaling *s, struct signaling_effect e) {
    effect_text(s, e, NULL);
}

void command(struct signaling *s, uint64_t workers, struct command c) {
    effect(s, (struct signaling_effect){.type = EFFECT_COMMAND, .workers = workers, .command = c});
}

void command_peer(struct signaling *s, const struct session *session, struct command c) {
    c.tour = session->tour->id;
    c.peer = session->params.peer;
    command(s, 1ull << session->worker, c);
}

void effect_text(struct signaling *s, struct signaling_effect e, struct shared_text *text) {
    if (s->count == s->cap) {
        (void)grow(s, s->cap * 2); /* only a caller who does not drain gets here; CHECK decides */
    }
    push(s, e, text);
}

void send_text(struct signaling *s, struct conn *c, struct shared_text *text) {
    if (!c || c->closing || c->broken) {
        return;
    }
    if (!text ||
        (s->count + s->reserved >= s->cap && grow(s, 2 * (s->count + s->reserved)) != OK)) {
        c->broken = true;
        s->any_broken = true;
        return;
    }
    push(s,
         (struct signaling_effect){
             .type = EFFECT_SEND, .conn = c->id, .text = text->p, .len = text->n},
         shared_text_ref(text));
}

void send_out(struct signaling *s, struct conn *c, struct buffer *o) {
    struct shared_text *t = shared_text_of(o);
    send_text(s, c, t);
    shared_text_unref(t);
}

void send_all(struct signaling *s, const struct tour *t, const struct conn *except,
              struct buffer *o) {
    struct shared_text *text = shared_text_of(o);
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->conn != except) {
            send_text(s, seat->conn, text);
        }
    }
    shared_text_unref(text);
}

void send_hosts(struct signaling *s, const struct tour *t, struct buffer *o) {
    struct shared_text *text = shared_text_of(o);
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->host) {
            send_text(s, seat->conn, text);
        }
    }
    shared_text_unref(text);
}

void count_error(struct signaling *s, enum code code) {
    s->stats.errors++;
    s->stats.refused[code]++;
}

void send_error(struct signaling *s, struct conn *c, enum code code) {
    struct buffer o = {0};
    count_error(s, code);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "error");
    json_put_string(&o, "code", code_name(code));
    json_put_string(&o, "message", code_message(code));
    json_close(&o, '}');
    send_out(s, c, &o);
}

void close_conn(struct signaling *s, struct conn *c, uint16_t status) {
    if (!c->closing) {
        c->closing = true;
        c->broken = false;
        effect(s, (struct signaling_effect){.type = EFFECT_CLOSE, .conn = c->id, .status = status});
    }
}

void to_trash(struct signaling *s, struct trash *trash) {
    trash->next = s->rubbish;
    s->rubbish = trash;
}

static void empty_trash(struct signaling *s) {
    for (struct trash *trash = s->rubbish, *next; trash; trash = next) {
        next = trash->next;
        mem_free(trash);
    }
    s->rubbish = NULL;
}

/* Connections that missed a message, one per call; no queue is needed for them. */
static bool next_broken(struct signaling *s, struct signaling_effect *ret) {
    if (!s->any_broken) {
        return false;
    }
    LIST_EACH(l, &s->all_conns) {
        struct conn *c = LIST_ENTRY(l, struct conn, in_signaling);
        if (c->broken) {
            c->broken = false;
            c->closing = true;
            *ret =
                (struct signaling_effect){.type = EFFECT_CLOSE, .conn = c->id, .status = WS_FAILED};
            return true;
        }
    }
    s->any_broken = false;
    return false;
}

bool effect_next(struct signaling *s, struct signaling_effect *ret) {
    s->last = shared_text_unref(s->last);
    if (s->head < s->count) {
        *ret = s->queue[s->head].e;
        s->last = s->queue[s->head].hold;
        s->head++;
        return true;
    }
    s->head = s->count = 0;
    empty_trash(s);
    return next_broken(s, ret);
}
