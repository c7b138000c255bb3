/* Every entry point of signaling checks that it runs in the thread that owns the state. */
#include "tests/unit/signaling/world.h"

static void call_declare(void *s) {
    (void)sig_tour_declare(s, &(struct sig_tour){"x", NULL, RECORD_OFF, CODEC_VP8});
}
static void call_open(void *s) {
    (void)sig_open(s, 0, 99);
}
static void call_message(void *s) {
    sig_message(s, 0, 1, "{}", 2);
}
static void call_closed(void *s) {
    sig_closed(s, 0, 99);
}
static void call_http(void *s) {
    sig_http(s, 0, &(struct sig_http){.method = SIG_POST, .tour = "demo", .token = "none"});
}
static void call_connected(void *s) {
    sig_peer_connected(s, 0, 99);
}
static void call_gone(void *s) {
    sig_peer_gone(s, 0, 99);
}
static void call_source(void *s) {
    sig_source(s, 0, 99, SOURCE_CAMERA, true);
}
static void call_slot(void *s) {
    sig_slot(s, 0, 99, &(struct sig_bound){.mid = "0"});
}
static void call_layers(void *s) {
    sig_layers(s, 99, SOURCE_CAMERA, 1);
}
static void call_speaker(void *s) {
    sig_speaker(s, 99, 0);
}
static void call_recording(void *s) {
    sig_recording(s, 99, RECORDING_ON);
}
static void call_deadline(void *s) {
    (void)sig_deadline(s);
}
static void call_timeout(void *s) {
    sig_timeout(s, 0);
}
static void call_effect(void *s) {
    struct sig_effect e;
    (void)sig_effect(s, &e);
}
static void call_stats(void *s) {
    (void)sig_stats(s);
}
static void call_free(void *s) {
    sig_free(s);
}

TEST(signaling_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {
        call_declare, call_open,   call_message, call_closed,  call_http,      call_connected,
        call_gone,    call_source, call_slot,    call_speaker, call_recording, call_deadline,
        call_timeout, call_effect, call_stats,   call_free,    call_layers};
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_send(&w, 1, "{\"type\":\"ping\"}");
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], w.sig, "&s->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], w.sig, ""));
    }
    world_close(&w);
}

/* The rim makes it before it starts its loop: another thread may then be the first to use it. */
TEST(signaling_belongs_to_who_uses_it_first) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    struct sig *fresh = sig_new(&w.config);
    REQUIRE(fresh);
    EXPECT(!test_aborts_in_thread(call_open, fresh, ""));
    sig_free(fresh);
    world_close(&w);
}
