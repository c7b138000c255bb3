#include "media/engine/red_in.h"

#include "media/wire/opus.h"

static bool is_ours(const struct inbound *in, const struct red_block *b) {
    return b->pt == in->line->s.pt;
}

bool red_in_open(const struct inbound *in, struct rtp *r, struct red *ret) {
    if (red_parse(r->payload, ret) != OK || !is_ours(in, &ret->primary)) {
        return false;
    }
    r->pt = ret->primary.pt;
    r->payload = ret->primary.payload;
    return true;
}

/* There is a buffer to spare, and a place in the batch beside those of all inputs to come. */
static bool room(const struct layer *l, const struct packet *k) {
    const struct engine *e = l->flow->tour->engine;
    unsigned to_come = ENGINE_BATCH_MAX - e->n_inputs + 1;
    return l->feed.batch.n + to_come < BATCH_MAX && !packet_pool_below(k->pool, e->c.pool_reserve);
}

static struct packet *write(const struct packet *k, const struct rtp *r, struct bytes payload) {
    struct packet *x = packet_take(k->pool);
    if (!x) {
        return NULL;
    }
    size_t n = rtp_write_header(x->data, sizeof(x->data), r, NULL, 0);
    memcpy(x->data + n, payload.p, payload.n); /* RED_LEN_MAX bytes at most */
    x->len = (uint16_t)(n + payload.n);
    x->arrival = k->arrival;
    x->from = k->from;
    x->to = k->to;
    return x;
}

struct packet *red_in_repair(struct layer *l, const struct packet *k, const struct rtp *r,
                             const struct red *red, unsigned i) {
    const struct inbound *in = inbound_of(l);
    const struct red_block *b = &red->redundant[i];
    struct seq_ext ext = in->books->stats.ext;
    us_t length = opus_packet_duration(b->payload);
    struct recv_red_block found = {.seq = seq16_extend(&ext, r->seq),
                                   .ts = r->ts,
                                   .back = b->back,
                                   .nth = (uint16_t)(red->n - i),
                                   .length = (uint32_t)(length * 48 / US_PER_MS)};
    uint64_t seq = 0;
    if (!is_ours(in, b) || !recv_red_place(&in->books->red, &found, &seq) || !room(l, k)) {
        return NULL;
    }
    struct rtp own = {.pt = b->pt, .seq = (uint16_t)seq, .ts = r->ts - b->back, .ssrc = r->ssrc};
    return write(k, &own, b->payload);
}
