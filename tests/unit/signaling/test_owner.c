/* Every entry point of signaling checks that it runs in the thread that owns the state. */
#include "signaling/platform.h"
#include "tests/unit/signaling/world.h"

static void call_declare(void *s) {
    (void)signaling_tour_declare(
        s, &(struct signaling_tour){
               .name = "x", .title = NULL, .record = RECORD_OFF, .codec = CODEC_VP8});
}
static void call_update(void *s) {
    (void)signaling_tour_update(s, 0, &(struct signaling_tour){.name = "x", .codec = CODEC_VP8});
}
static void call_update_lobby(void *s) {
    (void)signaling_tour_update_lobby(
        s, 0, &(struct signaling_tour){.name = "x", .codec = CODEC_VP8}, true);
}
static void call_order(void *s) {
    (void)signaling_tour_order(s, 0, "x", TOUR_LOCK);
}
static void call_point(void *s) {
    (void)signaling_point(s, 0, "x", NULL);
}
static void call_refused(void *s) {
    (void)signaling_refused(s, 0, "x", CODE_RATE_LIMITED);
}
static void call_end(void *s) {
    (void)signaling_tour_end(s, 0, "x", false);
}
static void call_get(void *s) {
    struct signaling_tour_view v;
    (void)signaling_tour_get(s, 0, "x", &v);
}
static void ignore(void *ctx, const struct signaling_tour_view *v) {
    (void)ctx;
    (void)v;
}
static void call_each(void *s) {
    signaling_tour_each(s, 0, ignore, NULL);
}
static void call_open(void *s) {
    (void)signaling_open(s, 0, 99);
}
static void call_message(void *s) {
    signaling_message(s, 0, 1, "{}", 2);
}
static void call_closed(void *s) {
    signaling_closed(s, 0, 99);
}
static void call_http(void *s) {
    signaling_http(
        s, 0, &(struct signaling_http){.method = SIGNALING_POST, .tour = "demo", .token = "none"});
}
static void call_connected(void *s) {
    signaling_peer_connected(s, 0, 99);
}
static void call_gone(void *s) {
    signaling_peer_gone(s, 0, 99);
}
static void call_source(void *s) {
    signaling_source(s, 0, 99, SOURCE_CAMERA, true);
}
static void call_slot(void *s) {
    signaling_slot(s, 0, 99, &(struct signaling_bound){.mid = "0"});
}
static void call_layers(void *s) {
    signaling_layers(s, 99, SOURCE_CAMERA, 1);
}
static void call_speaker(void *s) {
    signaling_speaker(s, 99, 0);
}
static void call_recording(void *s) {
    signaling_recording(s, 99, RECORDING_ON);
}
static void call_deadline(void *s) {
    (void)signaling_deadline(s);
}
static void call_timeout(void *s) {
    signaling_timeout(s, 0);
}
static void call_effect(void *s) {
    struct signaling_effect e;
    (void)signaling_effect(s, &e);
}
static void call_stats(void *s) {
    (void)signaling_stats(s);
}
static void call_free(void *s) {
    signaling_free(s);
}

TEST(signaling_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {
        call_declare,   call_open,         call_message, call_closed, call_http,
        call_connected, call_gone,         call_source,  call_slot,   call_speaker,
        call_recording, call_deadline,     call_timeout, call_effect, call_stats,
        call_free,      call_layers,       call_update,  call_end,    call_get,
        call_each,      call_update_lobby, call_order,   call_point,  call_refused};
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_send(&w, 1, "{\"type\":\"ping\"}");
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], w.signaling, "&s->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], w.signaling, ""));
    }
    world_close(&w);
}

/* The rim makes it before it starts its loop: another thread may then be the first to use it. */
TEST(signaling_belongs_to_who_uses_it_first) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    struct signaling *fresh = signaling_new(&w.config);
    REQUIRE(fresh);
    EXPECT(!test_aborts_in_thread(call_open, fresh, ""));
    signaling_free(fresh);
    world_close(&w);
}
