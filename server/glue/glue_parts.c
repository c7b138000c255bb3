#include "server/glue/glue_parts.h"

#include "base/check.h"

#include <stdio.h>

void glue_note(struct glue *g, const char *event, const struct sig_effect *e, const char *detail) {
    if (g->config.note) {
        g->config.note(g->config.ctx, event, e->tour, e->peer, detail);
    }
}

struct tour *glue_tour(struct glue *g, uint64_t id) {
    LIST_EACH(l, &g->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        if (t->id == id) {
            return t;
        }
    }
    return NULL;
}

void glue_lose(struct glue *g, const struct sig_effect *e, const char *what) {
    g->lost++;
    glue_note(g, "out_of_memory", e, what);
}

void glue_lose_peer(struct glue *g, const struct sig_effect *e) {
    glue_lose(g, e, "peer not added");
    sig_peer_gone(g->config.sig, g->now, e->peer);
}

void glue_post(struct glue *g, const struct sig_effect *e, const struct command *o) {
    CHECK(e->worker < g->config.n_workers);
    struct command own;
    if (command_copy(o, &own) == OK && backlog_post(&g->backlogs[e->worker], &own) == OK) {
        return;
    }
    if (o->type == COMMAND_PEER_ADD) {
        glue_lose_peer(g, e);
    } else {
        glue_lose(g, e, "order dropped");
    }
}

void glue_copy(char *out, size_t cap, const char *text) {
    snprintf(out, cap, "%s", text ? text : "");
}
