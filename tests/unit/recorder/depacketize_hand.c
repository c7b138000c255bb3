#include "tests/unit/recorder/depacketize_hand.h"

#include "tests/unit/test.h"

#include <stdlib.h>

bool hand_piece(struct hand *h, const char *hex, bool marker) {
    uint8_t *b = malloc(strlen(hex) / 2 + 1);
    CHECK(b && hex_decode(b, strlen(hex) / 2, hex));
    struct video_piece p = {bytes_of(b, strlen(hex) / 2), h->ts, marker, 0};
    CHECK(!depacketizer_end(&h->d, &p, &h->f));
    bool ret = depacketizer_add(&h->d, &p, &h->f);
    free(b);
    h->ts += marker ? 3000 : 0;
    return ret;
}

bool hand_is(const struct hand *h, const char *hex) {
    char got[2048];
    CHECK(2 * h->f.data.n < sizeof(got));
    hex_encode(got, h->f.data.p, h->f.data.n);
    if (strcmp(got, hex) != 0) {
        printf("# %s, not %s\n", got, hex);
    }
    return strcmp(got, hex) == 0;
}
