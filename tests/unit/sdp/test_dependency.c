/* Who is asked for dependency descriptors (AV1 RTP specification, appendix A), and who is not. */
#include "tests/unit/sdp/deal.h"

#define ANOTHER "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n"

/* The offer of a browser that also offers dependency descriptors on each line with pictures. */
static char *with_dependency(const char *offer) {
    static const char add[] = "a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/"
                              "#dependency-descriptor-rtp-header-extension\r\n";
    char *text = calloc(1, 2 * strlen(offer)), *to = text;
    for (const char *at = offer, *next; text && *at; at = next) {
        const char *end = strchr(at, '\n');
        next = end ? end + 1 : at + strlen(at);
        memcpy(to, at, (size_t)(next - at));
        to += next - at;
        if (strncmp(at, ANOTHER, strlen(ANOTHER)) == 0) {
            memcpy(to, add, sizeof(add) - 1);
            to += sizeof(add) - 1;
        }
    }
    return text;
}

#define DEPENDENCY                                                           \
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp" \
    "-header-extension\r\n"

/* AV1 says which layer a packet is of nowhere else. */
TEST(dependency_descriptors_are_accepted_of_av1) {
    struct deal *d = offer_in(CODEC_AV1, "a=extmap-allow-mixed\r\na=extmap:12 " DEPENDENCY);
    EXPECT_EQ(d->params.lines[0].ext.id[RTP_EXT_DEPENDENCY], 12);
    HAS(d->answer, "a=extmap-allow-mixed\r\na=extmap:12 " DEPENDENCY);
    deal_free(d);
    /* A structure of templates does not fit in the one-byte form. */
    d = offer_in(CODEC_AV1, "a=extmap:12 " DEPENDENCY);
    EXPECT_EQ(d->params.lines[0].ext.id[RTP_EXT_DEPENDENCY], 0);
    HAS_NOT(d->answer, "extmap");
    deal_free(d);
    /* VP9 says it in its payload, and others have no layers that we leave out by it. */
    d = offer_in(CODEC_VP9, "a=extmap-allow-mixed\r\na=extmap:12 " DEPENDENCY);
    HAS_NOT(d->answer, "extmap");
    deal_free(d);
}

/* A server reads one offer after the other into the same place. */
TEST(what_one_offer_says_of_all_its_lines_is_not_said_by_the_next) {
    static const char mixed[] = "v=0\r\na=extmap-allow-mixed\r\nm=video 9 RTP/SAVPF 96\r\n";
    static const char plain[] = "v=0\r\nm=video 9 RTP/SAVPF 96\r\n";
    static struct sdp s;
    EXPECT_EQ(sdp_parse(mixed, sizeof(mixed) - 1, &s), CODE_OK);
    EXPECT(s.mixed && s.media[0].mixed);
    EXPECT_EQ(sdp_parse(plain, sizeof(plain) - 1, &s), CODE_OK);
    EXPECT(!s.mixed && !s.media[0].mixed);
}

/* A viewer's decoder learns which of several sizes there are from nothing else. */
TEST(dependency_descriptors_are_for_viewers_of_av1) {
    char *text = with_dependency(data_file("chromium_tour.sdp"));
    struct deal *d = deal_new(text, CODE_OK);
    struct wants w;
    const char *field;
    tour_wants(&w);
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_AV1) == CODE_OK);
    char *camera = section(d->answer, 1), *stage = section(d->answer, 3);
    HAS(camera, DEPENDENCY);
    HAS(stage, DEPENDENCY);
    HAS(stage, "allow-mixed");
    free(camera);
    free(stage);
    deal_free(d);
    d = deal_new(text, CODE_OK);
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_VP8) == CODE_OK);
    HAS_NOT(d->answer, DEPENDENCY);
    deal_free(d);
    free(text);
}

/* A key frame's does not fit in the one-byte form, which is all that such a viewer reads. */
TEST(dependency_descriptors_are_not_for_viewers_of_one_form) {
    static const char mixed[] = "a=extmap-allow-mixed\r\n";
    char *text = with_dependency(data_file("chromium_tour.sdp")), *at;
    while ((at = strstr(text, mixed)) != NULL) {
        memmove(at, at + strlen(mixed), strlen(at + strlen(mixed)) + 1);
    }
    struct deal *d = deal_new(text, CODE_OK);
    struct wants w;
    const char *field;
    tour_wants(&w);
    EXPECT_EQ(plan_wants(&d->offer, &w, &d->plan, &field), CODE_OK);
    REQUIRE(deal_close(d, CODEC_AV1) == CODE_OK);
    HAS_NOT(d->answer, DEPENDENCY);
    HAS_NOT(d->answer, "allow-mixed");
    deal_free(d);
    free(text);
}
