#include "media/wire/red.h"

#define FOLLOWED 0x80 /* RFC 2198 section 3: another block header comes after this one */
#define PT 0x7f

enum err red_parse(struct bytes payload, struct red *ret) {
    struct red x = {.n = 0};
    struct rd r = rd_of(payload.p, payload.n);
    uint16_t len[RED_BLOCKS_MAX];
    uint8_t first = rd_u8(&r);
    while (!r.bad && first & FOLLOWED) {
        uint32_t rest = rd_u24(&r);
        if (x.n == RED_BLOCKS_MAX) {
            return ERR_FULL;
        }
        x.redundant[x.n] = (struct red_block){.pt = first & PT, .back = (uint16_t)(rest >> 10)};
        len[x.n++] = rest & RED_LEN_MAX;
        first = rd_u8(&r);
    }
    for (unsigned i = 0; i < x.n; i++) {
        x.redundant[i].payload = rd_bytes(&r, len[i]);
    }
    x.primary.pt = first & PT;
    x.primary.payload = rd_bytes(&r, rd_left(&r));
    if (r.bad) {
        return ERR_SHORT;
    }
    *ret = x;
    return OK;
}

void red_write_block(struct wr *w, uint8_t pt, uint16_t back, uint16_t len) {
    wr_u8(w, FOLLOWED | (pt & PT));
    wr_u24(w, (uint32_t)back << 10 | len);
}

void red_write_last(struct wr *w, uint8_t pt) {
    wr_u8(w, pt & PT);
}
