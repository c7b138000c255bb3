/* libs: signaling */
/* The input as the body of WHIP and WHEP requests: posted by both, and as a fragment for a session
 * that exists. Promise checked: exactly one answer to each request, and a session after each 201
 * that DELETE can end. */
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char offer[] =
    "v=0\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";

struct answered {
    uint16_t status;
    char resource[64];
};

static struct answered ask(struct signaling *s, struct signaling_http h) {
    struct signaling_effect e;
    struct answered a = {0};
    unsigned n = 0;
    h.req = 1;
    h.tour = "demo";
    h.token = h.whep ? "buyer|demo|tv|x" : "agent|demo|obs|x";
    h.audio = h.body_len % 2 ? "mix" : NULL;
    signaling_http(s, US_PER_S, &h);
    while (signaling_effect(s, &e)) {
        if (e.type == EFFECT_HTTP) {
            n++;
            a.status = e.status;
            const char *id = e.location ? strrchr(e.location, '/') + 1 : "";
            snprintf(a.resource, sizeof(a.resource), "%s", id);
        }
    }
    CHECK(n == 1);
    return a;
}

static struct signaling_http post(bool whep, const void *body, size_t n) {
    return (struct signaling_http){.method = SIGNALING_POST,
                                   .whep = whep,
                                   .content_type = "application/sdp",
                                   .body = body,
                                   .body_len = n};
}

static void patch_and_delete(struct signaling *s, bool whep, const char *resource,
                             struct signaling_http h) {
    h.method = SIGNALING_PATCH;
    h.whep = whep;
    h.resource = resource;
    h.content_type = "application/trickle-ice-sdpfrag";
    h.if_match = "*";
    struct answered a = ask(s, h);
    CHECK(a.status == 200 || a.status == 204 || a.status == 400 || a.status == 422);
    h.method = SIGNALING_DELETE;
    CHECK(ask(s, h).status == 200);
    CHECK(ask(s, h).status == 404);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rng_seeded seed;
    struct signaling *s = fuzz_signaling(&seed);
    for (int whep = 0; whep < 2; whep++) {
        struct signaling_http h = post(whep, data, size);
        struct answered a = ask(s, h);
        if (a.status == 201) {
            patch_and_delete(s, whep, a.resource, h);
        }
        a = ask(s, post(whep, offer, sizeof(offer) - 1));
        CHECK(a.status == 201);
        patch_and_delete(s, whep, a.resource, h);
    }
    CHECK(signaling_stats(s).sessions == 0 && signaling_stats(s).participants == 0);
    signaling_free(s);
    return 0;
}
