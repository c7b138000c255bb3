/* What the rim is told must make sense in the order in which it is told: a small rim obeys every
 * effect of a random life with three tours, WebSockets, WHIP and WHEP, and objects to what a
 * worker or the recorder could not obey. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

#define MANY 4096
#define STEPS 600

struct rim_peer {
    uint64_t id, tour, participant;
    uint32_t worker;
    bool gone;    /* removed, or reported gone */
    bool listens; /* to the mix, which knows of it */
    uint64_t without;
};

struct rim_tour {
    uint64_t span;  /* bit per worker */
    uint64_t mixed; /* workers that believe so */
    uint64_t id;
    uint32_t worker;
    bool gone, recorded;
    bool fresh; /* a worker has got it, of which the others are to hear */
    char name[TOUR_NAME_MAX + 1];
};

struct rim {
    struct world w;
    struct rng_seeded seed;
    struct rng rng;
    struct rim_peer peers[MANY];
    struct rim_tour tours[MANY];
    size_t n_peers, n_tours, n_people, seen, requests, answers, spans, stages;
    uint64_t people[MANY]; /* participants in the journal's view */
    uint64_t next_conn, closed_conns[MANY];
    size_t n_closed;
    char resource[16][100]; /* WHIP and WHEP sessions that were made */
    bool resource_whep[16];
    uint32_t n_resources;
};

static struct rim_peer *find_peer(struct rim *r, uint64_t id) {
    for (size_t i = 0; i < r->n_peers; i++) {
        if (r->peers[i].id == id && !r->peers[i].gone) {
            return &r->peers[i];
        }
    }
    return NULL;
}

static struct rim_tour *find_tour(struct rim *r, uint64_t id) {
    for (size_t i = 0; i < r->n_tours; i++) {
        if (r->tours[i].id == id && !r->tours[i].gone) {
            return &r->tours[i];
        }
    }
    return NULL;
}

/* What the rim keeps of a tour begins before its worker hears of it, and ends after that. */
static void on_tour(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.tour);
    if (!x->e.on) {
        REQUIRE(t);
        EXPECT(!t->recorded); /* the recording was stopped first */
        EXPECT_EQ(t->span, 0);
        EXPECT_EQ(t->mixed, 0);
        t->gone = true;
        return;
    }
    EXPECT(x->e.tour && !t);
    CHECK(r->n_tours < MANY);
    for (size_t i = 0; i < r->n_tours; i++) {
        EXPECT(r->tours[i].id != x->e.tour); /* handles are never used again */
        EXPECT(r->tours[i].gone || strcmp(r->tours[i].name, x->e.name) != 0);
    }
    t = &r->tours[r->n_tours++];
    *t = (struct rim_tour){.id = x->e.tour};
    snprintf(t->name, sizeof(t->name), "%s", x->e.name);
}

/* The first worker is its home. Each that comes later is told before all are told of each other. */
static void on_tour_add(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.command.tour);
    REQUIRE(t);
    EXPECT(world_worker(x) < r->w.config.workers);
    EXPECT(!(t->span & x->e.workers));
    t->worker = t->span ? t->worker : world_worker(x);
    t->fresh = t->span != 0;
    t->span |= x->e.workers;
}

static void on_tour_remove(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.command.tour);
    REQUIRE(t);
    EXPECT_EQ(t->span, x->e.workers);
    for (size_t i = 0; i < r->n_peers; i++) {
        EXPECT(!r->peers[i].listens || r->peers[i].tour != t->id);
        EXPECT(r->peers[i].gone || r->peers[i].tour != t->id);
    }
    t->span = 0;
}

static void on_tour_span(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.command.tour);
    REQUIRE(t);
    EXPECT(t->fresh);
    EXPECT_EQ(t->worker, x->e.command.home);
    EXPECT_EQ(t->span, x->e.workers);
    EXPECT_EQ(t->span, x->e.command.workers);
    t->fresh = false;
    r->spans++;
}

static void on_peer_add(struct rim *r, const struct record *x) {
    const struct session_params *p = x->params;
    struct rim_tour *t = find_tour(r, p->tour);
    REQUIRE(t);
    EXPECT(t->span & x->e.workers && !t->fresh);
    EXPECT(p->peer && p->participant && p->n_lines > 0);
    EXPECT_EQ(x->e.command.peer, p->peer); /* who carries it does not look inside */
    for (size_t i = 0; i < r->n_peers; i++) {
        EXPECT(r->peers[i].id != p->peer);
        EXPECT(r->peers[i].gone || r->peers[i].participant != p->participant);
    }
    CHECK(r->n_peers < MANY);
    r->peers[r->n_peers++] = (struct rim_peer){
        .id = p->peer, .tour = p->tour, .participant = p->participant, .worker = world_worker(x)};
}

static bool is_heard(const struct rim *r, uint64_t tour) {
    for (size_t i = 0; i < r->n_peers; i++) {
        if (r->peers[i].listens && r->peers[i].tour == tour) {
            return true;
        }
    }
    return false;
}

/* Workers mix while somebody listens, all of them. */
static void on_tour_mix(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.command.tour);
    bool on = x->e.command.on;
    REQUIRE(t);
    EXPECT_EQ(x->e.workers, t->span);
    EXPECT_EQ(on, is_heard(r, t->id));
    EXPECT(t->mixed != (on ? t->span : 0)); /* something changes */
    t->mixed = on ? t->span : 0;
}

/* Who listens is a peer on its worker; whom it does not hear is in the tour. */
static void on_mix(struct rim *r, const struct record *x) {
    size_t i = 0;
    while (i < r->n_peers && r->peers[i].id != x->e.peer) {
        i++;
    }
    REQUIRE(i < r->n_peers);
    struct rim_peer *p = &r->peers[i];
    EXPECT_EQ(p->tour, x->e.tour);
    EXPECT_EQ(p->worker, x->e.worker);
    EXPECT(x->e.on ? !p->listens || p->without != x->e.participant : p->listens);
    p->listens = x->e.on;
    p->without = x->e.participant;
}

static void on_participant(struct rim *r, const struct record *x) {
    size_t at = 0;
    EXPECT(find_tour(r, x->e.tour));
    while (at < r->n_people && r->people[at] != x->e.participant) {
        at++;
    }
    if (x->e.on && at == r->n_people) {
        CHECK(r->n_people < MANY);
        r->people[r->n_people++] = x->e.participant;
    } else if (!x->e.on) {
        REQUIRE(at < r->n_people);
        r->people[at] = r->people[--r->n_people];
    }
}

static void on_close(struct rim *r, const struct record *x) {
    for (size_t i = 0; i < r->n_closed; i++) {
        EXPECT(r->closed_conns[i] != x->e.conn);
    }
    CHECK(r->n_closed < MANY);
    r->closed_conns[r->n_closed++] = x->e.conn;
}

static void on_record(struct rim *r, const struct record *x) {
    struct rim_tour *t = find_tour(r, x->e.tour);
    REQUIRE(t);
    EXPECT(t->recorded != x->e.on); /* never twice the same */
    t->recorded = x->e.on;
}

static void on_send(const struct rim *r, const struct record *x) {
    for (size_t i = 0; i < r->n_closed; i++) {
        EXPECT(r->closed_conns[i] != x->e.conn); /* silence after close */
    }
    EXPECT(x->text && x->text[0] == '{');
}

/* Commands about one peer need that peer, on its worker. */
static void on_peer_command(struct rim *r, const struct record *x) {
    const struct command *c = &x->e.command;
    struct rim_peer *p = find_peer(r, c->peer);
    REQUIRE(p);
    EXPECT_EQ(p->worker, world_worker(x));
    EXPECT_EQ(p->tour, c->tour);
    if (c->type == COMMAND_PEER_REMOVE) {
        p->gone = true;
    }
    if (c->type == COMMAND_PEER_RESTART) {
        EXPECT(x->ice && strlen(x->ice->local_ufrag) == 12 && *x->ice->remote_pwd);
    }
    if (c->type == COMMAND_PEER_WITHOUT) {
        EXPECT(p->listens && p->without == c->participant); /* the mix was told before */
    }
}

/* Who holds the stage is there, as the journal knows it; every worker is told. */
static void on_stage(struct rim *r, const struct record *x) {
    const struct command *c = &x->e.command;
    struct rim_tour *t = find_tour(r, c->tour);
    size_t at = 0;
    REQUIRE(t);
    EXPECT_EQ(x->e.workers, t->span);
    EXPECT(!t->fresh);
    while (at < r->n_people && r->people[at] != c->lead) {
        at++;
    }
    EXPECT(c->lead == 0 || at < r->n_people);
    r->stages++;
}

static void on_command(struct rim *r, const struct record *x) {
    switch (x->e.command.type) {
    case COMMAND_TOUR_ADD:
        on_tour_add(r, x);
        break;
    case COMMAND_TOUR_REMOVE:
        on_tour_remove(r, x);
        break;
    case COMMAND_TOUR_SPAN:
        on_tour_span(r, x);
        break;
    case COMMAND_TOUR_MIX:
        on_tour_mix(r, x);
        break;
    case COMMAND_PEER_ADD:
        on_peer_add(r, x);
        break;
    case COMMAND_TOUR_INTAKE:
        EXPECT(find_tour(r, x->e.command.tour));
        break;
    case COMMAND_STAGE:
        on_stage(r, x);
        break;
    default:
        on_peer_command(r, x);
        break;
    }
}

static void obey(struct rim *r, const struct record *x) {
    switch ((enum signaling_effect_type)x->e.type) {
    case EFFECT_SEND:
        on_send(r, x);
        break;
    case EFFECT_CLOSE:
        on_close(r, x);
        break;
    case EFFECT_HTTP:
        r->answers++;
        break;
    case EFFECT_COMMAND:
        on_command(r, x);
        break;
    case EFFECT_MIX:
        on_mix(r, x);
        break;
    case EFFECT_TOUR:
        on_tour(r, x);
        break;
    case EFFECT_RECORD:
        on_record(r, x);
        break;
    case EFFECT_MUTED:
        EXPECT(find_tour(r, x->e.tour) && x->e.participant);
        break;
    case EFFECT_ENTRY:
        EXPECT(find_tour(r, x->e.tour) && (x->e.again || x->e.seq));
        break;
    case EFFECT_ACT:
        EXPECT(x->e.name && *x->e.name);
        break;
    case EFFECT_RECORD_PAUSE:
    case EFFECT_PARTICIPANT:
        on_participant(r, x);
        break;
    }
}

static void obey_all(struct rim *r) {
    for (; r->seen < r->w.n; r->seen++) {
        obey(r, &r->w.log[r->seen]);
    }
    /* Sockets that were closed report it, as the rim's do. */
    for (size_t i = 0; i < r->n_closed; i++) {
        signaling_closed(r->w.signaling, r->w.now, r->closed_conns[i]);
    }
    world_drain(&r->w);
    for (; r->seen < r->w.n; r->seen++) {
        obey(r, &r->w.log[r->seen]);
    }
}

static const char *random_tour(struct rim *r) {
    static const char *const tours[] = {"demo", "taped", "fresh"};
    return tours[rng_below(&r->rng, 3)];
}

static const char *random_token(struct rim *r) {
    static char token[64];
    uint32_t who = rng_below(&r->rng, 6);
    snprintf(token, sizeof(token), "%s|%s|sub%u|Name",
             who < 2   ? "agent"
             : who < 5 ? "buyer"
                       : "ops",
             random_tour(r), who);
    return token;
}

static void join_random(struct rim *r) {
    static const char *const seats[] = {"ask", "take_over", "beside"};
    char extra[500];
    snprintf(extra, sizeof(extra), "%s,\"seat\":\"%s\"", yes_and_lines,
             seats[rng_below(&r->rng, ARRAY_LEN(seats))]);
    world_join(&r->w, ++r->next_conn, random_token(r), small_offer(), extra);
}

static void http_random(struct rim *r) {
    bool whep = rng_below(&r->rng, 2);
    char token[64], tour[16] = "";
    snprintf(token, sizeof(token), "%s", random_token(r));
    sscanf(token, "%*[^|]|%15[^|]", tour);
    const char *body = data_file(whep ? "aiortc.sdp" : "offer.sdp");
    struct signaling_http h = {.req = ++r->requests,
                               .whep = whep,
                               .audio = rng_below(&r->rng, 2) ? "mix" : NULL,
                               .tour = tour,
                               .token = token,
                               .content_type = "application/sdp",
                               .body = body,
                               .body_len = strlen(body)};
    signaling_http(r->w.signaling, r->w.now, &h);
    world_drain(&r->w);
    const struct record *x = world_effect(&r->w, EFFECT_HTTP);
    if (x && x->e.status == 201) {
        uint32_t at = r->n_resources++ % 16;
        snprintf(r->resource[at], sizeof(r->resource[at]), "%.31s|%s",
                 strrchr(x->location, '/') + 1, token);
        r->resource_whep[at] = whep;
    }
}

static void delete_random(struct rim *r) {
    uint32_t at = rng_below(&r->rng, 16);
    char id[32] = "", token[64] = "", tour[16] = "";
    if (sscanf(r->resource[at], "%31[^|]|%63s", id, token) != 2) {
        return;
    }
    sscanf(token, "%*[^|]|%15[^|]", tour);
    struct signaling_http h = {.req = ++r->requests,
                               .method = SIGNALING_DELETE,
                               .whep = r->resource_whep[at],
                               .tour = tour,
                               .resource = id,
                               .token = token};
    signaling_http(r->w.signaling, r->w.now, &h);
    world_drain(&r->w);
    uint16_t status = world_effect(&r->w, EFFECT_HTTP)->e.status;
    EXPECT(status == 200 || status == 404);
}

static void report_random(struct rim *r) {
    if (r->n_peers == 0) {
        return;
    }
    struct rim_peer *p = &r->peers[rng_below(&r->rng, (uint32_t)r->n_peers)];
    switch (rng_below(&r->rng, 5)) {
    case 0:
        signaling_peer_connected(r->w.signaling, r->w.now, p->id);
        break;
    case 1:
        p->gone = true; /* media has removed it, so no effect may name it */
        signaling_peer_gone(r->w.signaling, r->w.now, p->id);
        break;
    case 2:
        signaling_source(r->w.signaling, r->w.now, p->id, SOURCE_CAMERA, rng_below(&r->rng, 2));
        break;
    case 3:
        signaling_slot(r->w.signaling, r->w.now, p->id,
                       &(struct signaling_bound){"2", p->participant, SOURCE_CAMERA, false});
        break;
    default:
        signaling_recording(r->w.signaling, p->tour, RECORDING_ON);
    }
    world_drain(&r->w);
}

static void message_random(struct rim *r) {
    static const char *const messages[] = {
        "{\"type\":\"leave\",\"id\":1}",
        "{\"type\":\"end\",\"id\":1}",
        "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}",
        "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":false}",
        "{\"type\":\"pin\",\"participant\":\"p1\"}",
        "{\"type\":\"pin\",\"participant\":null}",
        "{\"type\":\"record\",\"on\":true}",
        "{\"type\":\"record\",\"on\":false}",
        "{\"type\":\"consent\",\"recording\":false}",
        "{\"type\":\"consent\",\"recording\":true}",
        "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}",
        "{\"type\":\"host\",\"participant\":\"p1\",\"host\":false}",
        "{\"type\":\"hand_over\",\"participant\":\"p3\"}",
        "{\"type\":\"remove\",\"participant\":\"p4\"}",
        "{\"type\":\"lobby\",\"on\":true}",
        "{\"type\":\"lobby\",\"on\":false}",
        "{\"type\":\"admit\"}",
        "{\"type\":\"chat\",\"text\":\"a\"}",
        "{\"type\":\"hand\",\"up\":true}",
        "{\"type\":\"point\",\"x\":0.5,\"y\":1}",
        "{\"type\":\"follow\",\"view\":{}}",
        "{\"type\":\"chapter\",\"title\":\"a\"}",
        "{\"type\":\"retract\",\"seq\":1}"};
    uint64_t conn = 1 + rng_below(&r->rng, (uint32_t)r->next_conn + 1);
    for (size_t i = 0; i < r->n_closed; i++) {
        if (r->closed_conns[i] == conn) {
            return; /* connection handles are not used again */
        }
    }
    uint32_t which = rng_below(&r->rng, ARRAY_LEN(messages) + 2);
    if (conn > r->next_conn) {
        r->next_conn = conn;
    }
    if (which < ARRAY_LEN(messages)) {
        world_send(&r->w, conn, messages[which]);
    } else {
        world_join(&r->w, conn, "restart",
                   which & 1 ? small_offer_restarted() : small_offer_other_peer(), "");
    }
}

static void drop_random(struct rim *r) {
    uint64_t conn = r->next_conn ? 1 + rng_below(&r->rng, (uint32_t)r->next_conn) : 0;
    if (conn == 0) {
        return;
    }
    for (size_t i = 0; i < r->n_closed; i++) {
        if (r->closed_conns[i] == conn) {
            return;
        }
    }
    CHECK(r->n_closed < MANY);
    signaling_closed(r->w.signaling, r->w.now, conn);
    world_drain(&r->w);
    for (; r->seen < r->w.n; r->seen++) {
        obey(r, &r->w.log[r->seen]);
    }
    r->closed_conns[r->n_closed++] = conn;
}

static void revoke_random(struct rim *r) {
    char token[64], sub[16] = "";
    snprintf(token, sizeof(token), "%s", random_token(r));
    sscanf(token, "%*[^|]|%*[^|]|%15[^|]", sub);
    EXPECT_EQ(signaling_revoke(r->w.signaling, r->w.now, sub), OK);
    world_drain(&r->w);
}

static void step(struct rim *r) {
    switch (rng_below(&r->rng, 13)) {
    case 0:
    case 1:
    case 2:
        join_random(r);
        break;
    case 3:
    case 4:
        http_random(r);
        break;
    case 5:
        delete_random(r);
        break;
    case 6:
    case 7:
        report_random(r);
        break;
    case 8:
        drop_random(r);
        break;
    case 9:
        world_pass(&r->w, (us_t)rng_below(&r->rng, 40) * US_PER_S);
        break;
    case 10:
        if (rng_below(&r->rng, 8) == 0) {
            revoke_random(r);
        }
        break;
    default:
        message_random(r);
    }
    obey_all(r);
}

static void compare(const struct rim *r) {
    size_t peers = 0, tours = 0;
    for (size_t i = 0; i < r->n_peers; i++) {
        peers += !r->peers[i].gone;
    }
    for (size_t i = 0; i < r->n_tours; i++) {
        tours += !r->tours[i].gone;
    }
    struct signaling_stats s = signaling_stats(r->w.signaling);
    for (size_t i = 0; i < r->n_tours; i++) {
        const struct rim_tour *t = &r->tours[i];
        EXPECT(t->gone || t->mixed == (is_heard(r, t->id) ? t->span : 0));
    }
    EXPECT_EQ(s.sessions, peers);
    EXPECT_EQ(s.tours, tours);
    EXPECT_EQ(s.participants, r->n_people);
    EXPECT_EQ(r->answers, r->requests);
}

static void settle(struct rim *r) {
    for (uint64_t conn = 1; conn <= r->next_conn + 1; conn++) {
        signaling_closed(r->w.signaling, r->w.now, conn);
        world_drain(&r->w);
        obey_all(r);
    }
    for (size_t i = 0; i < r->n_peers; i++) {
        if (!r->peers[i].gone) {
            r->peers[i].gone = true;
            signaling_peer_gone(r->w.signaling, r->w.now, r->peers[i].id);
            world_drain(&r->w);
            obey_all(r);
        }
    }
    world_pass(&r->w, 200 * US_PER_S);
    obey_all(r);
    compare(r);
    struct signaling_stats s = signaling_stats(r->w.signaling);
    EXPECT(s.connections == 0 && s.participants == 0 && s.sessions == 0 && s.tours == 0);
}

static void spread(struct signaling_config *c) {
    c->tour_spread = 2;
}

static void live(uint64_t seed) {
    struct rim *r = calloc(1, sizeof(*r));
    CHECK(r);
    rng_seed(&r->seed, seed);
    r->rng = rng_from_seeded(&r->seed);
    REQUIRE(world_open(&r->w, seed % 2 ? spread : NULL));
    for (int i = 0; i < STEPS; i++) {
        step(r);
        compare(r);
    }
    settle(r);
    EXPECT(r->stages > 0);
    world_close(&r->w);
    free(r);
}

TEST(orders_make_sense_to_a_rim) {
    for (uint64_t seed = 1; seed <= 12; seed++) {
        live(seed);
    }
}
