/* A tour with people in it and a lobby before it, for tests. */
#ifndef ORIEL_TESTS_SIGNALING_PEOPLE_H
#define ORIEL_TESTS_SIGNALING_PEOPLE_H

#include "tests/unit/signaling/world.h"

/* Declare a tour without recording that has a lobby, and nothing else. */
static inline void declare_shown(struct world *w, struct signaling_tour t) {
    t.name = t.name ? t.name : "shown";
    t.record = RECORD_OFF;
    t.codec = CODEC_VP8;
    EXPECT_EQ(signaling_tour_declare(w->signaling, &t), OK);
}

/* Join with the small offer. */
static inline void enter(struct world *w, uint64_t conn, const char *token) {
    world_join(w, conn, token, small_offer(), small_lines);
}

/* Join again on this connection, without a token, as who has been admitted does. */
static inline void enter_again(struct world *w, uint64_t conn) {
    enter(w, conn, "");
}

/* How the tour stands. */
static inline struct signaling_tour_view tour_of(struct world *w, const char *name) {
    struct signaling_tour_view v = {0};
    EXPECT_EQ(signaling_tour_get(w->signaling, w->now, name, &v), OK);
    return v;
}

/* Texts to conn since the mark. */
static inline size_t texts_to(const struct world *w, uint64_t conn) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        n += w->log[i].e.type == EFFECT_SEND && w->log[i].e.conn == conn;
    }
    return n;
}

/* The last command of this type since the mark names this participant ("p2" of conn's joined). */
static inline uint64_t participant_of(const struct world *w) {
    const struct record *r = world_effect(w, EFFECT_PARTICIPANT);
    return r ? r->e.participant : 0;
}

#endif
