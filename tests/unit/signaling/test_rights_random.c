/* Many people, hosts and words in any order: media and people are told the same. */
#include "base/rng.h"
#include "tests/unit/signaling/world.h"

/* As small_lines, but the video that is sent is a screen. */
#define SCREEN_LINES                                         \
    ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}," \
    "{\"mid\":\"1\",\"kind\":\"screen\"}],"                  \
    "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"},"         \
    "{\"mid\":\"3\",\"kind\":\"audio\"}]"

#define CROWD 12
#define PEERS_MAX 4096

struct crowd {
    struct world w;
    struct rng_seeded seed;
    struct rng rng;
    size_t read; /* of the log */
    struct {
        uint64_t id;
        bool gone;
        uint8_t off, deaf; /* bit per source_kind, as media was told */
    } peers[PEERS_MAX];
    size_t n;
};

/* Media is told what is different, and nothing twice. */
static void obey(struct crowd *c, const struct record *r) {
    const struct command *x = &r->e.command;
    if (x->type == COMMAND_PEER_ADD) {
        REQUIRE(c->n < PEERS_MAX);
        c->peers[c->n++].id = r->params->peer;
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->peers[i].id != x->peer) {
            continue;
        }
        uint8_t bit = (uint8_t)(1u << x->kind);
        if (x->type == COMMAND_PEER_REMOVE) {
            c->peers[i].gone = true;
        } else if (x->type == COMMAND_MUTE) {
            EXPECT(x->on == !(c->peers[i].off & bit));
            c->peers[i].off ^= bit;
        } else if (x->type == COMMAND_RECEIVE) {
            EXPECT(x->on == !!(c->peers[i].deaf & bit));
            c->peers[i].deaf ^= bit;
        }
    }
}

/* What they send arrives: else nobody sees what is off. */
static void obey_all(struct crowd *c) {
    size_t known = c->n;
    for (; c->read < c->w.n; c->read++) {
        if (c->w.log[c->read].e.type == EFFECT_COMMAND) {
            obey(c, &c->w.log[c->read]);
        }
    }
    for (size_t i = known; i < c->n; i++) {
        signaling_source(c->w.signaling, c->w.now, c->peers[i].id, SOURCE_MICROPHONE, true);
        signaling_source(c->w.signaling, c->w.now, c->peers[i].id, SOURCE_SCREEN, true);
        world_drain(&c->w);
        c->read = c->w.n;
    }
}

static bool may(const char *can, const char *member, const char *direction) {
    char value[16];
    world_field(can, member, value, sizeof(value));
    return strcmp(value, "both") == 0 || strcmp(value, direction) == 0;
}

/* What everybody is told of a participant is what media was told of it. */
static void agree(const struct crowd *c, const char *roster, size_t i) {
    struct signaling_who who;
    char id[40], state[16], object[512] = "";
    REQUIRE(signaling_peer_who(c->w.signaling, c->peers[i].id, &who));
    snprintf(id, sizeof(id), "{\"id\":\"%s\"", who.participant);
    const char *at = strstr(roster, id);
    REQUIRE(at);
    const char *end = strstr(at + 1, "{\"id\":");
    snprintf(object, sizeof(object), "%.*s", end ? (int)(end - at) : 500, at);
    const char *can = strstr(object, "\"can\":");
    if (!can) {
        can = strstr(object, "\"host\":true") ? "\"audio\":\"both\",\"screen\":\"both\""
                                              : "\"audio\":\"both\",\"screen\":\"receive\"";
    }
    world_field(object, "microphone", state, sizeof(state));
    EXPECT((strcmp(state, "on") == 0) == !(c->peers[i].off & 1u << SOURCE_MICROPHONE));
    world_field(object, "screen", state, sizeof(state));
    EXPECT((strcmp(state, "on") == 0) == !(c->peers[i].off & 1u << SOURCE_SCREEN));
    EXPECT(strcmp(state, "off") == 0 || may(can, "screen", "send"));
    EXPECT(may(can, "audio", "receive") == !(c->peers[i].deaf & 1u << SOURCE_MICROPHONE));
    EXPECT(may(can, "screen", "receive") == !(c->peers[i].deaf & 1u << SOURCE_SCREEN));
}

static void agree_all(struct crowd *c) {
    world_join(&c->w, 100, "agent|demo|watcher|Watcher", small_offer(), small_lines);
    const char *joined = world_got(&c->w, 100, "\"roster\":[");
    REQUIRE(joined);
    obey_all(c);
    const char *roster = strstr(joined, "\"roster\":[");
    size_t seen = 0;
    struct signaling_who who;
    for (size_t i = 0; i + 1 < c->n; i++) {
        if (!c->peers[i].gone && signaling_peer_who(c->w.signaling, c->peers[i].id, &who)) {
            agree(c, roster, i);
            seen++;
        }
    }
    EXPECT(seen <= CROWD);
    world_send(&c->w, 100, "{\"type\":\"leave\"}");
    obey_all(c);
}

static void act(struct crowd *c) {
    static const char *const words[] = {
        "{\"type\":\"allow\",\"participants\":[\"p%u\"],\"can\":{\"audio\":\"%s\"}}",
        "{\"type\":\"allow\",\"participants\":[\"p%u\"],\"can\":{\"screen\":\"%s\"}}",
        "{\"type\":\"allow\",\"except\":[\"p%u\"],\"can\":{\"audio\":\"%s\"}}",
        "{\"type\":\"allow\",\"except\":[\"p%u\"],\"can\":{\"screen\":\"%s\"}}",
        "{\"type\":\"host\",\"participant\":\"p%u\",\"host\":true,\"x\":\"%s\"}",
        "{\"type\":\"host\",\"participant\":\"p%u\",\"host\":false,\"x\":\"%s\"}",
        "{\"type\":\"mute\",\"participant\":\"p%u\",\"kind\":\"microphone\",\"muted\":true,\"x\":"
        "\"%s\"}",
        "{\"type\":\"mute_all\",\"kind\":\"screen\",\"except\":[\"p%u\"],\"x\":\"%s\"}",
        "{\"type\":\"mute\",\"kind\":\"screen\",\"muted\":false,\"y\":%u,\"x\":\"%s\"}",
        "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":false,\"y\":%u,\"x\":\"%s\"}",
        "{\"type\":\"leave\",\"y\":%u,\"x\":\"%s\"}"};
    static const char *const directions[] = {"none", "send", "receive", "both"};
    static const char *const kinds[] = {"", "", "|quiet", "|deaf"};
    unsigned who = (unsigned)rng_below(&c->rng, CROWD), what = (unsigned)rng_below(&c->rng, 14);
    char token[64];
    if (what >= ARRAY_LEN(words)) {
        snprintf(token, sizeof(token), "%s|demo|s%u|Somebody%s", who < 2 ? "agent" : "buyer", who,
                 who < 2 ? "" : kinds[who % 4]);
        world_join(&c->w, 1 + who, token, what == 11 ? small_offer_other_peer() : small_offer(),
                   SCREEN_LINES);
    } else {
        world_sendf(&c->w, 1 + who, words[what], 1 + (unsigned)rng_below(&c->rng, 40),
                    directions[rng_below(&c->rng, 4)]);
    }
    obey_all(c);
}

TEST(media_and_people_are_told_the_same) {
    static struct crowd c;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        memset(&c, 0, sizeof(c));
        REQUIRE(world_open(&c.w, NULL));
        rng_seed(&c.seed, seed);
        c.rng = rng_from_seeded(&c.seed);
        for (int i = 0; i < 300; i++) {
            act(&c);
            if (i % 30 == 29) {
                agree_all(&c);
            }
        }
        EXPECT(c.n > CROWD);
        world_close(&c.w);
    }
}
