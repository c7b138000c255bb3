/* Simulcast of more than one m-line of an offer, and rids that cannot tell streams apart. */
#include "tests/unit/sdp/deal.h"

#define RID_EXTS                                         \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" \
    "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"

#define SENDS(kind, mid, format, rest)                                                          \
    "m=" kind " 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid                       \
    "\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "        \
    "AB:CD:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00" \
    ":00:0F\r\na=setup:actpass\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 " format "\r\n" rest

static struct deal *deal_of_sources(const char *camera, const char *screen) {
    char *text = NULL;
    CHECK(asprintf(
              &text,
              "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n" SENDS(
                  "video", "0", "VP8/90000", RID_EXTS "a=simulcast:send %s\r\n")
                  SENDS("video", "1", "VP8/90000", RID_EXTS "a=simulcast:send %s\r\n")
                      SENDS("audio", "2", "opus/48000/2", ""),
              camera, screen) > 0);
    struct deal *d = deal_new(text, CODE_OK);
    d->text = text;
    d->plan.at[0].source = SOURCE_CAMERA;
    d->plan.at[1].source = SOURCE_SCREEN;
    d->plan.at[2].source = SOURCE_MICROPHONE;
    return d;
}

/* Media takes a number of streams of a session. */
TEST(a_screen_has_fewer_layers_where_a_camera_has_many) {
    struct deal *d = deal_of_sources("h;m;l", "f;h;q");
    EXPECT_EQ(deal_close(d, CODEC_VP8), CODE_OK);
    REQUIRE(d->params.n_lines == 3);
    EXPECT_EQ(d->params.lines[0].n_rids, 3);
    EXPECT_EQ(d->params.lines[1].n_rids, 2);
    EXPECT_STR(d->params.lines[1].rid[2], "");
    HAS(d->answer, "a=simulcast:recv h;m;l\r\n");
    HAS(d->answer, "a=simulcast:recv f;h\r\n"); /* the smallest is left out */
    deal_free(d);
}

TEST(a_rid_that_stands_twice_is_refused) {
    char why[REFUSAL_MAX];
    struct deal *d = deal_of_sources("h;m;l", "a;b;a");
    EXPECT_EQ(deal_close(d, CODEC_VP8), CODE_SDP_UNSUPPORTED);
    negotiate_explain(&d->offer, &d->n, why);
    EXPECT_STR(why, "m-line 2 (mid 1): a=simulcast names a rid twice.");
    deal_free(d);
}
