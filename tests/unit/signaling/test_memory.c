/* Any single allocation may fail, at any point of a tour's life: nothing leaks, nothing is lost
 * that media must know, and whoever missed a message is disconnected to resume. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

/* Peers and tours as the rim would know them from the effects. */
static void expect_balance(const struct world *w) {
    long peers = 0, tours = 0, people = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (w->log[i].e.type != EFFECT_COMMAND) {
            continue;
        }
        switch (w->log[i].e.command.type) {
        case COMMAND_PEER_ADD:
            peers++;
            break;
        case COMMAND_PEER_REMOVE:
            peers--;
            break;
        case COMMAND_TOUR_ADD:
            tours++;
            break;
        case COMMAND_TOUR_REMOVE:
            tours--;
            break;
        default:
            break;
        }
    }
    struct signaling_stats s = signaling_stats(w->signaling);
    people = s.participants;
    EXPECT_EQ(peers, s.sessions);
    EXPECT_EQ(tours, s.tours);
    EXPECT(people <= 3);
}

/* Each request got a reply, or its connection was closed with 1011, or could not even open. */
static void expect_answered(const struct world *w, uint64_t conn, const char *reply) {
    bool closed = false;
    for (size_t i = w->mark; i < w->n; i++) {
        closed |= w->log[i].e.type == EFFECT_CLOSE && w->log[i].e.status == 1011;
    }
    if (!mem_failed()) {
        EXPECT_GOT(w, conn, reply);
        EXPECT(!closed);
    }
}

/* What was refused for want of memory was not said. */
static void say_everything(struct world *w) {
    static const char *const all[] = {
        "{\"type\":\"chat\",\"id\":1,\"text\":\"a\"}",
        "{\"type\":\"ask\",\"id\":1,\"text\":\"a\"}",
        "{\"type\":\"answer\",\"id\":1,\"question\":\"q1\",\"state\":\"answered\"}",
        "{\"type\":\"hand\",\"id\":1,\"up\":true}",
        "{\"type\":\"chapter\",\"id\":1,\"title\":\"a\"}",
        "{\"type\":\"retract\",\"id\":1,\"seq\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        world_send(w, 3, all[i]);
        expect_answered(w, 3, "ok");
        const char *internal = world_got(w, 3, "\"code\":\"internal\"");
        EXPECT(!internal || world_count(w, EFFECT_ENTRY) == 0);
    }
    world_send(w, 3, "{\"type\":\"point\",\"id\":1,\"x\":0,\"y\":0}");
    expect_answered(w, 3, "ok");
    world_send(w, 3, "{\"type\":\"follow\",\"id\":1,\"view\":{\"a\":[1]}}");
    expect_answered(w, 3, "ok");
    world_pass(w, US_PER_S);
}

TEST_ALLOC(a_tour_survives_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL)) {
        world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
        expect_answered(&w, 1, "joined");
        world_join(&w, 2, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
        expect_answered(&w, 2, "joined");
        world_join(&w, 3, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
        expect_answered(&w, 3, "joined");
        world_join(&w, 3, "restart", small_offer_restarted(), "");
        expect_answered(&w, 3, "restarted");
        world_join(&w, 3, "restart", small_offer_other_peer(), "");
        expect_answered(&w, 3, "restarted");
        world_send(&w, 2, "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":true}");
        expect_answered(&w, 2, "ok");
        say_everything(&w);
        expect_balance(&w);
        world_drop(&w, 2);
        world_pass(&w, 16 * US_PER_S);
        world_send(&w, 3, "{\"type\":\"end\",\"id\":1}");
        expect_answered(&w, 3, "ok");
        expect_balance(&w);
    } else {
        EXPECT(mem_failed());
    }
    world_close(&w);
}

TEST_ALLOC(whip_and_whep_survive_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL)) {
        struct signaling_http h = {.req = 1,
                                   .tour = "demo",
                                   .token = "agent|demo|obs|",
                                   .content_type = "application/sdp",
                                   .body = data_file("offer.sdp"),
                                   .body_len = strlen(data_file("offer.sdp"))};
        for (int whep = 0; whep < 2; whep++) {
            h.whep = whep;
            h.body = data_file(whep ? "aiortc.sdp" : "offer.sdp");
            h.body_len = strlen(h.body);
            signaling_http(w.signaling, w.now, &h);
            world_drain(&w);
            EXPECT_EQ(world_count(&w, EFFECT_HTTP), 1);
            const struct record *r = world_effect(&w, EFFECT_HTTP);
            EXPECT_EQ(r->e.status, mem_failed() && r->e.status != 201 ? 500 : 201);
            expect_balance(&w);
            if (r->e.status == 201) {
                char id[32];
                snprintf(id, sizeof(id), "%s", strrchr(r->location, '/') + 1);
                struct signaling_http patch = h;
                patch.method = SIGNALING_PATCH;
                patch.resource = id;
                patch.content_type = "application/trickle-ice-sdpfrag";
                patch.if_match = "*";
                patch.body = "a=ice-ufrag:newu\r\na=ice-pwd:0123456789012345678901\r\n";
                patch.body_len = strlen(patch.body);
                signaling_http(w.signaling, w.now, &patch);
                world_drain(&w);
                EXPECT_EQ(world_count(&w, EFFECT_HTTP), 1);
            }
        }
    }
    world_close(&w);
}

/* One message that is lost to memory closes its connection and no other. */
TEST(a_lost_message_closes_its_connection) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    static const char ping[] = "{\"type\":\"ping\"}";
    size_t closes = 0;
    for (int n = 0; n < 20 && closes == 0; n++) {
        mem_fail_at(n);
        signaling_message(w.signaling, w.now, 1, ping, sizeof(ping) - 1);
        mem_fail_at(-1);
        world_drain(&w);
        closes = world_count(&w, EFFECT_CLOSE);
    }
    EXPECT_EQ(closes, 1);
    EXPECT(world_effect(&w, EFFECT_CLOSE)->e.conn == 1);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 1011);
    world_drain(&w);
    EXPECT_EQ(w.n, w.mark);
    world_drop(&w, 1);
    EXPECT_GOT(&w, 2, "\"link\":\"lost\"");
    world_close(&w);
}
