#include "media/feed/batch.h"

#include "base/check.h"

void feed_batch_init(struct feed_batch *b) {
    list_init(&b->in);
    b->n = 0;
}

void feed_batch_add(struct feed_batch *b, const struct media_packet *p) {
    CHECK(b->n < BATCH_MAX);
    b->p[b->n++] = *p;
    packet_ref(p->packet);
}

void feed_batch_skip(struct feed_batch *b, uint64_t seq) {
    CHECK(b->n > 0 && b->n < BATCH_MAX);
    uint32_t ts = b->p[b->n - 1].ts; /* it does not end a frame */
    b->p[b->n++] = (struct media_packet){.seq = seq, .ts = ts};
}

/* Packets first..end-1 are of one frame. The last may be shorter: it ends the train. */
static void pad_frame(struct feed_batch *b, unsigned first, unsigned end) {
    unsigned longest = 0;
    for (unsigned i = first; i < end; i++) {
        longest = b->p[i].payload_len > longest ? b->p[i].payload_len : longest;
    }
    for (unsigned i = first; i + 1 < end; i++) {
        unsigned lacks = longest - b->p[i].payload_len;
        b->p[i].padding = (uint8_t)(lacks <= BATCH_PADDING ? lacks : 0);
    }
}

void feed_batch_pad(struct feed_batch *b) {
    for (unsigned first = 0, end; first < b->n; first = end) {
        end = first + 1;
        while (end < b->n && b->p[end].ts == b->p[first].ts) {
            end++;
        }
        if (end - first > 1) {
            pad_frame(b, first, end);
        }
    }
}

void feed_batch_clear(struct feed_batch *b) {
    for (unsigned i = 0; i < b->n; i++) {
        packet_unref(b->p[i].packet);
    }
    b->n = 0;
    list_remove(&b->in);
}
