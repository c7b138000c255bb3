#include "bench/engine/house.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/sim_stun.h"

#include <stdio.h>
#include <sys/mman.h>

#define PEERS_MAX (HOUSE_VIEWERS_MAX + 1)
#define SLOTS_SIZE (PEERS_MAX * sizeof(struct session_slot))
#define POOL 8192
#define N_SOURCES 3
#define N_GALLERY 8
#define N_AUDIO 3
#define CHECK_EVERY US_PER_S

enum { PT_OPUS = 111, PT_VP8 = 96, PT_RTX = 97 };
enum { MIC, CAM };
enum { EXT_MID = 4, EXT_LEVEL = 1, EXT_TWCC = 3 };

static struct session_line *add_line(struct session_params *s, bool audio) {
    struct session_line *l = &s->lines[s->n_lines];
    *l = (struct session_line){.codec = audio ? CODEC_OPUS : CODEC_VP8,
                               .pt = audio ? PT_OPUS : PT_VP8,
                               .rtx_pt = audio ? 0 : PT_RTX,
                               .nack = !audio,
                               .pli = !audio};
    l->ext.id[RTP_EXT_MID] = EXT_MID;
    l->ext.id[RTP_EXT_AUDIO_LEVEL] = audio ? EXT_LEVEL : 0;
    l->ext.id[RTP_EXT_TWCC] = EXT_TWCC;
    l->twcc = true;
    snprintf(l->mid, sizeof(l->mid), "%u", s->n_lines++);
    return l;
}

static void add_slots(struct session_params *s, enum slot_kind kind, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        struct session_line *l = add_line(s, kind == SLOT_AUDIO);
        l->slot = (uint8_t)kind;
        l->slot_index = (uint8_t)i;
        l->ssrc = (uint32_t)(s->peer * 100 + s->n_lines);
        l->rtx_ssrc = l->rtx_pt ? l->ssrc + 50 : 0;
    }
}

/* The m-lines of our own client: three sources, a stage, eight gallery slots, three voices. */
static void fill_params(struct house *h, struct session_params *s, unsigned i) {
    static const uint8_t sources[N_SOURCES] = {SOURCE_MICROPHONE, SOURCE_CAMERA, SOURCE_SCREEN};
    *s = (struct session_params){
        .peer = i + 1U, .participant = i + 1U, .tour = HOUSE_TOUR, .host = i == 0, .cname = "o"};
    memcpy(s->fingerprint, dtls_identity_fingerprint(h->client), FINGERPRINT_LEN);
    rng_ice_chars(&h->rng, s->ice.local_ufrag, 8);
    rng_ice_chars(&h->rng, s->ice.local_pwd, 24);
    rng_ice_chars(&h->rng, s->ice.remote_ufrag, 4);
    rng_ice_chars(&h->rng, s->ice.remote_pwd, 24);
    for (unsigned k = 0; k < N_SOURCES; k++) {
        struct session_line *l = add_line(s, sources[k] == SOURCE_MICROPHONE);
        l->source = sources[k];
    }
    add_slots(s, SLOT_STAGE, 1);
    add_slots(s, SLOT_GALLERY, N_GALLERY);
    add_slots(s, SLOT_AUDIO, N_AUDIO);
}

static void input(struct house *h, const struct addr *from, const uint8_t *p, size_t n) {
    struct packet *k = packet_take(h->pool);
    CHECK(k && n > 0 && n <= PACKET_CAP);
    k->from = *from;
    k->arrival = h->now;
    k->len = (uint16_t)n;
    memcpy(k->data, p, n);
    engine_input(h->engine, h->now, k);
}

void house_discard(struct house *h) {
    static struct train train;
    struct media_event e;
    struct tap t;
    while (engine_output(h->engine, h->now, &train)) {
    }
    while (engine_event(h->engine, &e)) {
        CHECK(e.type != MEDIA_PEER_FAILED && e.type != MEDIA_PEER_GONE);
    }
    while (engine_tap(h->engine, &t)) {
        packet_unref(t.packet);
    }
}

static void check(struct house *h, const struct house_client *c) {
    uint8_t buf[256];
    struct wr w = wr_of(buf, sizeof(buf));
    struct stun_check k = {.c = &c->params.ice, .tie = c->params.peer, .nominate = true};
    rng_fill(&h->rng, k.id, sizeof(k.id));
    stun_write_check(&w, &k);
    CHECK(!w.bad);
    input(h, &c->addr, buf, wr_len(&w));
}

/* Tell the engine that everybody is alive; at least once a second is due. */
static void house_check(struct house *h) {
    h->checked_at = h->now;
    for (unsigned i = 0; i <= h->n_viewers; i++) {
        check(h, &h->clients[i]);
        house_discard(h);
    }
}

/* Hand the client what the engine has for it; true when its handshake is done. */
static bool answer(struct house *h, const struct house_client *c, struct dtls *dtls) {
    static struct train train;
    bool done = false;
    while (engine_output(h->engine, h->now, &train)) {
        struct bytes b = bytes_of(train.data, train.len);
        if (addr_eq(&train.to, &c->addr) && wire_classify(b) == WIRE_DTLS) {
            done = dtls_input(dtls, h->now, b) == DTLS_DONE;
        }
    }
    house_discard(h);
    return done;
}

static void handshake(struct house *h, struct house_client *c) {
    uint8_t out[PACKET_CAP];
    bool done = false;
    struct dtls *dtls = dtls_new(h->client, dtls_identity_fingerprint(h->server), true);
    CHECK(dtls);
    dtls_start(dtls, h->now);
    for (size_t n; (n = dtls_output(dtls, out, sizeof(out))) > 0;) {
        input(h, &c->addr, out, n);
        done = answer(h, c, dtls) || done;
    }
    CHECK(done && dtls_export(dtls, &c->keys) == OK);
    CHECK(c->keys.profile == SRTP_PROFILE_AEAD_AES_128_GCM);
    dtls_free(dtls);
}

static void join(struct house *h, const struct sink *sink, unsigned i) {
    struct house_client *c = &h->clients[i];
    CHECK(i < h->cap_clients);
    fill_params(h, &c->params, i);
    c->addr = sink_addr(sink, i);
    CHECK(engine_peer_add(h->engine, h->now, &c->params) == OK);
    CHECK((engine_peer_kept(h->engine, c->params.peer) != NULL) == (h->slots != NULL));
    check(h, c);
    house_discard(h);
    handshake(h, c);
}

/* As the server has them: of shared memory, which is tmpfs. */
static struct session_slot *map_slots(void) {
    void *at = mmap(NULL, SLOTS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

void house_open(struct house *h, const struct sink *sink, unsigned n, bool kept) {
    CHECK(n <= HOUSE_VIEWERS_MAX && srtp_library_init() == OK);
    *h = (struct house){.now = US_PER_S, .cap_clients = n + 1, .keyframes = true, .index = {1, 1}};
    wall_t wall = {1790000000000000};
    rng_seed(&h->seed, 42);
    h->rng = rng_from_seeded(&h->seed);
    h->server = dtls_identity_new(wall);
    h->client = dtls_identity_new(wall);
    h->pool = packet_pool_new(POOL);
    h->clients = mem_zalloc(h->cap_clients, sizeof(h->clients[0]));
    h->slots = kept ? map_slots() : NULL;
    CHECK(h->server && h->client && h->pool && h->clients);
    struct engine_config c = sim_config(h->server, h->rng);
    c.max_peers = PEERS_MAX;
    c.slots = h->slots;
    c.max_tours = 4096;
    h->engine = engine_new(&c);
    CHECK(h->engine && engine_tour_add(h->engine, HOUSE_TOUR) == OK);
    engine_slots(h->engine, PEERS_MAX);
    join(h, sink, 0);
    h->sealer = srtp_sealer_new(&h->clients[0].keys);
    CHECK(h->sealer);
}

void house_close(struct house *h) {
    engine_free(h->engine);
    srtp_sealer_free(h->sealer);
    mem_free(h->clients);
    if (h->slots) {
        munmap(h->slots, SLOTS_SIZE);
    }
    packet_pool_free(h->pool);
    dtls_identity_free(h->server);
    dtls_identity_free(h->client);
}

void house_add(struct house *h, const struct sink *sink) {
    join(h, sink, ++h->n_viewers);
}

/* RFC 7741 section 4.2 and 4.3: a descriptor with 15-bit picture id and TL0PICIDX, and at the
 * start of a frame the first byte of its header. */
static void write_payload(struct house *h, uint8_t *out, const struct burst *b, unsigned i) {
    memset(out, (int)(h->fed & 0xff), b->payload[i]);
    if (!b->video) {
        return;
    }
    out[0] = i == 0 ? 0x90 : 0x80;
    out[1] = 0xe0;
    put_be16(out + 2, (uint16_t)(0x8000 | h->picture_id));
    out[4] = (uint8_t)h->picture_id;
    out[5] = 0;
    out[6] = h->keyframes ? 0x10 : 0x11;
}

static struct packet *make_packet(struct house *h, const struct burst *b, unsigned i) {
    uint8_t head[64], payload[VIDEO_PAYLOAD], level = 0x80 | 20, twcc[2];
    const struct session_line *l = &h->clients[0].params.lines[b->video ? CAM : MIC];
    struct rtp_write_ext ext[3] = {{EXT_MID, 1, (const uint8_t *)l->mid},
                                   {EXT_TWCC, sizeof(twcc), twcc},
                                   {EXT_LEVEL, 1, &level}};
    uint64_t index = h->index[b->video]++;
    us_t ticks = b->at * (b->video ? 90000 : 48000) / US_PER_S;
    struct rtp r = {.pt = l->pt,
                    .marker = b->video && i + 1 == b->n,
                    .seq = (uint16_t)index,
                    .ts = (uint32_t)ticks,
                    .ssrc = b->video ? 0x1001 : 0x1000};
    put_be16(twcc, h->twcc++);
    write_payload(h, payload, b, i);
    size_t n = rtp_write_header(head, sizeof(head), &r, ext, b->video ? 2 : 3);
    struct packet *k = packet_take(h->pool);
    CHECK(n > 0 && k);
    struct wr w = wr_of(k->data, sizeof(k->data));
    k->len = (uint16_t)srtp_seal_rtp(h->sealer, index, bytes_of(head, n),
                                     bytes_of(payload, b->payload[i]), &w);
    k->from = h->clients[0].addr;
    k->arrival = h->now;
    CHECK(k->len > 0);
    h->fed++;
    return k;
}

struct burst house_next(struct house *h, struct packet *ret[BURST_MAX]) {
    struct burst b = traffic_next(&h->traffic);
    h->now = us_max(h->now, US_PER_S + b.at);
    if (h->now - h->checked_at >= CHECK_EVERY) {
        house_check(h);
    }
    h->picture_id = (h->picture_id + b.video) & 0x7fff;
    for (unsigned i = 0; i < b.n; i++) {
        ret[i] = make_packet(h, &b, i);
    }
    return b;
}
