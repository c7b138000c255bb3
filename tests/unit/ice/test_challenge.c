/* What we ask, and which answers count. The answer is the one of RFC 5769 section 2.2. */
#include "media/ice/challenge.h"

#include "media/ice/ice.h"
#include "tests/unit/test.h"

#define INTEGRITY_AT 48 /* of the answer: what precedes it is signed */
#define FINGERPRINT_AT 72

static const uint8_t id[CHALLENGE_ID_LEN] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
                                             0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

static const uint8_t answer[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96};

/* The client has the remote ones. */
static const struct ice_credentials credentials = {.local_ufrag = "evtj",
                                                   .local_pwd = "server/password/0123456789",
                                                   .remote_ufrag = "h6vY",
                                                   .remote_pwd = "VOkJxbRl1RmTxUk/WvJxBt"};

/* Of a copy of exactly n bytes, so that ASan sees any read past the end. */
static bool answers(const uint8_t *p, size_t n, const struct ice_credentials *c) {
    uint8_t *copy = mem_alloc(n);
    CHECK(copy);
    memcpy(copy, p, n);
    bool yes = challenge_answered(bytes_of(copy, n), c, id);
    mem_free(copy);
    return yes;
}

TEST(the_answer_to_our_check_is_taken) {
    EXPECT(challenge_is_answer(bytes_of(answer, sizeof(answer))));
    EXPECT(answers(answer, sizeof(answer), &credentials));
}

TEST(an_answer_without_fingerprint_is_taken) {
    uint8_t plain[FINGERPRINT_AT];
    memcpy(plain, answer, sizeof(plain));
    put_be16(plain + 2, FINGERPRINT_AT - 20); /* its signature counts itself last anyway */
    EXPECT(answers(plain, sizeof(plain), &credentials));
}

TEST(an_answer_that_was_changed_anywhere_is_refused) {
    for (size_t i = 0; i < FINGERPRINT_AT; i++) {
        uint8_t forged[sizeof(answer)];
        memcpy(forged, answer, sizeof(forged));
        forged[i] ^= 0x01;
        if (answers(forged, sizeof(forged), &credentials)) {
            test_fail(__FILE__, __LINE__, "byte %zu", i);
        }
    }
}

TEST(an_answer_that_is_cut_is_refused) {
    for (size_t n = 1; n < sizeof(answer); n++) {
        uint8_t cut[sizeof(answer)];
        memcpy(cut, answer, n);
        EXPECT(!answers(cut, n, &credentials));
        if (n >= 20) { /* the length says so itself: only the whole signature is one */
            put_be16(cut + 2, (uint16_t)(n - 20));
            EXPECT_EQ(answers(cut, n, &credentials), n == FINGERPRINT_AT);
        }
    }
}

TEST(an_answer_with_half_a_signature_is_refused) {
    uint8_t half[INTEGRITY_AT + 4 + 8];
    memcpy(half, answer, sizeof(half));
    put_be16(half + 2, sizeof(half) - 20);
    put_be16(half + INTEGRITY_AT + 2, 8);
    EXPECT(!answers(half, sizeof(half), &credentials));
}

TEST(the_answer_of_somebody_else_is_refused) {
    struct ice_credentials other = credentials;
    other.remote_pwd[0] ^= 1;
    EXPECT(!answers(answer, sizeof(answer), &other));
    other.remote_pwd[0] = '\0'; /* not known yet: nobody can have signed */
    EXPECT(!answers(answer, sizeof(answer), &other));
}

/* The client's side is played by a server that has its credentials: it finds the check authentic,
 * and says that we claim to be controlled, as a lite agent is. */
TEST(our_check_is_one_for_the_client) {
    const struct ice_credentials client = {.local_ufrag = "h6vY",
                                           .local_pwd = "VOkJxbRl1RmTxUk/WvJxBt",
                                           .remote_ufrag = "evtj",
                                           .remote_pwd = "server/password/0123456789"};
    struct addr from = addr_v4(192, 0, 2, 1, 443);
    uint8_t out[600], back[600];
    struct wr w = wr_of(out, sizeof(out)), reply = wr_of(back, sizeof(back));
    struct ice *ice = ice_new();
    struct ice_check k;
    REQUIRE(ice);
    challenge_write(&w, &credentials, id);
    EXPECT(!w.bad);
    EXPECT(memcmp(out + 8, id, sizeof(id)) == 0);
    struct ice_request q = {bytes_of(out, wr_len(&w)), &from};
    EXPECT_EQ(ice_check(ice, &client, &q, &reply, &k), OK);
    EXPECT_EQ(k.priority, 0x6e0001ff);
    EXPECT(!k.nominated);
    EXPECT_EQ(be16(back), 0x0111); /* an error response: 487, and never a success */
    EXPECT(!challenge_answered(bytes_of(back, k.reply_len), &credentials, id));
    ice_free(ice);
}

TEST(without_room_nothing_is_asked) {
    uint8_t out[40];
    struct wr w = wr_of(out, sizeof(out));
    challenge_write(&w, &credentials, id);
    EXPECT(w.bad);
}
