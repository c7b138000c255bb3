/* libs: recorder_seal base */
/* Arbitrary bytes as what is left of a keyset. What can be read is written again as it was, and
 * what is destroyed then is gone, and nothing else. */
#include "recorder/seal/keyset.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct id recording = {{0x11, 0x22}};

static void puncture(struct keyset *s, uint32_t first, uint32_t last) {
    const struct keyset_place *p = &s->trees[0].place;
    const uint32_t places[] = {0, first, last, last + 1, KEYTREE_LEAVES - 1};
    uint8_t before[ARRAY_LEN(places)][KEY_LEN], after[KEY_LEN];
    enum err had[ARRAY_LEN(places)];
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        had[i] = keyset_media(s, p, places[i], before[i]);
    }
    enum err e = keyset_puncture(s, p, first, last);
    CHECK(e == OK || e == ERR_RANGE || e == ERR_FULL);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(places); i++) {
        bool gone = places[i] >= first && places[i] <= last;
        enum err has = keyset_media(s, p, places[i], after);
        CHECK(has == (gone ? ERR_GONE : had[i]));
        CHECK(has != OK || memcmp(before[i], after, KEY_LEN) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct keyset s;
    struct buffer text = {0};
    if (n < 8 || keyset_decode(bytes_of(data + 8, n - 8), &recording, &s) != OK) {
        return 0;
    }
    keyset_encode(&s, &text);
    CHECK(bytes_eq(bytes_of(text.p, text.n), bytes_of(data + 8, n - 8)));
    if (s.n_trees) {
        puncture(&s, be32(data) % (KEYTREE_LEAVES + 2), be32(data + 4) % (KEYTREE_LEAVES + 2));
    }
    buffer_free(&text);
    keyset_clear(&s);
    return 0;
}
