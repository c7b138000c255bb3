/* Offers as clients in the field make them: each was refused once, or is easily refused again. What
 * cannot be answered is refused with a word about its line. */
#include "tests/unit/sdp/deal.h"

static struct deal *d; /* the last one */
static char why[REFUSAL_MAX];

/* Offer and answer of WHIP, or of WHEP. */
static enum code deal(const char *text, bool whep, enum codec video) {
    if (d) {
        deal_free(d);
    }
    d = deal_of(text);
    if (d->parsed != CODE_OK) {
        negotiate_explain(&d->offer, NULL, why);
        return d->parsed;
    }
    (whep ? plan_whep : plan_whip)(&d->offer, &d->plan);
    enum code code = deal_close(d, video);
    negotiate_explain(&d->offer, &d->n, why);
    return code;
}

#define FP                                                                   \
    "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define START "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

#define ONE_LINE "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"

/* OBS (libdatachannel): transport and direction of the whole, setup at the session level. */
TEST(obs_says_everything_at_the_session_level) {
    static const char obs[] =
        "v=0\r\no=rtc 3767197920 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "a=group:BUNDLE 0 1\r\na=group:LS 0 1\r\na=msid-semantic:WMS *\r\n"
        "a=setup:actpass\r\na=ice-ufrag:+7L4\r\na=ice-pwd:NJtOHwl9mTFXT2NzDiqTWB\r\n"
        "a=ice-options:ice2,trickle\r\n" FP
        "m=audio 44323 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.168.1.2\r\na=mid:0\r\na=sendonly\r\n"
        "a=ssrc:1 cname:a\r\na=ssrc:1 msid:b c\r\na=msid:b c\r\na=rtcp-mux\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;"
        "sprop-stereo=1;useinbandfec=1\r\n"
        "a=candidate:1 1 UDP 2122317823 192.168.1.2 44323 typ host\r\na=end-of-candidates\r\n"
        "m=video 44323 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 192.168.1.2\r\na=mid:1\r\na=sendonly\r\n"
        "a=ssrc:2 cname:a\r\na=msid:b d\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n"
        "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\n"
        "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n";
    REQUIRE(deal(obs, false, CODEC_H264) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 2);
    EXPECT_STR(d->params.ice.remote_ufrag, "+7L4");
    EXPECT(d->params.lines[0].ssrc == 1 && d->params.lines[1].ssrc == 2);
    EXPECT(d->params.lines[1].nack && d->params.lines[1].pli);
    HAS(d->answer, "a=group:BUNDLE 0 1\r\n");
    HAS(d->answer, "profile-level-id=42e01f");
}

/* RFC 9143 section 7.1.3: what the transport is, a bundle-only line must not say. */
TEST(bundle_only_lines_need_nothing_of_the_transport) {
    REQUIRE(deal(START
                 "a=group:BUNDLE a v\r\n"
                 "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\n" FP ICE
                 "a=setup:actpass\r\na=rtcp-mux\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n"
                 "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=bundle-only\r\na=sendonly\r\n"
                 "a=rtpmap:96 VP8/90000\r\n",
                 false, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 2);
    HAS(d->answer, "a=group:BUNDLE a v\r\n");
    /* Also where the one that has them is not accepted itself. */
    REQUIRE(deal(START
                 "a=group:BUNDLE v a\r\n"
                 "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n" FP ICE
                 "a=rtcp-mux\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
                 "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=bundle-only\r\na=sendonly\r\n"
                 "a=rtpmap:111 opus/48000/2\r\n",
                 false, CODEC_VP9) == CODE_OK);
    EXPECT_EQ(d->params.n_lines, 1);
    EXPECT_STR(d->params.ice.remote_ufrag, "abcd");
    HAS(d->answer, "a=group:BUNDLE a\r\n");
}

/* RFC 6184 section 8.1: Baseline, packetization mode 0. What is sent so can be passed on; what is
 * sent to others is in mode 1. */
TEST(h264_without_parameters_may_be_published) {
    static const char bare[] = START FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                                            "a=rtpmap:96 H264/90000\r\n";
    REQUIRE(deal(bare, false, CODEC_H264) == CODE_OK);
    HAS(d->answer,
        "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=0;x-google-start-bitrate=1500\r\n");
    EXPECT_EQ(deal(bare, true, CODEC_H264), CODE_CODEC_UNSUPPORTED);
    /* Where both are offered it is mode 1. */
    REQUIRE(deal(START FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtcp-mux\r\n"
                              "a=rtpmap:96 H264/90000\r\na=rtpmap:97 H264/90000\r\n"
                              "a=fmtp:97 packetization-mode=1\r\n",
                 false, CODEC_H264) == CODE_OK);
    EXPECT_EQ(d->params.lines[0].pt, 97);
    HAS(d->answer,
        "a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;x-google-start-bitrate=1500\r\n");
    HAS_NOT(d->answer, "profile-level-id");
}

/* RFC 4588 section 8.6 */
TEST(repairs_have_the_clock_of_what_they_repair) {
    REQUIRE(deal(START FP ICE "m=audio 9 UDP/TLS/RTP/SAVPF 111 112\r\na=rtcp-mux\r\n"
                              "a=rtpmap:111 OPUS/48000/2\r\na=rtcp-fb:111 nack\r\n"
                              "a=rtpmap:112 rtx/48000\r\na=fmtp:112 apt=111\r\n",
                 false, CODEC_VP8) == CODE_OK);
    EXPECT_EQ(d->params.lines[0].rtx_pt, 112);
    HAS(d->answer, "a=rtpmap:112 rtx/48000\r\na=fmtp:112 apt=111\r\n");
}

/* ffmpeg's WHIP waits for the handshake. Who leaves the choice to us begins himself. */
TEST(who_is_passive_is_answered_actively) {
    REQUIRE(deal(START FP ICE "a=setup:passive\r\n" ONE_LINE, false, CODEC_VP8) == CODE_OK);
    EXPECT(d->params.dtls_active);
    HAS(d->answer, "a=setup:active\r\n");
    HAS_NOT(d->answer, "a=setup:passive\r\n");
    static const char *const others[] = {"", "a=setup:actpass\r\n", "a=setup:active\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "%s%s%s", START FP ICE, others[i], ONE_LINE);
        REQUIRE(deal(text, false, CODEC_VP8) == CODE_OK);
        EXPECT(!d->params.dtls_active);
        HAS(d->answer, "a=setup:passive\r\n");
    }
}

/* Nobody keeps it but some viewers, so it is not accepted: senders turn the picture themselves. */
TEST(orientation_is_not_accepted) {
    REQUIRE(deal(START FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                              "a=rtpmap:96 VP8/90000\r\na=extmap:3 urn:3gpp:video-orientation\r\n"
                              "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
                 false, CODEC_VP8) == CODE_OK);
    HAS_NOT(d->answer, "orientation");
    HAS(d->answer, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
}

TEST(one_medium_alone_is_published_and_played) {
    static const char audio[] = START FP ICE "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-mux\r\n"
                                             "a=rtpmap:111 opus/48000/2\r\n";
    static const char video[] = START FP ICE "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                                             "a=rtpmap:96 VP8/90000\r\n";
    for (int whep = 0; whep < 2; whep++) {
        EXPECT_EQ(deal(audio, whep, CODEC_VP8), CODE_OK);
        EXPECT_EQ(d->params.n_lines, 1);
        EXPECT_EQ(deal(video, whep, CODEC_VP8), CODE_OK);
        EXPECT_EQ(d->params.n_lines, 1);
    }
}

static const char names[] =
    START "a=group:BUNDLE ~%.*! #$\r\n" FP ICE
          "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:~%.*!\r\na=rtcp-mux\r\n"
          "a=msid:{0}/\xc3\xa9 'x'\r\na=ssrc:7 cname:\xf0\x9f\x8f\xa0 %s%n\r\n"
          "a=rtpmap:111 opus/48000/2\r\n"
          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:#$\r\na=rtcp-mux\r\n"
          "a=rtpmap:96 vP8/90000\r\n";

TEST(odd_names_are_only_names) {
    REQUIRE(deal(names, false, CODEC_VP8) == CODE_OK);
    HAS(d->answer, "a=group:BUNDLE ~%.*! #$\r\n");
    HAS(d->answer, "a=mid:~%.*!\r\n");
    HAS_NOT(d->answer, "cname:");
    EXPECT_EQ(d->params.lines[0].ssrc, 7);
}

TEST(a_refusal_names_the_line) {
#define REFUSED(text, video, code, said)           \
    do {                                           \
        EXPECT_EQ(deal(text, false, video), code); \
        EXPECT_STR(why, said);                     \
    } while (0)
#define AUDIO \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n"
    REFUSED(START FP ICE AUDIO "m=video 9 RTP/AVP 96\r\na=mid:v\r\na=rtcp-mux\r\n", CODEC_VP8,
            CODE_SDP_UNSUPPORTED, "m-line 2 (mid v): its protocol is not UDP/TLS/RTP/SAVPF.");
    REFUSED(START FP ICE AUDIO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n"
                               "a=rtpmap:96 VP8/90000\r\n",
            CODEC_VP8, CODE_SDP_UNSUPPORTED, "m-line 2: it lacks a=mid.");
    REFUSED(START FP ICE AUDIO VIDEO, CODEC_VP8, CODE_SDP_UNSUPPORTED,
            "m-line 2 (mid v): it lacks a=rtcp-mux.");
    REFUSED(START FP ICE AUDIO VIDEO "a=rtcp-mux\r\n", CODEC_VP8, CODE_SDP_UNSUPPORTED,
            "m-line 1 (mid a): it is not in the BUNDLE group.");
    REFUSED(START FP ICE VIDEO "a=rtcp-mux\r\n", CODEC_AV1, CODE_CODEC_UNSUPPORTED,
            "m-line 1 (mid v): it lacks the tour's codec.");
    REFUSED(START FP AUDIO, CODEC_VP8, CODE_SDP_MALFORMED,
            "m-line 1 (mid a): it has no ICE credentials.");
    REFUSED(START ICE AUDIO, CODEC_VP8, CODE_SDP_UNSUPPORTED,
            "m-line 1 (mid a): it has no sha-256 fingerprint.");
    REFUSED(START FP ICE "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", CODEC_VP8,
            CODE_SDP_UNSUPPORTED, "no line is audio or video of this direction.");
    REFUSED(START FP ICE AUDIO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=extmap:x y\r\n", CODEC_VP8,
            CODE_SDP_MALFORMED, "m-line 2: what it says is malformed or beyond a limit.");
    REFUSED("nonsense", CODEC_VP8, CODE_SDP_MALFORMED, "");
    EXPECT_EQ(deal(names, false, CODEC_VP8), CODE_OK);
    EXPECT_STR(why, "");
}
