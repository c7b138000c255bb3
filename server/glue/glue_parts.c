#include "server/glue/glue_parts.h"

#include "base/check.h"

#include <stdio.h>

void glue_note(struct glue *g, const char *event, const struct signaling_effect *e,
               const char *detail) {
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

void glue_post(struct glue *g, uint32_t worker, const struct command *c) {
    struct command own;
    char detail[40];
    CHECK(worker < g->config.n_workers);
    enum err e = command_copy(c, &own);
    e = e == OK ? backlog_post(&g->backlogs[worker], &own) : e;
    if (e == OK) {
        return;
    }
    g->lost++;
    snprintf(detail, sizeof(detail), "%s dropped", command_name((enum command_type)c->type));
    glue_note(g, e == ERR_FULL ? "worker_backlog_full" : "out_of_memory",
              &(struct signaling_effect){.tour = c->tour, .peer = c->peer}, detail);
    signaling_lost(g->config.signaling, g->now, c);
}

void glue_copy(char *out, size_t cap, const char *text) {
    snprintf(out, cap, "%s", text ? text : "");
}
