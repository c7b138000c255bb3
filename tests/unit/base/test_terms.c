#include "base/terms.h"

#include "base/err.h"
#include "tests/unit/test.h"

TEST(codec_names_both_ways) {
    for (int c = CODEC_OPUS; c < CODEC_COUNT; c++) {
        const char *name = codec_name((enum codec)c);
        EXPECT_EQ(codec_from_name(name, strlen(name)), c);
        EXPECT_EQ(codec_clock((enum codec)c), c == CODEC_OPUS ? 48000 : 90000);
    }
    EXPECT_STR(codec_name(CODEC_NONE), "none");
    EXPECT_STR(codec_name((enum codec)99), "none");
    EXPECT_EQ(codec_clock(CODEC_NONE), 0);
}

TEST(codec_names_ignore_case_and_need_no_nul) {
    EXPECT_EQ(codec_from_name("OPUS/48000", 4), CODEC_OPUS);
    EXPECT_EQ(codec_from_name("H264", 4), CODEC_H264);
    EXPECT_EQ(codec_from_name("vp", 2), CODEC_NONE);
    EXPECT_EQ(codec_from_name("vp88", 4), CODEC_NONE);
    EXPECT_EQ(codec_from_name("none", 4), CODEC_NONE);
    EXPECT_EQ(codec_from_name("", 0), CODEC_NONE);
}

TEST(kind_names_both_ways) {
    for (int k = 0; k < SOURCE_KIND_COUNT; k++) {
        EXPECT_EQ(source_kind_from_name(source_kind_name((enum source_kind)k)), k);
    }
    for (int k = 0; k < SLOT_KIND_COUNT; k++) {
        EXPECT_EQ(slot_kind_from_name(slot_kind_name((enum slot_kind)k)), k);
    }
    EXPECT_STR(source_kind_name(SOURCE_SCREEN), "screen");
    EXPECT_STR(slot_kind_name(SLOT_STAGE), "stage");
    EXPECT_EQ(source_kind_from_name("stage"), SOURCE_NONE);
    EXPECT_EQ(slot_kind_from_name("Stage"), SLOT_NONE);
}

TEST(extension_uris_both_ways) {
    for (int e = 0; e < RTP_EXT_COUNT; e++) {
        const char *uri = rtp_ext_uri((enum rtp_ext)e);
        EXPECT_EQ(rtp_ext_from_uri(uri, strlen(uri)), e);
        EXPECT_EQ(rtp_ext_from_uri(uri, strlen(uri) - 1), RTP_EXT_COUNT);
    }
    EXPECT_EQ(rtp_ext_from_uri("urn:ietf:params:rtp-hdrext:toffset", 34), RTP_EXT_COUNT);
    EXPECT_EQ(rtp_ext_from_uri("", 0), RTP_EXT_COUNT);
}

TEST(every_error_has_a_name_of_its_own) {
    for (int e = OK; e <= ERR_CRYPTO; e++) {
        EXPECT(strcmp(err_name((enum err)e), "invalid") != 0);
        for (int other = OK; other < e; other++) {
            EXPECT(strcmp(err_name((enum err)e), err_name((enum err)other)) != 0);
        }
    }
    EXPECT_STR(err_name(ERR_FULL), "full");
    EXPECT_STR(err_name((enum err)999), "invalid");
}
