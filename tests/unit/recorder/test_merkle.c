#include "recorder/journal/merkle.h"

#include "tests/unit/test.h"

/* The definition of RFC 6962 section 2.1 itself, on leaves 0, 1, 2 ... of one byte. */
static void by_definition(uint8_t first, size_t n, uint8_t ret[SHA256_LEN]) {
    uint8_t text[1 + 2 * SHA256_LEN] = {0};
    if (n == 1) {
        text[1] = first;
        sha256_of(bytes_of(text, 2), bytes_of("", 0), ret);
        return;
    }
    size_t k = 1;
    while (2 * k < n) {
        k *= 2;
    }
    by_definition(first, k, text + 1);
    by_definition((uint8_t)(first + k), n - k, text + 1 + SHA256_LEN);
    text[0] = 1;
    sha256_of(bytes_of(text, sizeof(text)), bytes_of("", 0), ret);
}

TEST(merkle_is_what_the_rfc_defines) {
    struct merkle m = {0};
    for (unsigned n = 1; n <= 130; n++) {
        uint8_t leaf = (uint8_t)(n - 1), a[SHA256_LEN], b[SHA256_LEN];
        merkle_add(&m, bytes_of(&leaf, 1));
        merkle_root(&m, a);
        by_definition(0, n, b);
        EXPECT(memcmp(a, b, SHA256_LEN) == 0);
    }
}

/* The known answers that implementations of certificate transparency share. */
TEST(merkle_known_answers) {
    static const struct {
        const char *leaf, *root;
    } table[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle m = {0};
    uint8_t leaf[16], root[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    merkle_root(&m, root);
    hex_encode(hex, root, sizeof(root));
    EXPECT_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        size_t n = strlen(table[i].leaf) / 2;
        REQUIRE(hex_decode(leaf, n, table[i].leaf));
        merkle_add(&m, bytes_of(leaf, n));
        merkle_root(&m, root);
        hex_encode(hex, root, sizeof(root));
        EXPECT_STR(hex, table[i].root);
    }
}
