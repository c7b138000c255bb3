#include "bench/load/description.h"
#include "tests/unit/test.h"

static const uint8_t fingerprint[FINGERPRINT_LEN] = {0xab, 1, 2};

static const struct local_description local = {.ufrag = "ufrag",
                                               .pwd = "a password of 22 chars",
                                               .fingerprint = fingerprint,
                                               .port = 5000,
                                               .sends = true,
                                               .ssrc = {11, 22},
                                               .rtx_ssrc = 33};

TEST(an_offer_of_ours_reads_back) {
    struct buffer out = {0};
    struct remote_description d;
    char why[128] = "";
    struct local_description l = local;
    l.pwd = "abcdefghijklmnopqrstuv";
    description_offer(&out, &l);
    REQUIRE(!out.bad);
    EXPECT(description_read(out.p, out.n, &d, why));
    EXPECT_STR(why, "");
    EXPECT_STR(d.ufrag, "ufrag");
    EXPECT_STR(d.pwd, "abcdefghijklmnopqrstuv");
    EXPECT(memcmp(d.fingerprint, fingerprint, sizeof(fingerprint)) == 0);
    EXPECT_EQ(d.candidate.port, 5000);
    REQUIRE(d.n_lines == 2);
    EXPECT(!d.lines[0].video && d.lines[0].accepted && d.lines[0].ssrc == 11);
    EXPECT(d.lines[1].video && d.lines[1].accepted && d.lines[1].ssrc == 22);
    EXPECT_EQ(d.lines[1].rtx_ssrc, 33);
    EXPECT_EQ(d.lines[1].rtx_pt, 97);
    EXPECT(d.lines[1].nack && d.lines[1].pli && d.lines[1].rsize);
    EXPECT_EQ(d.lines[1].ext.id[RTP_EXT_TWCC], 3);
    buffer_free(&out);
}

TEST(an_answer_repeats_the_servers_payload_types) {
    struct remote_description offer = {.n_lines = 2}, d;
    struct buffer out = {0};
    char why[128] = "";
    struct local_description l = local;
    l.pwd = "abcdefghijklmnopqrstuv";
    l.sends = false;
    offer.lines[0] =
        (struct remote_line){.video = true, .accepted = true, .mid = "v", .pt = 100, .rtx_pt = 101};
    offer.lines[1] = (struct remote_line){.accepted = true, .mid = "a", .pt = 120};
    description_answer(&out, &l, &offer);
    REQUIRE(!out.bad);
    EXPECT(description_read(out.p, out.n, &d, why));
    REQUIRE(d.n_lines == 2);
    EXPECT(d.lines[0].video && d.lines[0].pt == 100 && d.lines[0].rtx_pt == 101);
    EXPECT(!d.lines[1].video && d.lines[1].pt == 120);
    EXPECT_STR(d.lines[0].mid, "v");
    EXPECT_STR(d.lines[1].mid, "a");
    buffer_free(&out);
}

TEST(what_is_no_description_is_refused_with_a_reason) {
    struct remote_description d;
    char why[128] = "";
    EXPECT(!description_read("nonsense", 8, &d, why));
    EXPECT(why[0] != '\0');
}
