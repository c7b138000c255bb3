#include "recorder/seal/digest.h"
#include "recorder/seal/id.h"
#include "recorder/seal/keys.h"

#include "tests/unit/test.h"

TEST(keys_expand_is_hkdf_expand) {
    uint8_t key[KEY_LEN] = {7}, other[KEY_LEN] = {8}, a[KEY_LEN], b[KEY_LEN];
    EXPECT_EQ(keys_expand(key, "label", bytes_of("info", 4), a), OK);
    EXPECT_EQ(keys_expand(key, "label", bytes_of("info", 4), b), OK);
    EXPECT(memcmp(a, b, KEY_LEN) == 0);
    EXPECT_EQ(keys_expand(key, "label", bytes_of("inf0", 4), b), OK);
    EXPECT(memcmp(a, b, KEY_LEN) != 0);
    EXPECT_EQ(keys_expand(other, "label", bytes_of("info", 4), b), OK);
    EXPECT(memcmp(a, b, KEY_LEN) != 0);
}

TEST(keys_digest_and_signature_known_answers) {
    uint8_t hash[SHA256_LEN], signature[SIGNATURE_LEN];
    char hex[2 * SIGNATURE_LEN + 1];
    sha256_of(bytes_of("a", 1), bytes_of("bc", 2), hash);
    hex_encode(hex, hash, sizeof(hash));
    /* FIPS 180-4, "abc". */
    EXPECT_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /* RFC 8032 section 7.1, test 1: the empty message. */
    struct signing_key k = {0};
    EXPECT(hex_decode(k.signing, KEY_LEN,
                      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT(hex_decode(k.verifying, KEY_LEN,
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    EXPECT_EQ(keys_sign(&k, bytes_of("", 0), signature), OK);
    hex_encode(hex, signature, sizeof(signature));
    EXPECT_STR(hex,
               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
               "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    EXPECT_EQ(keys_verify(&k, bytes_of("", 0), signature), OK);
    EXPECT_EQ(keys_verify(&k, bytes_of("x", 1), signature), ERR_AUTH);
    signature[3] ^= 1;
    EXPECT_EQ(keys_verify(&k, bytes_of("", 0), signature), ERR_AUTH);
}

TEST(ids_have_one_text_each) {
    struct rng_seeded state;
    char text[ID_TEXT_MAX];
    struct id id, back;
    rng_seed(&state, 1);
    struct rng rng = rng_from_seeded(&state);
    for (unsigned i = 0; i < 100; i++) {
        id = id_random(&rng);
        EXPECT(id_parse(id_text(&id, text), &back) && id_eq(&id, &back));
    }
    EXPECT_STR(id_text(&ID_PROGRAMME, text), "programme");
    EXPECT(id_parse("programme", &back) && id_eq(&back, &ID_PROGRAMME));
    EXPECT(!id_parse("", &back));
    EXPECT(!id_parse("Programme", &back));
    EXPECT(!id_parse("000000000000000000000000000000000", &back));
    EXPECT(!id_parse("0000000000000000000000000000000g", &back));
    EXPECT(!id_parse("0000000000000000000000000000000A", &back));
    /* The programme in hex would be a second text for it. */
    EXPECT(!id_parse("70726f6772616d6d6500000000000000", &back));
}
