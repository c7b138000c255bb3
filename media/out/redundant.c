#include "media/out/redundant.h"

#include "media/wire/opus.h"

#define ALL_MAX 1100 /* [bytes] with headers and tag a datagram that every path takes */

/* After a silence that was not sent the packet before is no part of this word; and one that says
 * that there is silence repairs nothing. */
static bool worth(const struct media_packet *p, const struct media_packet *before) {
    uint32_t back = p->ts - before->ts;
    return back > 0 && back <= RED_BACK_MAX && before->payload_len > OPUS_DTX_MAX &&
           before->payload_len <= RED_LEN_MAX;
}

void redundant_of(const struct stream *s, us_t now, const struct media_packet *p,
                  struct redundant *ret) {
    const struct feed *feed = stream_shown(s);
    ret->n = 0;
    ret->len = 0;
    if (s->red.blocks == 0 || !feed || p->payload_len == 0 || p->padding > 0) {
        return;
    }
    size_t len = RED_HEAD_LAST;
    while (ret->n < s->red.blocks && p->seq > s->begin_seq + ret->n) {
        struct media_packet *before = &ret->p[ret->n];
        if (!feed_recall(feed, now, p->seq - 1 - ret->n, before) || !worth(p, before)) {
            return;
        }
        len += RED_HEAD_BLOCK + before->payload_len;
        if (len + p->payload_len > ALL_MAX) {
            return;
        }
        ret->len = len;
        ret->n++;
    }
}
