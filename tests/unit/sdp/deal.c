#include "tests/unit/sdp/deal.h"

struct deal *deal_of(const char *text) {
    struct deal *d = calloc(1, sizeof(*d));
    CHECK(d);
    rng_seed(&d->seed, 7);
    d->rng = rng_from_seeded(&d->seed);
    d->parsed = sdp_parse(text, strlen(text), &d->offer);
    return d;
}

struct deal *deal_new(const char *text, enum code expected) {
    struct deal *d = deal_of(text);
    EXPECT_EQ(d->parsed, expected);
    return d;
}

enum code deal_close(struct deal *d, enum codec video) {
    static const uint8_t fingerprint[FINGERPRINT_LEN] = {0xab, 0xcd, [31] = 0x0f};
    struct addr at = addr_v4(192, 0, 2, 10, 40000);
    struct buffer o = {0};
    d->n =
        (struct negotiation){.offer = &d->offer, .plan = &d->plan, .video = video, .rng = &d->rng};
    d->params.peer = 77;
    memcpy(d->params.cname, "cname", 6);
    enum code code = negotiate(&d->n, &d->params);
    if (code != CODE_OK) {
        return code;
    }
    struct answer a = {.n = &d->n,
                       .params = &d->params,
                       .ice = &d->params.ice,
                       .fingerprint = fingerprint,
                       .candidates = &at,
                       .n_candidates = 1,
                       .tcp = d->tcp,
                       .start_bitrate_kbps = 1500,
                       .id = 0x7fffffffffffffff,
                       .version = 1};
    answer_write(&o, &a);
    CHECK(!o.bad);
    d->answer = strdup(o.p);
    buffer_free(&o);
    return code;
}

void deal_free(struct deal *d) {
    free(d->answer);
    free(d->text);
    free(d);
}

char *section(const char *answer, int i) {
    const char *p = strstr(answer, "\r\nm=");
    for (; p && i > 0; i--) {
        p = strstr(p + 2, "\r\nm=");
    }
    CHECK(p);
    const char *end = strstr(p + 2, "\r\nm=");
    size_t n = end ? (size_t)(end - p) : strlen(p + 2);
    char *s = calloc(1, n + 1);
    memcpy(s, p + 2, n);
    return s;
}

void tour_wants(struct wants *w) {
    static const uint8_t sources[] = {SOURCE_MICROPHONE, SOURCE_CAMERA, SOURCE_SCREEN};
    *w = (struct wants){.n = 15};
    for (int i = 0; i < 15; i++) {
        snprintf(w->at[i].mid, sizeof(w->at[i].mid), "%u", (unsigned)i % 100);
        if (i < 3) {
            w->at[i].source = sources[i];
        } else {
            w->at[i].slot = i == 3 ? SLOT_STAGE : i < 12 ? SLOT_GALLERY : SLOT_AUDIO;
        }
    }
}

struct deal *offer_in(enum codec codec, const char *attributes) {
    static const char *const names[] = {
        [CODEC_VP8] = "VP8", [CODEC_VP9] = "VP9", [CODEC_AV1] = "AV1"};
    char text[2048];
    snprintf(text, sizeof(text),
             "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
             "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
             "a=fingerprint:sha-256 AB:CD:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
             "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0F\r\na=setup:actpass\r\n"
             "a=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 %s/90000\r\na=rtcp-fb:96 nack\r\n"
             "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n%s",
             names[codec], attributes);
    struct deal *d = deal_new(text, CODE_OK);
    plan_whip(&d->offer, &d->plan);
    EXPECT_EQ(deal_close(d, codec), CODE_OK);
    return d;
}
