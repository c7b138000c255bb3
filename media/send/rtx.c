#include "media/send/rtx.h"

size_t send_rtx_head(struct send_rtx *x, struct wr *out, const struct rtp *original,
                     const struct rtp_write_ext ext[], size_t n_ext) {
    struct rtp h = {
        .pt = x->pt,
        .marker = original->marker,
        .seq = (uint16_t)x->next,
        .ts = original->ts,
        .ssrc = x->ssrc,
        .padding = original->padding,
    };
    size_t n = out->bad ? 0 : rtp_write_header(out->p, wr_left(out), &h, ext, n_ext);
    if (n == 0 || wr_left(out) < n + 2) {
        return 0;
    }
    out->p += n;
    wr_u16(out, original->seq); /* RFC 4588 section 4: OSN */
    x->next++;
    return n + 2;
}
