/* A signaling engine for fuzzing: tokens are "role|tour|sub|name", effects are only drained and
 * looked at. Used by more than one target, hence static inline. */
#ifndef ORIEL_TESTS_FUZZ_WORLD_H
#define ORIEL_TESTS_FUZZ_WORLD_H

#include "base/check.h"
#include "base/err.h"
#include "base/utf8.h"
#include "signaling/signaling.h"
#include "signaling/state/shared_text.h"
#include "tests/sim/sim_signaling.h"

#include <stdio.h>
#include <string.h>

static inline enum code fuzz_verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    char role[8] = "";
    (void)ctx;
    char copy[256];
    if (n >= sizeof(copy)) {
        return CODE_TOKEN_MALFORMED;
    }
    memcpy(copy, token, n);
    copy[n] = '\0';
    *ret = (struct claims){0};
    sscanf(copy, "%7[^|]|%64[^|]|%64[^|]|%128[^|]", role, ret->tour, ret->sub, ret->name);
    ret->role = role_from_name(role);
    return CODE_OK;
}

static inline size_t fuzz_candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    (void)ctx;
    (void)cap;
    out[0] = addr_v4(192, 0, 2, 1, (uint16_t)worker);
    return 1;
}

static inline struct signaling *fuzz_signaling(struct rng_seeded *seed) {
    rng_seed(seed, 1);
    struct signaling_config c = signaling_config_of(rng_from_seeded(seed));
    c.max_connections = 8;
    c.max_tours = c.max_participants = 4; /* which are soon too many */
    c.max_mix = 2;
    c.messages_per_second = 50;
    c.history = 4;
    c.history_bytes = 1000;
    c.roster_tick = 50 * US_PER_MS;
    c.roster_per_second = 4;
    c.host_limit = 20 * US_PER_S;
    c.candidates = fuzz_candidates;
    c.verify = fuzz_verify;
    struct signaling *s = signaling_new(&c);
    CHECK(s && signaling_tour_declare(s, &(struct signaling_tour){.name = "demo",
                                                                  .title = "Demo",
                                                                  .record = RECORD_OFF,
                                                                  .codec = CODEC_VP8}) == OK);
    return s;
}

/* Every text must be UTF-8 without control characters (JSON escapes them): a browser fails the
 * connection on anything else. */
static inline void fuzz_check_text(const struct signaling_effect *e) {
    CHECK(e->len > 0 && e->text[0] == '{' && e->text[e->len - 1] == '}');
    for (size_t i = 0, step; i < e->len; i += step) {
        step = utf8_char(e->text + i, e->len - i);
        CHECK(step > 0 && (unsigned char)e->text[i] >= 0x20);
    }
}

/* Drain; returns how many EFFECT_HTTP there were. */
static inline size_t fuzz_drain(struct signaling *s) {
    struct signaling_effect e;
    size_t http = 0;
    while (signaling_effect(s, &e)) {
        if (e.type == EFFECT_SEND) {
            fuzz_check_text(&e);
        }
        if (e.type == EFFECT_ENTRY) {
            fuzz_check_text(&e);
            CHECK(e.name && e.title && strlen(e.title) <= 2000 && e.len <= 1088);
        }
        if (e.type == EFFECT_COMMAND && e.command.type == COMMAND_PEER_ADD) {
            const struct session_params *p = e.command.params;
            CHECK(p->peer && p->participant && p->tour && p->n_lines);
        }
        if (e.type == EFFECT_HTTP) {
            CHECK(e.status >= 200 && e.status < 600 && (e.status != 201 || e.location));
            http++;
        }
    }
    return http;
}

#endif
