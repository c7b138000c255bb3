/* Who may be seen and heard by whom. When that becomes less, whatever signaling has engines do
 * about it is in their mailboxes already: behind it goes a fence. When an engine has come to that,
 * no datagram may leave it with what may not be any more, whether a command said so or none did. */
#include "tests/sim/tour/tour_sim.h"
#include <stdio.h>
#include <stdlib.h>

/* The seat whose transport this is; NULL: it is nobody's any more. */
static const struct seat_model *owner(const struct tour_sim *t, unsigned browser) {
    const struct browser *b = t->w->browsers[browser];
    for (unsigned i = 0; i < t->model.n; i++) {
        const struct seat_model *s = &t->model.seats[i];
        if (s->here && !s->waits && s->peer == b->params.peer) {
            return s;
        }
    }
    return NULL;
}

static void note(struct tour_sim *t, unsigned browser, bool send, enum source_kind kind) {
    struct browser *b = t->w->browsers[browser];
    const struct seat_model *s = owner(t, browser);
    bool *was = &t->barred[browser].may[send][kind];
    bool may = s && model_may(&t->model, s, send, kind);
    if (may == *was && t->barred[browser].age[send][kind] > 0) {
        return;
    }
    *was = may;
    struct fence f = {.browser = browser,
                      .kind = kind,
                      .send = send,
                      .age = ++t->barred[browser].age[send][kind]};
    if (may) {
        *(send ? &b->muted_from[kind] : &b->barred[kind]) = 0;
    } else {
        tour_fence(t, &f, b->o.far ? 1 : 0);
    }
}

void rights_note(struct tour_sim *t) {
    for (unsigned i = 0; i < t->w->n_browsers; i++) {
        for (enum source_kind k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
            note(t, i, false, k);
            note(t, i, true, k);
        }
    }
}

void rights_reached(struct tour_sim *t, const struct fence *f) {
    struct browser *b = t->w->browsers[f->browser];
    if (t->barred[f->browser].age[f->send][f->kind] == f->age) {
        *(f->send ? &b->muted_from[f->kind] : &b->barred[f->kind]) = t->w->order + 1;
    }
}
