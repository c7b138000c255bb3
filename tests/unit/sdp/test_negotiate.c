/* Offers of real clients and the answers they get, line by line. */

#include "tests/unit/sdp/deal.h"

static const char fp[] = "a=fingerprint:sha-256 AB:CD:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
                         "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0F\r\na=setup:passive\r\n";

TEST(chromium_publishes_by_whip) {
    struct deal *d = deal_new(data_file("offer.sdp"), CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    const struct session_params *p = &d->params;
    EXPECT(strlen(p->ice.local_ufrag) == 12 && strlen(p->ice.local_pwd) == 24);
    EXPECT_STR(p->ice.remote_ufrag, "Hrn0");
    EXPECT_STR(p->ice.remote_pwd, "eB+jM2SBlFupL+pUPzWT9gmw");
    EXPECT(p->fingerprint[0] == 0xe0 && p->fingerprint[31] == 0xb8);
    EXPECT_EQ(p->n_lines, 2);
    EXPECT_EQ(p->lines[0].ssrc, 3393947235);
    EXPECT(p->lines[1].ssrc == 3830062380 && p->lines[1].rtx_ssrc == 1898249276);
    EXPECT(p->lines[1].nack && p->lines[1].pli && p->lines[1].twcc && p->lines[0].twcc);
    EXPECT(!p->lines[1].fir); /* it is offered, but PLI is enough */
    /* The whole answer, byte for byte but for what is random. */
    char want[4096];
    snprintf(want, sizeof(want),
             "v=0\r\no=- 9223372036854775807 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
             "a=group:BUNDLE 0 1\r\na=msid-semantic: WMS *\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
             "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n%s"
             "a=candidate:1 1 udp 2130706431 192.0.2.10 40000 typ host\r\n"
             "a=end-of-candidates\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
             "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
             "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
             "a=extmap:3 http://www.ietf.org/id/"
             "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
             "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
             "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"
             "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n%s"
             "a=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
             "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
             "a=extmap:3 http://www.ietf.org/id/"
             "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\n"
             "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
             "a=fmtp:96 x-google-start-bitrate=1500\r\n"
             "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
             p->ice.local_ufrag, p->ice.local_pwd, fp, p->ice.local_ufrag, p->ice.local_pwd, fp);
    EXPECT_STR(d->answer, want);
    deal_free(d);
}

/* RFC 6544: after those of UDP, and below them. */
TEST(whom_udp_does_not_reach_is_told_of_tcp) {
    struct deal *d = deal_new(data_file("offer.sdp"), CODE_OK);
    plan_whip(&d->offer, &d->plan);
    d->tcp = true;
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    HAS(d->answer, "a=candidate:1 1 udp 2130706431 192.0.2.10 40000 typ host\r\n"
                   "a=candidate:2 1 tcp 1520435199 192.0.2.10 40000 typ host tcptype passive\r\n"
                   "a=end-of-candidates\r\n");
    deal_free(d);
}

/* 3 sources and 12 slots, as the page asks. */
TEST(chromium_joins_a_tour) {
    struct deal *d = deal_new(data_file("chromium_tour.sdp"), CODE_OK);
    struct wants w;
    const char *field;
    tour_wants(&w);
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 15);
    HAS(d->answer, "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\r\n");
    char *stage = section(d->answer, 3), *gallery = section(d->answer, 11);
    char *voice = section(d->answer, 12), *other = section(d->answer, 14);
    HAS(stage, "a=sendonly\r\n");
    HAS(stage, "a=msid:stage stage-video\r\n");
    HAS(voice, "a=msid:stage stage-audio\r\n");
    HAS(gallery, "a=msid:gallery-7 gallery-7-track\r\n");
    HAS(other, "a=msid:audio-2 audio-2-track\r\n");
    HAS(stage, "a=ssrc-group:FID ");
    HAS_NOT(voice, "ssrc-group");
    HAS(voice, " cname:cname\r\n");
    /* What is sent is estimated by transport-cc, pictures alone; there is no start bitrate. */
    HAS(stage, "sdes:mid\r\n");
    /* Then browsers turn the pixels, for viewers and recordings alike. */
    HAS_NOT(d->answer, "video-orientation");
    HAS(voice, "ssrc-audio-level\r\n");
    HAS(stage, "transport-wide-cc");
    HAS(stage, " transport-cc\r\n");
    HAS_NOT(stage, "abs-send-time");
    HAS_NOT(stage, "x-google");
    HAS_NOT(voice, "transport-");
    HAS_NOT(stage, "a=candidate");
    HAS_NOT(d->answer, "simulcast");
    HAS_NOT(d->answer, "rtp-stream-id");
    HAS_NOT(d->answer, "H264");
    for (int i = 0; i < 15; i++) {
        const struct session_line *l = &d->params.lines[i];
        EXPECT(l->ssrc != 0 && (l->codec == CODEC_OPUS) == (l->rtx_ssrc == 0));
        for (int k = 0; k < i; k++) {
            EXPECT(d->params.lines[k].ssrc != l->ssrc && d->params.lines[k].rtx_ssrc != l->ssrc);
            EXPECT(!l->rtx_ssrc || d->params.lines[k].rtx_ssrc != l->rtx_ssrc);
        }
    }
    EXPECT_EQ(d->params.lines[11].slot_index, 7);
    free(stage);
    free(gallery);
    free(voice);
    free(other);
    deal_free(d);
}

static struct deal *offer_camera(const char *attributes) {
    return offer_in(CODEC_VP8, attributes);
}

#define RID_EXTS                                                   \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"           \
    "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" \
    "a=extmap:6 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"

TEST(simulcast_is_accepted_largest_first) {
    static const struct {
        const char *offered, *rid[3], *answered;
    } cases[] = {
        {"l;m;h", {"h", "m", "l"}, "a=simulcast:recv l;m;h\r\n"},
        {"f;h;q", {"f", "h", "q"}, "a=simulcast:recv f;h;q\r\n"},
        {"q;~h;f", {"f", "h", "q"}, "a=simulcast:recv q;h;f\r\n"},
        {"1,4;2;3", {"1", "2", "3"}, "a=simulcast:recv 1;2;3\r\n"},
        {"low;high", {"high", "low", ""}, "a=simulcast:recv low;high\r\n"},
        {"a;b;c;d", {"a", "b", "c"}, "a=simulcast:recv a;b;c\r\n"},
        {"a;toolongtobehere;c", {"a", "c", ""}, "a=simulcast:recv a;c\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char attributes[512];
        snprintf(attributes, sizeof(attributes), RID_EXTS "a=simulcast:send %s\r\n",
                 cases[i].offered);
        struct deal *d = offer_camera(attributes);
        const struct session_line *l = &d->params.lines[0];
        unsigned n = *cases[i].rid[2] ? 3 : 2;
        EXPECT_EQ(l->n_rids, n);
        for (unsigned k = 0; k < n; k++) {
            EXPECT_STR(l->rid[k], cases[i].rid[k]);
        }
        HAS(d->answer, cases[i].answered);
        HAS(d->answer, "rtp-stream-id");
        EXPECT_EQ(l->ssrc, 0);
        deal_free(d);
    }
}

TEST(simulcast_without_what_it_needs_is_one_stream) {
    static const char *const offers[] = {
        "a=simulcast:send h;m;l\r\n", /* no extension that tells them apart */
        RID_EXTS "a=simulcast:send h\r\n", RID_EXTS "a=simulcast:recv h;m\r\n",
        RID_EXTS "a=simulcast:\r\n",       RID_EXTS,
    };
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        struct deal *d = offer_camera(offers[i]);
        EXPECT_EQ(d->params.lines[0].n_rids, 0);
        HAS_NOT(d->answer, "simulcast");
        HAS_NOT(d->answer, "rid:");
        deal_free(d);
    }
}

/* An offer with `from` replaced by `to`, wherever it stands. */
static struct deal *deal_with(const char *file, const char *from, const char *to) {
    const char *text = data_file(file), *at;
    struct buffer o = {0};
    while ((at = strstr(text, from)) != NULL) {
        buffer_put(&o, text, (size_t)(at - text));
        buffer_str(&o, to);
        text = at + strlen(from);
    }
    buffer_str(&o, text);
    CHECK(!o.bad);
    char *changed = strdup(o.p); /* the offer is views of it */
    buffer_free(&o);
    struct deal *d = deal_new(changed, CODE_OK);
    d->text = changed;
    return d;
}

/* RFC 2198 and RFC 3264 section 6.1: who puts redundant audio first sends it, when we agree. */
TEST(redundant_audio_is_accepted_in_the_order_of_the_offer) {
    struct deal *d = deal_with("offer.sdp", "SAVPF 111 63 ", "SAVPF 63 111 ");
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT(d->params.lines[0].pt == 111 && d->params.lines[0].red_pt == 63);
    EXPECT_EQ(d->params.lines[1].red_pt, 0); /* that of video is another thing */
    HAS(d->answer, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n");
    HAS(d->answer, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
    HAS_NOT(d->answer, "red/90000");
    deal_free(d);
}

/* Chromium offers it wherever it receives; there is a share on the stage only, and what a client
 * sends is not repaired so. */
TEST(repairs_of_a_share_are_accepted_on_the_stage) {
    static const char *const names[] = {"flexfec-03/90000", "FLEXFEC-03/90000", "flexfec-03/48000",
                                        "flexfec/90000"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct deal *d = deal_with("chromium_tour.sdp", "flexfec-03/90000", names[i]);
        plan_whep(&d->offer, &d->plan);
        REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
        REQUIRE(d->params.n_lines == 2);
        const struct session_line *l = &d->params.lines[d->params.lines[1].slot == SLOT_STAGE];
        EXPECT_EQ(l->fec_pt != 0, i < 2);
        if (l->fec_pt == 0) {
            HAS_NOT(d->answer, "flexfec");
            HAS_NOT(d->answer, "FEC-FR");
            deal_free(d);
            continue;
        }
        char text[80];
        EXPECT(l->fec_ssrc && l->fec_ssrc != l->ssrc && l->fec_ssrc != l->rtx_ssrc);
        snprintf(text, sizeof(text), "a=ssrc-group:FEC-FR %u %u\r\n", l->ssrc, l->fec_ssrc);
        HAS(d->answer, text);
        snprintf(text, sizeof(text), "a=rtpmap:%u flexfec-03/90000\r\n", l->fec_pt);
        HAS(d->answer, text);
        deal_free(d);
    }
    struct deal *d = deal_with("offer.sdp", "red/90000", names[0]);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.lines[1].fec_pt, 0);
    HAS_NOT(d->answer, "flexfec");
    deal_free(d);
}

TEST(redundant_audio_of_something_else_is_not_accepted) {
    static const char *const fmtps[] = {
        "a=fmtp:63 111/9\r\n", "a=fmtp:63 111\r\n",  "",
        "a=fmtp:63 9/9\r\n",   "a=fmtp:63 111/\r\n", "a=fmtp:63 111/x\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(fmtps); i++) {
        struct deal *d = deal_with("offer.sdp", "a=fmtp:63 111/111\r\n", fmtps[i]);
        plan_whip(&d->offer, &d->plan);
        REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
        EXPECT_EQ(d->params.lines[0].red_pt, 0);
        HAS(d->answer, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
        HAS_NOT(d->answer, "red/");
        deal_free(d);
    }
}

/* RFC 7587 section 6.1: a client encodes two channels when the other side prefers them, and leaves
 * silence out when it is let. */
TEST(opus_is_stereo_and_leaves_silence_out_where_a_client_offers_it) {
    static const struct {
        const char *offer, *whip, *whep;
    } cases[] = {{"", "", ""},
                 {";stereo=0;usedtx=0", "", ""},
                 {";sprop-stereo=1", ";stereo=1;sprop-stereo=1", ""},
                 {";stereo=1", ";stereo=1;sprop-stereo=1", ";stereo=1;sprop-stereo=1"},
                 {";usedtx=1", ";usedtx=1", ";usedtx=1"},
                 {"; stereo=1; sprop-stereo=1; usedtx=1", ";stereo=1;sprop-stereo=1;usedtx=1",
                  ";stereo=1;sprop-stereo=1;usedtx=1"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int whep = 0; whep < 2; whep++) {
            char want[128], fmtp[128];
            snprintf(fmtp, sizeof(fmtp), "minptime=10;useinbandfec=1%s\r\n", cases[i].offer);
            struct deal *d = deal_with("offer.sdp", "minptime=10;useinbandfec=1\r\n", fmtp);
            for (int k = 0; whep && k < d->offer.n_media; k++) {
                d->offer.media[k].direction = SDP_RECV;
            }
            (whep ? plan_whep : plan_whip)(&d->offer, &d->plan);
            REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
            snprintf(want, sizeof(want), "a=fmtp:111 minptime=10;useinbandfec=1%s\r\n",
                     whep ? cases[i].whep : cases[i].whip);
            HAS(d->answer, want);
            deal_free(d);
        }
    }
}

TEST(only_the_tours_codec_is_accepted) {
    static const struct {
        enum codec codec;
        uint8_t pt, rtx;
        const char *fmtp;
    } want[] = {{CODEC_VP9, 98, 99, "a=fmtp:98 x-google-start-bitrate=1500\r\n"},
                {CODEC_AV1, 45, 46, "a=fmtp:45 x-google-start-bitrate=1500\r\n"},
                {CODEC_H264, 102, 103,
                 "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"
                 "profile-level-id=42001f;x-google-start-bitrate=1500\r\n"}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        struct deal *d = deal_new(data_file("offer.sdp"), CODE_OK);
        plan_whip(&d->offer, &d->plan);
        REQUIRE(deal_close(d, want[i].codec) == CODE_OK);
        EXPECT_EQ(d->params.lines[1].pt, want[i].pt);
        EXPECT_EQ(d->params.lines[1].rtx_pt, want[i].rtx);
        HAS(d->answer, want[i].fmtp);
        HAS_NOT(d->answer, "VP8");
        deal_free(d);
    }
}

TEST(firefox_joins) {
    struct deal *d = deal_new(data_file("firefox.sdp"), CODE_OK);
    struct wants w = {4,
                      {{"0", SOURCE_MICROPHONE, 0},
                       {"1", SOURCE_CAMERA, 0},
                       {"2", 0, SLOT_STAGE},
                       {"3", 0, SLOT_AUDIO}}};
    const char *field;
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.fingerprint[0], 11); /* from the session level */
    const struct session_line *l = d->params.lines;
    EXPECT(l[0].pt == 109 && l[1].pt == 120 && l[1].rtx_pt == 124);
    EXPECT(l[1].ssrc == 1469217216 && l[1].rtx_ssrc == 2904143553);
    EXPECT(!l[0].twcc && l[1].twcc && l[2].twcc);
    char *audio = section(d->answer, 0), *video = section(d->answer, 1);
    HAS_NOT(audio, "rtcp-rsize"); /* it was not offered */
    HAS(video, "rtcp-rsize");
    HAS(audio, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
    HAS_NOT(audio, "csrc-audio-level");
    free(audio);
    free(video);
    deal_free(d);
}

TEST(gstreamer_publishes) {
    struct deal *d = deal_new(data_file("gstreamer.sdp"), CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 2);
    EXPECT_STR(d->params.lines[0].mid, "video0");
    EXPECT_EQ(d->params.lines[1].codec, CODEC_OPUS); /* "OPUS", on a bundle-only line */
    EXPECT(!d->params.lines[0].nack && d->params.lines[0].pli && !d->params.lines[0].twcc);
    EXPECT(!d->params.lines[1].pli);
    HAS(d->answer, "a=group:BUNDLE video0 audio1\r\n");
    HAS(d->answer, "m=audio 9 UDP/TLS/RTP/SAVPF 97\r\n");
    HAS(d->answer, "a=rtpmap:97 opus/48000/2\r\n");
    HAS_NOT(d->answer, "extmap");
    HAS_NOT(d->answer, "transport-cc");
    deal_free(d);
}

TEST(aiortc_plays) {
    struct deal *d = deal_new(data_file("aiortc.sdp"), CODE_OK);
    plan_whep(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 2);
    /* Id 2 means two things in its bundle: it would misread one of them. */
    HAS_NOT(d->answer, "a=extmap:2 ");
    HAS(d->answer, "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    EXPECT_EQ(d->params.lines[0].ext.id[RTP_EXT_AUDIO_LEVEL], 0);
    EXPECT(d->params.lines[1].nack && d->params.lines[1].rtx_pt == 98);
    HAS_NOT(d->answer, "ccm fir");
    deal_free(d);
}

#define FP                                                                   \
    "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define OPUS "a=rtpmap:111 opus/48000/2\r\n"
#define AUDIO(mid) "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:" mid "\r\na=rtcp-mux\r\n" OPUS
#define VP8(mid) \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" mid "\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"

static enum code whip(const char *text, enum codec video) {
    struct deal *d = deal_new(text, CODE_OK);
    plan_whip(&d->offer, &d->plan);
    enum code code = deal_close(d, video);
    deal_free(d);
    return code;
}

TEST(offers_that_cannot_be_answered) {
    EXPECT_EQ(whip("v=0\r\n" FP ICE AUDIO("0"), CODEC_VP8), CODE_OK);
    EXPECT_EQ(whip("v=0\r\n" FP AUDIO("0"), CODEC_VP8), CODE_SDP_MALFORMED);
    EXPECT_EQ(whip("v=0\r\n" ICE AUDIO("0"), CODEC_VP8), CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" ICE "a=fingerprint:sha-1 00:11\r\n" AUDIO("0"), CODEC_VP8),
              CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" FP ICE AUDIO("0") "a=fingerprint:sha-512 00:11\r\n", CODEC_VP8),
              CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" FP ICE AUDIO("0") "a=setup:active\r\n", CODEC_VP8), CODE_OK);
    EXPECT_EQ(whip("v=0\r\n" FP ICE "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" OPUS, CODEC_VP8),
              CODE_SDP_UNSUPPORTED); /* no rtcp-mux */
    EXPECT_EQ(whip("v=0\r\n" FP ICE "m=audio 9 RTP/AVP 111\r\na=rtcp-mux\r\n" OPUS, CODEC_VP8),
              CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" FP ICE AUDIO("0") VP8("1"), CODEC_VP8),
              CODE_SDP_UNSUPPORTED); /* two lines, no BUNDLE */
    EXPECT_EQ(whip("v=0\r\na=group:BUNDLE 0 1\r\n" FP ICE AUDIO("0") VP8("1"), CODEC_VP8), CODE_OK);
    EXPECT_EQ(whip("v=0\r\n" FP ICE VP8("1"), CODEC_AV1), CODE_CODEC_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" FP ICE AUDIO("0") "a=recvonly\r\n", CODEC_VP8), CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(
        whip("v=0\r\n" FP ICE "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-mux\r\n" OPUS, CODEC_VP8),
        CODE_SDP_UNSUPPORTED);
    /* Payload types that rtcp-mux would confuse with RTCP. */
    EXPECT_EQ(whip("v=0\r\n" FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 72\r\na=rtcp-mux\r\n"
                   "a=rtpmap:72 VP8/90000\r\n",
                   CODEC_VP8),
              CODE_CODEC_UNSUPPORTED);
    EXPECT_EQ(whip("v=0\r\n" FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                   "a=rtpmap:96 VP8/8000\r\n",
                   CODEC_VP8),
              CODE_CODEC_UNSUPPORTED);
}

/* RFC 5888 sets no limit to mids; a session has one for all of them together. */
TEST(long_mids_are_accepted_up_to_a_limit) {
    struct session_line l[6] = {{.mid = ""}};
    EXPECT_EQ(whip("v=0\r\na=group:BUNDLE audio-of-the-one video-of-the-one\r\n" FP ICE AUDIO(
                       "audio-of-the-one") VP8("video-of-the-one"),
                   CODEC_VP8),
              CODE_OK);
    for (unsigned i = 0; i < ARRAY_LEN(l); i++) {
        EXPECT(mids_fit(l, ARRAY_LEN(l)));
        memcpy(l[i].mid, "0123456789abcdef", MID_MAX);
    }
    EXPECT(!mids_fit(l, ARRAY_LEN(l)));
}

TEST(video_without_the_codec_is_refused_and_audio_kept) {
    struct deal *d =
        deal_new("v=0\r\na=group:BUNDLE 0 1\r\n" FP ICE VP8("0")
                     AUDIO("1") "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n",
                 CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_H264) == CODE_OK);
    EXPECT(d->n.n_lacking == 1 && d->n.lacking[0] == 0);
    HAS(d->answer, "a=group:BUNDLE 1\r\n");
    HAS(d->answer,
        "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:0\r\n");
    HAS(d->answer, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
    char *audio = section(d->answer, 1);
    HAS(audio, "a=candidate:1 "); /* the first accepted line carries the transport */
    free(audio);
    deal_free(d);
}

TEST(a_single_line_needs_neither_mid_nor_bundle) {
    struct deal *d = deal_new(
        "v=0\r\n" FP ICE "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-mux\r\n" OPUS, CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    HAS_NOT(d->answer, "BUNDLE");
    HAS_NOT(d->answer, "a=mid");
    deal_free(d);
}

TEST(extension_directions_are_kept) {
    struct deal *d = deal_new(
        "v=0\r\na=group:BUNDLE 0 1\r\n" FP ICE AUDIO(
            "0") "a=sendonly\r\na=extmap:1/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
                 "a=extmap:2/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                 "a=extmap:15 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n",
        CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    HAS_NOT(d->answer, "ssrc-audio-level"); /* the client only receives it */
    HAS(d->answer, "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    HAS_NOT(d->answer, "abs-send-time"); /* 15 has no one-byte form (RFC 8285 section 4.2) */
    deal_free(d);
}

TEST(feedback_for_all_payload_types) {
    struct deal *d =
        deal_new("v=0\r\n" FP ICE VP8("0") "a=rtcp-fb:* nack\r\n"
                                           "a=rtcp-fb:* ccm fir\r\na=rtcp-fb:* transport-cc\r\n",
                 CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT(d->params.lines[0].nack && !d->params.lines[0].pli && d->params.lines[0].fir);
    EXPECT(!d->params.lines[0].twcc); /* feedback without its header extension says nothing */
    HAS(d->answer, "a=rtcp-fb:96 nack\r\n");
    HAS(d->answer, "a=rtcp-fb:96 ccm fir\r\n");
    deal_free(d);
}

/* Where both are offered transport-wide feedback tells more. */
TEST(remb_is_accepted_where_transport_feedback_is_not) {
    struct deal *d = deal_new("v=0\r\n" FP ICE VP8("0") "a=rtcp-fb:96 goog-remb\r\n"
                                                        "a=rtcp-fb:96 transport-cc\r\n",
                              CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT(d->params.lines[0].remb && !d->params.lines[0].twcc);
    HAS(d->answer, "a=rtcp-fb:96 goog-remb\r\n");
    HAS_NOT(d->answer, "transport-cc");
    deal_free(d);
    d = deal_new(data_file("firefox.sdp"), CODE_OK);
    struct wants w = {2, {{"1", SOURCE_CAMERA, 0}, {"2", 0, SLOT_STAGE}}};
    const char *field;
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    EXPECT(d->params.lines[0].twcc && !d->params.lines[0].remb && !d->params.lines[1].remb);
    HAS_NOT(d->answer, "goog-remb");
    deal_free(d);
}

TEST(plans_refuse_what_does_not_fit) {
    struct deal *d = deal_new(data_file("chromium_tour.sdp"), CODE_OK);
    struct wants w;
    const char *field = NULL;
    tour_wants(&w);
    w.at[3].slot = SLOT_GALLERY; /* nine of them */
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_BAD_FIELD);
    EXPECT_STR(field, "slots");
    tour_wants(&w);
    w.at[4].slot = SLOT_STAGE; /* two of them */
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_BAD_FIELD);
    tour_wants(&w);
    w.at[2].source = SOURCE_CAMERA;
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_BAD_FIELD);
    EXPECT_STR(field, "sources");
    tour_wants(&w);
    strcpy(w.at[4].mid, "3");
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_BAD_FIELD);
    deal_free(d);
}

TEST(the_same_peer_is_told_from_another) {
    struct session_params a = {.n_lines = 2}, b;
    strcpy(a.lines[0].mid, "0");
    a.lines[0].pt = 96;
    b = a;
    b.ice.local_ufrag[0] = 'x';
    EXPECT(negotiate_same_peer(&a, &b));
    b.fingerprint[31] = 1;
    EXPECT(!negotiate_same_peer(&a, &b));
    b = a;
    b.n_lines = 1;
    EXPECT(!negotiate_same_peer(&a, &b));
    b = a;
    b.lines[0].pt = 97;
    EXPECT(!negotiate_same_peer(&a, &b));
    b = a;
    b.lines[1].ext.id[RTP_EXT_MID] = 3;
    EXPECT(!negotiate_same_peer(&a, &b));
}

TEST(profiles_are_chosen) {
    static const struct {
        const char *fmtp;
        enum codec codec;
        bool taken;
    } cases[] = {{"packetization-mode=1;profile-level-id=42e01f", CODEC_H264, true},
                 {"profile-level-id=42E01F; packetization-mode=1", CODEC_H264, true},
                 {"packetization-mode=0;profile-level-id=42e01f", CODEC_H264, true},
                 {"profile-level-id=42e01f", CODEC_H264, true},
                 {"packetization-mode=1", CODEC_H264, true},
                 {"x=y", CODEC_H264, true},
                 {"packetization-mode=2;profile-level-id=42e01f", CODEC_H264, false},
                 {"packetization-mode=1;profile-level-id=42e0", CODEC_H264, false},
                 {"profile-id=0", CODEC_VP9, true},
                 {"x=y", CODEC_VP9, true},
                 {"profile-id=2", CODEC_VP9, false},
                 {"profile=0;level-idx=5", CODEC_AV1, true},
                 {"level-idx=5", CODEC_AV1, true},
                 {"profile=1", CODEC_AV1, false}};
    static const char *const names[CODEC_COUNT] = {
        [CODEC_VP9] = "VP9", [CODEC_H264] = "H264", [CODEC_AV1] = "AV1"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        snprintf(text, sizeof(text),
                 "v=0\r\n" FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                 "a=rtpmap:96 %s/90000\r\na=fmtp:96 %s\r\n",
                 names[cases[i].codec], cases[i].fmtp);
        enum code want = cases[i].taken ? CODE_OK : CODE_CODEC_UNSUPPORTED;
        if (whip(text, cases[i].codec) != want) {
            test_fail(__FILE__, __LINE__, "%s", cases[i].fmtp);
        }
    }
}

/* A profile that is not hexadecimal is accepted as a codec but never repeated in the answer. */
TEST(profiles_are_not_repeated_unless_hexadecimal) {
    struct deal *d = deal_new("v=0\r\n" FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
                              "a=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n"
                              "a=fmtp:96 packetization-mode=1;profile-level-id=zz<>zz\r\n",
                              CODE_OK);
    plan_whip(&d->offer, &d->plan);
    REQUIRE(deal_close(d, CODEC_H264) == CODE_OK);
    HAS_NOT(d->answer, "zz<>zz");
    HAS(d->answer, "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;"
                   "x-google-start-bitrate=1500\r\n");
    deal_free(d);
}

TEST(rtx_needs_nack_and_the_right_apt) {
    static const struct {
        const char *lines;
        uint8_t rtx;
    } cases[] = {{"a=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n", 97},
                 {"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n", 0},
                 {"a=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=95\r\n", 0},
                 {"a=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n", 0},
                 {"a=rtcp-fb:96 nack\r\na=rtpmap:72 rtx/90000\r\na=fmtp:72 apt=96\r\n", 0},
                 {"a=rtcp-fb:96 nack\r\na=fmtp:97 apt=96\r\n", 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        snprintf(text, sizeof(text),
                 "v=0\r\n" FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96 97 72\r\na=rtcp-mux\r\n"
                 "a=rtpmap:96 VP8/90000\r\n%s",
                 cases[i].lines);
        struct deal *d = deal_new(text, CODE_OK);
        plan_whip(&d->offer, &d->plan);
        REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
        EXPECT_EQ(d->params.lines[0].rtx_pt, cases[i].rtx);
        EXPECT_EQ(strstr(d->answer, "rtx/90000") != NULL, cases[i].rtx != 0);
        deal_free(d);
    }
}

/* SSRCs are unique in a session even when the random source repeats itself. */
static void stutter(void *ctx, void *out, size_t n) {
    unsigned *calls = ctx;
    memset(out, (int)((*calls)++ / 3), n);
}

TEST(ssrcs_are_unique_whatever_the_dice_say) {
    struct deal *d = deal_new(data_file("chromium_tour.sdp"), CODE_OK);
    struct wants w;
    const char *field;
    unsigned calls = 0;
    tour_wants(&w);
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    struct rng rng = {stutter, &calls};
    d->n =
        (struct negotiation){.offer = &d->offer, .plan = &d->plan, .video = CODEC_VP8, .rng = &rng};
    REQUIRE(negotiate(&d->n, &d->params) == CODE_OK);
    for (int i = 3; i < 15; i++) {
        const struct session_line *l = &d->params.lines[i];
        EXPECT(l->ssrc != 0 && l->ssrc != l->rtx_ssrc);
        for (int k = 3; k < i; k++) {
            const struct session_line *o = &d->params.lines[k];
            EXPECT(o->ssrc != l->ssrc && o->rtx_ssrc != l->ssrc && o->ssrc != l->rtx_ssrc);
        }
    }
    deal_free(d);
}
