/* An offer, the answer to it, and what was agreed. */
#ifndef ORIEL_TESTS_UNIT_SDP_DEAL_H
#define ORIEL_TESTS_UNIT_SDP_DEAL_H

#include "signaling/sdp/answer.h"
#include "signaling/sdp/refusal.h"
#include "tests/unit/sdp/data.h"
#include "tests/unit/test.h"

#include <stdlib.h>

struct deal {
    enum code parsed; /* what the parser said of the offer */
    struct sdp offer;
    struct plan plan;
    struct negotiation n;
    struct session_params params;
    struct rng_seeded seed;
    struct rng rng;
    char *answer;
    bool tcp;   /* candidates of ICE-TCP are told */
    char *text; /* of the offer, when it is our own */
};

/* Parse the offer, whatever comes of it. */
struct deal *deal_of(const char *text);
/* Parse the offer, which is to give `expected`. */
struct deal *deal_new(const char *text, enum code expected);
/* Negotiate by its plan and write the answer. */
enum code deal_close(struct deal *d, enum codec video);
void deal_free(struct deal *d);
/* The m-section number i of an answer, as a string of its own. */
char *section(const char *answer, int i);
/* What the page says of the lines of chromium_tour.sdp. */
void tour_wants(struct wants *w);
/* An offer of one camera in this codec, whose m-line ends with these attributes, answered. */
struct deal *offer_in(enum codec codec, const char *attributes);

#define HAS(text, part)                                                         \
    do {                                                                        \
        if (!strstr((text), (part))) {                                          \
            test_fail(__FILE__, __LINE__, "missing %s in\n%s", (part), (text)); \
        }                                                                       \
    } while (0)
#define HAS_NOT(text, part) EXPECT(!strstr((text), (part)))

#endif
