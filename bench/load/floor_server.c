#include "bench/load/floor_server.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seq.h"
#include "bench/traffic.h"
#include "media/wire/rtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#define BATCH 64 /* datagrams in one system call */
#define PACKET_MAX 1600
#define GCM_TAG 16

/* A packet of the frame that is being collected, opened. */
struct plain {
    uint64_t index;
    size_t header, len;
    uint8_t data[PACKET_MAX];
};

struct feeder {
    struct addr addr;
    struct srtp_opener *opener;
    unsigned first, end; /* viewers */
    uint64_t high[2];    /* SRTP index of audio, video */
    unsigned n;
    struct plain frame[BURST_MAX];
};

/* A message is a train: packets of one viewer, one after the other in `data`. */
struct out {
    unsigned messages, packets;
    struct mmsghdr msg[BATCH];
    struct iovec iov[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][CMSG_SPACE(sizeof(uint16_t))];
    struct srtp_job jobs[BATCH];
    size_t used; /* [bytes] of data */
    uint8_t data[BATCH * PACKET_MAX];
};

struct floor_state {
    const struct floor_config *config;
    struct feeder *feeders;
    struct srtp_sealer **sealers[FLOOR_ENGINES]; /* NULL = not on this machine */
    struct sockaddr_in *names;
    struct out out;
};

/* ---- out ---- */

static void flush(struct floor_state *f) {
    struct out *o = &f->out;
    srtp_seal_batch(o->jobs, o->packets);
    for (unsigned i = 0; i < o->packets; i++) {
        CHECK(o->jobs[i].len == o->jobs[i].cap);
    }
    for (unsigned at = 0; at < o->messages;) {
        int n = sendmmsg(f->config->fd, o->msg + at, o->messages - at, 0);
        CHECK(n > 0);
        at += (unsigned)n;
    }
    o->messages = o->packets = 0;
    o->used = 0;
}

static void set_segment(struct msghdr *m, uint8_t *control, uint16_t size) {
    m->msg_control = control;
    m->msg_controllen = CMSG_SPACE(sizeof(size));
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(size));
    memcpy(CMSG_DATA(c), &size, sizeof(size));
}

static void add_job(struct out *o, struct srtp_sealer *sealer, const struct plain *p) {
    size_t len = p->len + GCM_TAG;
    struct bytes payload = bytes_of(p->data + p->header, p->len - p->header);
    o->jobs[o->packets++] = (struct srtp_job){.sealer = sealer,
                                              .index = p->index,
                                              .header = bytes_of(p->data, p->header),
                                              .plain = {.piece = {payload}, .n = 1},
                                              .out = o->data + o->used,
                                              .cap = len};
    o->used += len;
}

/* n packets of equal length, but for the last, become one message to a viewer. */
static void send_train(struct floor_state *f, unsigned viewer, const struct plain *p, unsigned n) {
    struct out *o = &f->out;
    unsigned engine = atomic_load_explicit(f->config->engine, memory_order_relaxed);
    if (o->packets + n > BATCH) {
        flush(f);
    }
    unsigned i = o->messages++;
    uint8_t *begin = o->data + o->used;
    for (unsigned k = 0; k < n; k++) {
        add_job(o, f->sealers[engine][viewer], &p[k]);
    }
    o->iov[i] = (struct iovec){begin, (size_t)(o->data + o->used - begin)};
    o->msg[i].msg_hdr = (struct msghdr){.msg_name = &f->names[viewer],
                                        .msg_namelen = sizeof(f->names[viewer]),
                                        .msg_iov = &o->iov[i],
                                        .msg_iovlen = 1};
    if (n > 1) {
        set_segment(&o->msg[i].msg_hdr, o->control[i], (uint16_t)(p[0].len + GCM_TAG));
    }
}

/* RFC 3550 section 5.1: the last byte of the padding counts all of it. */
static void pad(struct plain *p, size_t len) {
    size_t more = len - p->len;
    if (more > 0) {
        memset(p->data + p->len, 0, more);
        p->data[len - 1] = (uint8_t)more;
        p->data[0] |= 0x20;
        p->len = len;
    }
}

/* The packets of a train must have one length; only the last may be shorter. */
static void level(struct plain *p, unsigned n) {
    size_t longest = 0;
    for (unsigned i = 0; i < n; i++) {
        longest = p[i].len > longest ? p[i].len : longest;
    }
    for (unsigned i = 0; i + 1 < n; i++) {
        pad(&p[i], longest);
    }
}

static void forward(struct floor_state *f, struct feeder *p, unsigned train) {
    for (unsigned i = 0; i < p->n; i += train) {
        level(&p->frame[i], p->n - i < train ? p->n - i : train);
    }
    for (unsigned v = p->first; v < p->end; v++) {
        for (unsigned i = 0; i < p->n; i += train) {
            send_train(f, v, &p->frame[i], p->n - i < train ? p->n - i : train);
        }
    }
    flush(f);
    p->n = 0;
}

/* ---- in ---- */

static struct feeder *feeder_of(struct floor_state *f, const struct sockaddr_in *from) {
    for (unsigned i = 0; i < f->config->n_publishers; i++) {
        if (htons(f->feeders[i].addr.port) == from->sin_port) {
            return &f->feeders[i];
        }
    }
    return NULL;
}

/* The nearest index to the highest one (RFC 3711 section 3.3.1). */
static uint64_t index_of(uint64_t *high, uint16_t seq) {
    int16_t ahead = seq16_diff(seq, (uint16_t)*high);
    uint64_t index = *high == 0 ? seq : *high + (uint64_t)(int64_t)ahead;
    *high = index > *high ? index : *high;
    return index;
}

static void take(struct floor_state *f, struct feeder *p, uint8_t *data, size_t len) {
    struct rtp r;
    if (wire_classify(bytes_of(data, len)) != WIRE_RTP || srtp_open_rtp(p->opener, data, &len) ||
        rtp_parse(bytes_of(data, len), &r) != OK) {
        return;
    }
    bool video = r.pt != 111;
    struct plain *k = &p->frame[p->n++];
    k->index = index_of(&p->high[video], r.seq);
    k->header = r.header_len;
    k->len = len;
    memcpy(k->data, data, len);
    if (!video || r.marker || p->n == BURST_MAX) {
        unsigned train = atomic_load_explicit(f->config->train, memory_order_relaxed);
        forward(f, p, train);
    }
}

static void serve(struct floor_state *f) {
    static uint8_t data[BATCH][PACKET_MAX];
    static struct sockaddr_in from[BATCH];
    static struct iovec iov[BATCH];
    static struct mmsghdr msg[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){data[i], PACKET_MAX};
        msg[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                         .msg_namelen = sizeof(from[i]),
                                         .msg_iov = &iov[i],
                                         .msg_iovlen = 1};
    }
    int n = recvmmsg(f->config->fd, msg, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) {
        struct feeder *p = feeder_of(f, &from[i]);
        if (p) {
            take(f, p, data[i], msg[i].msg_len);
        }
    }
}

/* ---- start ---- */

static struct srtp_sealer **make_sealers(const struct floor_config *c, enum srtp_aead library) {
    if (srtp_aead_choose(library, NULL) != OK) {
        return NULL;
    }
    struct srtp_sealer **s = mem_zalloc(c->n_viewers, sizeof(s[0]));
    CHECK(s);
    for (unsigned i = 0; i < c->n_viewers; i++) {
        CHECK((s[i] = srtp_sealer_new(&c->viewers[i].keys)));
    }
    return s;
}

static void set_up_feeder(struct feeder *p, const struct floor_config *c,
                          const struct floor_peer *publisher) {
    p->addr = publisher->addr;
    CHECK((p->opener = srtp_opener_new(&publisher->keys)));
    for (unsigned v = 0; v < c->n_viewers; v++) {
        bool mine = c->viewers[v].room == publisher->room;
        p->first = mine && p->end == 0 ? v : p->first;
        p->end = mine ? v + 1 : p->end;
    }
}

static void set_up(struct floor_state *f) {
    const struct floor_config *c = f->config;
    f->feeders = mem_zalloc(c->n_publishers, sizeof(f->feeders[0]));
    f->names = mem_zalloc(c->n_viewers, sizeof(f->names[0]));
    CHECK(f->feeders && f->names);
    f->sealers[FLOOR_OPENSSL] = make_sealers(c, SRTP_AEAD_OPENSSL);
    f->sealers[FLOOR_IPSEC_MB] = make_sealers(c, SRTP_AEAD_IPSEC_MB);
    for (unsigned i = 0; i < c->n_viewers; i++) {
        const struct addr *a = &c->viewers[i].addr;
        f->names[i].sin_family = AF_INET;
        f->names[i].sin_port = htons(a->port);
        memcpy(&f->names[i].sin_addr, a->ip + 12, 4);
    }
    for (unsigned i = 0; i < c->n_publishers; i++) {
        set_up_feeder(&f->feeders[i], c, &c->publishers[i]);
    }
}

_Noreturn void floor_serve(const struct floor_config *c) {
    static struct floor_state f;
    f.config = c;
    set_up(&f);
    for (;;) {
        serve(&f);
    }
}
