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

/* Offer a file of tests/data to "shown" by WHIP or WHEP; the status of the answer. */
static inline int post_shown(struct world *w, bool whep, const char *token) {
    const char *body = data_file(whep ? "aiortc.sdp" : "offer.sdp");
    struct signaling_http h = {.req = 1,
                               .whep = whep,
                               .tour = "shown",
                               .token = token,
                               .content_type = "application/sdp",
                               .body = body,
                               .body_len = strlen(body)};
    signaling_http(w->signaling, w->now, &h);
    world_drain(w);
    return world_effect(w, EFFECT_HTTP)->e.status;
}

/* Who has come in by the last call, as media and the journal call him; 0: nobody. */
static inline uint64_t participant_of(const struct world *w) {
    const struct record *r = world_effect(w, EFFECT_PARTICIPANT);
    return r ? r->e.participant : 0;
}

#endif
