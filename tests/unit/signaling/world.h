/* A signaling engine with everything around it replaced: tokens are plain text
 * "role|tour|sub|name", perhaps with "|quiet" (hears and does not speak or write) or "|deaf" (the
 * other way round), or the name of a token error; time is a number, and what the engine emits is
 * kept in a log that tests look into. */
#ifndef ORIEL_TESTS_SIGNALING_WORLD_H
#define ORIEL_TESTS_SIGNALING_WORLD_H

#include "signaling/signaling.h"
#include "signaling/state/shared_text.h"
#include "tests/sim/sim_kept.h"
#include "tests/unit/sdp/data.h"
#include "tests/unit/test.h"

#define LOG_MAX 16384
/* 2026-01-02T03:04:05Z: what the wall shows when `now` is 0. */
#define WORLD_WALL (INT64_C(1767323045) * US_PER_S)

struct record { /* an effect whose texts are copies */
    struct signaling_effect e;
    char *text, *location, *etag;
    char *who; /* of EFFECT_ACT: "tour sub person role whom", "-" for what it does not say */
    struct session_params *params; /* NULL unless it is a command that has them */
    struct ice_credentials *ice;
};

struct world {
    struct signaling_config config;
    struct rng_seeded seed;
    struct signaling *signaling;
    struct sim_kept kept; /* looked at whenever effects were drained */
    us_t now;
    struct record *log;
    size_t n, mark; /* mark: start of what the last call emitted */
};

/* Defaults: tours "demo" (record off) and "taped" (auto) declared, grace 15 s, empty 60 s. tweak
 * may be NULL. False when memory ran out; w is then still safe to close. */
bool world_open(struct world *w, void (*tweak)(struct signaling_config *c));
void world_close(struct world *w);
/* Drain effects into the log; every call below does. */
void world_drain(struct world *w);
/* Move time and call timeouts on the way, one deadline after the other. */
void world_pass(struct world *w, us_t d);

/* Send text; the connection is opened first if it is new. */
void world_send(struct world *w, uint64_t conn, const char *text);
void world_sendf(struct world *w, uint64_t conn, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* join with this token, or resume with "resume:TOKEN", or "restart"; the request's id is 7. Who
 * joins takes over what seats there are, unless `extra` says "seat". */
void world_join(struct world *w, uint64_t conn, const char *token, const char *sdp,
                const char *extra);

/* The connection is gone. */
void world_drop(struct world *w, uint64_t conn);
/* Offer a file of tests/data to "demo" by WHIP or WHEP; the status of the answer. */
int world_post(struct world *w, bool whep, const char *token);

/* The last text to conn since the mark that contains `part`, or NULL. */
const char *world_got(const struct world *w, uint64_t conn, const char *part);
/* The last effect of this type since the mark, or NULL. */
const struct record *world_effect(const struct world *w, enum signaling_effect_type type);
/* How many effects of this type since the mark. */
size_t world_count(const struct world *w, enum signaling_effect_type type);
/* The same of EFFECT_COMMAND with such a command. */
const struct record *world_command(const struct world *w, enum command_type type);
size_t world_commands(const struct world *w, enum command_type type);
/* The one worker that a command goes to. */
uint32_t world_worker(const struct record *r);
/* Copy the string member `key` of the JSON text (first occurrence), unescaped, into out; "" when
 * there is none. */
const char *world_field(const char *json, const char *key, char *out, size_t cap);

/* The small offer used where its content does not matter: mids 0 (audio, sendonly), 1 (video,
 * sendonly), 2 (video, recvonly), 3 (audio, recvonly). */
const char *small_offer(void);
/* The same with other ICE credentials, and with another certificate. */
const char *small_offer_restarted(void);
const char *small_offer_other_peer(void);
/* Sources and slots for the small offer, beginning with a comma. */
extern const char small_lines[];
/* Consent to the current text, beginning with a comma; and both. */
extern const char yes[], yes_and_lines[];

#define EXPECT_GOT(w, conn, part)                                           \
    do {                                                                    \
        if (!world_got((w), (conn), (part))) {                              \
            test_fail(__FILE__, __LINE__, "connection %llu did not get %s", \
                      (unsigned long long)(conn), (part));                  \
        }                                                                   \
    } while (0)
#define EXPECT_NOT(w, conn, part) EXPECT(!world_got((w), (conn), (part)))
/* The last error to conn has this code. */
#define EXPECT_ERROR(w, conn, code) EXPECT_GOT(w, conn, "\"code\":\"" code "\"")

#endif
