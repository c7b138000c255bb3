/* The parser on its own: spans, bounds, refusals. */
#include "signaling/sdp/sdp.h"
#include "tests/unit/sdp/data.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct span span(const char *s) {
    return (struct span){s, strlen(s)};
}

TEST(spans_split) {
    struct span rest = span("a\r\nb\n\nlast"), line;
    EXPECT(span_line(&rest, &line) && span_is(line, "a"));
    EXPECT(span_line(&rest, &line) && span_is(line, "b"));
    EXPECT(span_line(&rest, &line) && span_is(line, ""));
    EXPECT(span_line(&rest, &line) && span_is(line, "last"));
    EXPECT(!span_line(&rest, &line));
    rest = span("  one two  ");
    EXPECT(span_word(&rest, ' ', &line) && span_is(line, "one"));
    EXPECT(span_word(&rest, ' ', &line) && span_is(line, "two"));
    EXPECT(!span_word(&rest, ' ', &line));
    EXPECT(span_is_nocase(span("OpUs"), "opus") && !span_is(span("OpUs"), "opus"));
    EXPECT(span_eq(span(""), (struct span){NULL, 0}) && !span_eq(span("a"), span("b")));
}

TEST(span_numbers) {
    static const uint32_t wrap[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    char text[16];
    uint32_t v;
    for (size_t i = 0; i < ARRAY_LEN(wrap); i++) {
        snprintf(text, sizeof(text), "%u", wrap[i]);
        EXPECT(span_number(span(text), 65535, &v) && v == wrap[i]);
        EXPECT_EQ(span_number(span(text), 127, &v), wrap[i] <= 127);
    }
    EXPECT(span_number(span("4294967295"), UINT32_MAX, &v) && v == UINT32_MAX);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1a", "4294967296", "12345678901"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!span_number(span(bad[i]), UINT32_MAX, &v));
    }
}

TEST(span_params) {
    struct span f =
        span("level-asymmetry-allowed=1; Packetization-Mode=1;x=;profile-level-id=42e01f");
    EXPECT(span_is(span_param(f, "packetization-mode"), "1"));
    EXPECT(span_is(span_param(f, "profile-level-id"), "42e01f"));
    EXPECT(span_param(f, "x").n == 0 && span_param(f, "absent").n == 0);
    EXPECT(span_param(span("apt"), "apt").n == 0);
    EXPECT(span_is(span_param(span("apt=96"), "apt"), "96"));
}

static enum code parse(const char *text) {
    static struct sdp s;
    return sdp_parse(text, strlen(text), &s);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"

TEST(malformed_descriptions) {
    static const char *const bad[] = {
        "",
        "v=1\r\n",
        "nonsense",
        HEAD,
        HEAD "m=\r\n",
        HEAD "m=audio\r\n",
        HEAD "m=audio x UDP/TLS/RTP/SAVPF 111\r\n",
        HEAD "m=audio 65536 UDP/TLS/RTP/SAVPF 111\r\n",
        HEAD "m=audio 9 UDP/TLS/RTP/SAVPF\r\n",
        HEAD "m=audio 9 UDP/TLS\"RTP 111\r\n",
        HEAD "m=au<dio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        HEAD "m=averyverylongmedianame 9 UDP/TLS/RTP/SAVPF 111\r\n",
        HEAD AUDIO "x\r\n",
        HEAD AUDIO "\r\na=mid:0\r\n",
        HEAD AUDIO "a=mid:\r\n",
        HEAD AUDIO "a=mid:a b\r\n",
        HEAD AUDIO "a=mid:0\r\n" AUDIO "a=mid:0\r\n",
        HEAD AUDIO "a=ice-ufrag:abc\r\n",
        HEAD AUDIO "a=ice-ufrag:ab:cd\r\n",
        HEAD AUDIO "a=ice-pwd:short\r\n",
        HEAD AUDIO "a=fingerprint:sha-256\r\n",
        HEAD AUDIO "a=fingerprint:sha-256 00:11\r\n",
        HEAD AUDIO "a=extmap:1\r\n",
        HEAD AUDIO "a=extmap:x urn:y\r\n",
        HEAD AUDIO "a=extmap:65536 urn:y\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (parse(bad[i]) != CODE_SDP_MALFORMED) {
            test_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
        }
    }
    EXPECT_EQ(parse(HEAD AUDIO), CODE_OK);
    EXPECT_EQ(parse(HEAD AUDIO "\r\n"), CODE_OK);
}

#define X32 "abcdefghijklmnopqrstuvwxyz012345"

TEST(unsupported_descriptions) {
    EXPECT_EQ(parse(HEAD AUDIO "a=mid:1234567890123456\r\n"), CODE_OK);
    EXPECT_EQ(parse(HEAD AUDIO "a=mid:12345678901234567\r\n"), CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(parse(HEAD AUDIO "a=ice-ufrag:" X32 "\r\n"), CODE_OK);
    EXPECT_EQ(parse(HEAD AUDIO "a=ice-ufrag:" X32 "x\r\n"), CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(parse(HEAD AUDIO "a=ice-pwd:" X32 X32 "\r\n"), CODE_OK);
    EXPECT_EQ(parse(HEAD AUDIO "a=ice-pwd:" X32 X32 "x\r\n"), CODE_SDP_UNSUPPORTED);
    EXPECT_EQ(parse(HEAD AUDIO "a=setup:holdconn\r\n"), CODE_SDP_UNSUPPORTED);
    char text[2048] = HEAD;
    for (int i = 0; i < SDP_MEDIA_MAX; i++) {
        strcat(text, AUDIO);
    }
    EXPECT_EQ(parse(text), CODE_OK);
    strcat(text, AUDIO);
    EXPECT_EQ(parse(text), CODE_SDP_UNSUPPORTED);
}

TEST(more_formats_and_extensions_than_we_look_at) {
    static struct sdp s;
    char *text = malloc(32768);
    size_t n = (size_t)sprintf(text, HEAD "m=video 9 UDP/TLS/RTP/SAVPF");
    for (int i = 0; i < 200; i++) {
        n += (size_t)sprintf(text + n, " %d", i);
    }
    n += (size_t)sprintf(text + n, "\r\n");
    for (int i = 1; i < 200; i++) {
        n += (size_t)sprintf(text + n, "a=extmap:%d urn:x%d\r\na=rtpmap:%d VP8/90000\r\n", i, i, i);
    }
    EXPECT_EQ(sdp_parse(text, n, &s), CODE_OK);
    EXPECT_EQ(s.media[0].n_formats, SDP_FORMATS_MAX);
    EXPECT_EQ(s.media[0].n_exts, SDP_EXTS_MAX);
    EXPECT(sdp_find_format(&s.media[0], 1)->codec == CODEC_VP8);
    EXPECT(!sdp_find_format(&s.media[0], 127));
    free(text);
}

TEST(fields_of_a_real_offer) {
    static struct sdp s;
    const char *text = data_file("chromium_tour.sdp");
    REQUIRE(sdp_parse(text, strlen(text), &s) == CODE_OK);
    EXPECT_EQ(s.n_media, 15);
    EXPECT_EQ(sdp_find_mid(&s, "14"), 14);
    EXPECT_EQ(sdp_find_mid(&s, "15"), -1);
    const struct sdp_media *m = &s.media[1];
    EXPECT(m->kind == SDP_VIDEO && m->direction == SDP_SEND && m->bundled && m->rtcp_mux);
    EXPECT(m->rtcp_rsize && m->transport.setup == SDP_SETUP_ACTPASS);
    EXPECT(m->transport.has_fingerprint && m->has_fid && m->ssrc && m->rtx_ssrc);
    const struct sdp_format *f = sdp_find_format(m, 96);
    REQUIRE(f);
    EXPECT_EQ(f->codec, CODEC_VP8);
    EXPECT_EQ(f->fb, SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_TWCC | SDP_FB_REMB);
    EXPECT(sdp_find_format(m, 97)->rtx && !f->rtx);
    EXPECT_EQ(sdp_find_format(m, 102)->codec, CODEC_H264);
    EXPECT_EQ(s.media[3].direction, SDP_RECV);
}

TEST(fragments) {
    struct span u, p;
    const char *none = "a=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\na=end-of-candidates\r\n";
    EXPECT_EQ(sdp_parse_fragment(none, strlen(none), &u, &p), CODE_OK);
    EXPECT(u.n == 0 && p.n == 0);
    const char *both = "a=ice-options:trickle\na=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901";
    EXPECT_EQ(sdp_parse_fragment(both, strlen(both), &u, &p), CODE_OK);
    EXPECT(span_is(u, "abcd") && p.n == 22);
    const char *half = "a=ice-pwd:0123456789012345678901";
    EXPECT_EQ(sdp_parse_fragment(half, strlen(half), &u, &p), CODE_SDP_MALFORMED);
    EXPECT_EQ(sdp_parse_fragment("", 0, &u, &p), CODE_OK);
    EXPECT_EQ(sdp_parse_fragment("a=ice-ufrag:a", 13, &u, &p), CODE_SDP_MALFORMED);
}

TEST(session_level_defaults) {
    static struct sdp s;
    const char *text =
        HEAD "a=inactive\r\na=setup:active\r\n" AUDIO "a=mid:0\r\n" AUDIO
             "a=mid:1\r\na=sendrecv\r\na=inactive\r\n" AUDIO "a=mid:2\r\na=recvonly\r\n";
    EXPECT_EQ(sdp_parse(text, strlen(text), &s), CODE_OK);
    EXPECT_EQ(s.media[0].direction, SDP_INACTIVE);
    EXPECT_EQ(s.media[1].direction, SDP_INACTIVE); /* the last one counts */
    EXPECT_EQ(s.media[2].direction, SDP_RECV);
    EXPECT_EQ(s.common.setup, SDP_SETUP_ACTIVE);
    EXPECT_EQ(s.media[0].transport.setup, SDP_SETUP_NONE);
}

TEST(attributes_at_the_wrong_level_are_ignored) {
    static struct sdp s;
    const char *text =
        HEAD "a=mid:9\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=ssrc:5 cname:x\r\n"
             "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n"
             "a=extmap:1 urn:x\r\na=fmtp:96 a=b\r\n" AUDIO "a=group:BUNDLE 0\r\na=mid:0\r\n";
    EXPECT_EQ(sdp_parse(text, strlen(text), &s), CODE_OK);
    EXPECT(s.bundle.n == 0 && !s.media[0].bundled && !s.media[0].rtcp_mux && !s.media[0].ssrc);
    EXPECT_EQ(sdp_find_mid(&s, "9"), -1);
}

TEST(odd_but_legal_lines) {
    static struct sdp s;
    const char *text = HEAD "a=group:LS 0\r\na=group:BUNDLE 0 7\r\na=group:BUNDLE 1\r\n"
                            "m=video 9 UDP/TLS/RTP/SAVPF 96 abc 300 97\r\na=mid:0\r\n"
                            "a=extmap:4096 urn:x\r\na=extmap:0 urn:y\r\na=extmap:256 urn:z\r\n"
                            "a=rtpmap:98 VP8/90000\r\na=rtpmap:96\r\na=rtpmap:96 VP8\r\n"
                            "a=rtpmap:97 vp8/90000/1\r\na=rtcp-fb:97 nack sli\r\n"
                            "a=rtcp-fb:99 nack\r\na=rtcp-fb:\r\na=ssrc:x cname:y\r\n"
                            "a=ssrc-group:SIM 1 2\r\na=ssrc-group:FID 7\r\n"
                            "a=ssrc-group:FID 7 8\r\na=ssrc-group:FID 9 10\r\nb=AS:30\r\n"
                            "a=unknown\r\na=\r\nk=\r\n";
    EXPECT_EQ(sdp_parse(text, strlen(text), &s), CODE_OK);
    const struct sdp_media *m = &s.media[0];
    EXPECT(m->bundled && m->n_formats == 2 && m->n_exts == 0);
    EXPECT_EQ(sdp_find_format(m, 96)->codec, CODEC_NONE);
    EXPECT_EQ(sdp_find_format(m, 97)->codec, CODEC_VP8);
    EXPECT_EQ(sdp_find_format(m, 97)->fb, 0);
    EXPECT(m->has_fid && m->ssrc == 7 && m->rtx_ssrc == 8);
}

/* Cut anywhere, an offer is refused or understood, and never read past its end. */
TEST(offers_cut_short) {
    static struct sdp s;
    static const char *const files[] = {"offer.sdp", "firefox.sdp", "gstreamer.sdp", "aiortc.sdp"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const char *text = data_file(files[i]);
        size_t whole = strlen(text), accepted = 0;
        for (size_t n = 0; n <= whole; n++) {
            char *copy = malloc(n ? n : 1);
            memcpy(copy, text, n);
            enum code code = sdp_parse(copy, n, &s);
            EXPECT(code == CODE_OK || code == CODE_SDP_MALFORMED || code == CODE_SDP_UNSUPPORTED);
            EXPECT(s.n_media <= 4);
            accepted += code == CODE_OK;
            free(copy);
        }
        EXPECT(accepted > 0 && accepted < whole);
    }
}
