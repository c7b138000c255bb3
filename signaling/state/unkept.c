#include "signaling/state/unkept.h"

#include <string.h>

void unkept_any(struct signaling *s) {
    s->kept.due = s->config.keeper.fresh != NULL;
}

void unkept(struct signaling *s, struct tour *t, enum unkept_part part) {
    if (!s->config.keeper.fresh || t->probe || !t->id) {
        return;
    }
    s->kept.due = true;
    if (!t->kept.parts) {
        list_push(&s->kept.tours, &t->kept.in_unkept);
    }
    t->kept.parts |= (uint8_t)(1u << part);
}

void unkept_seat(struct signaling *s, struct seat *seat) {
    if (seat) {
        seat->unkept = true;
        unkept(s, seat->tour, UNKEPT_SEATS);
    }
}

void unkept_ends(struct signaling *s) {
    s->kept.ends = true;
    unkept_any(s);
}

void unkept_gone(struct signaling *s, enum kept_kind kind, uint64_t key, uint64_t sub) {
    unkept_any(s);
    if (s->kept.there) {
        record_log_put(
            &s->kept.log,
            &(struct log_record){.kind = (uint16_t)kind, .gone = true, .key = key, .sub = sub});
    }
}

void unkept_run(struct signaling *s, struct tour *t) {
    if (t->kept.parts) {
        list_remove(&t->kept.in_unkept);
    }
    memset(&t->kept, 0, sizeof(t->kept));
    unkept_gone(s, KEPT_TOUR, t->id, 0);
}
