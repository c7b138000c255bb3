/* The client half of the rig. */
#include "media/wire/vp9.h"
#include "tests/sim/sim_stun.h"
#include "tests/unit/engine/rig.h"

#include <stdlib.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

enum { EXT_MID = 1, EXT_LEVEL = 2, EXT_TWCC = 3, EXT_RID = 4, EXT_RRID = 5 };
enum { EXTS_MAX = 5 };
enum { PT_OPUS = 111, PT_VP8 = 96, PT_RTX = 97 };

static struct session_line line_of(uint64_t handle, unsigned i) {
    static const uint8_t sources[3] = {SOURCE_MICROPHONE, SOURCE_CAMERA, SOURCE_SCREEN};
    bool slot = i > SCREEN, audio = i == MIC || i >= AUDIO0;
    struct session_line l = {.codec = audio ? CODEC_OPUS : CODEC_VP8,
                             .pt = audio ? PT_OPUS : PT_VP8,
                             .rtx_pt = audio ? 0 : PT_RTX,
                             .nack = !audio,
                             .pli = !audio,
                             .twcc = !slot};
    snprintf(l.mid, sizeof(l.mid), "%u", i);
    if (slot) {
        l.slot = i == STAGE ? SLOT_STAGE : i < AUDIO0 ? SLOT_GALLERY : SLOT_AUDIO;
        l.slot_index = (uint8_t)(i == STAGE ? 0 : i < AUDIO0 ? i - GALLERY0 : i - AUDIO0);
        l.ssrc = (uint32_t)(handle * 1000 + i);
        l.rtx_ssrc = audio ? 0 : l.ssrc + 100;
    } else {
        l.source = sources[i];
        l.ext.id[RTP_EXT_TWCC] = EXT_TWCC;
    }
    l.ext.id[RTP_EXT_MID] = EXT_MID;
    l.ext.id[RTP_EXT_AUDIO_LEVEL] = audio ? EXT_LEVEL : 0;
    return l;
}

static void set_ice(struct client *c, unsigned generation) {
    struct ice_credentials *i = &c->params.ice;
    unsigned h = (unsigned)c->params.peer;
    snprintf(i->local_ufrag, sizeof(i->local_ufrag), "srv%u.%u", h, generation);
    snprintf(i->local_pwd, sizeof(i->local_pwd), "server-password-%08u-%u", h, generation);
    snprintf(i->remote_ufrag, sizeof(i->remote_ufrag), "cli%u.%u", h, generation);
    snprintf(i->remote_pwd, sizeof(i->remote_pwd), "client-password-%08u-%u", h, generation);
}

struct client *client_new(struct rig *r, uint64_t handle) {
    struct client *c = calloc(1, sizeof(*c));
    CHECK(c && r->n_clients < RIG_CLIENTS);
    r->clients[r->n_clients++] = c;
    c->rig = r;
    c->addr = addr_v4(192, 0, 2, (uint8_t)handle, (uint16_t)(40000 + handle));
    c->params = (struct session_params){.peer = handle,
                                        .participant = handle,
                                        .tour = TOUR,
                                        .record_consent = true,
                                        .n_lines = N_LINES,
                                        .cname = "oriel-test"};
    memcpy(c->params.fingerprint, dtls_identity_fingerprint(rig_identity(true)), FINGERPRINT_LEN);
    set_ice(c, 0);
    for (unsigned i = 0; i < N_LINES; i++) {
        c->params.lines[i] = line_of(handle, i);
    }
    c->priority = 1853693695; /* host candidate */
    for (unsigned i = 0; i < 5; i++) {
        c->streams[i] = (struct sent_stream){.ssrc = (uint32_t)(900000 + handle * 10 + i),
                                             .rtx_ssrc = (uint32_t)(800000 + handle * 10 + i),
                                             .next = 100,
                                             .rtx_next = 500,
                                             .ts = 5000,
                                             .picture_id = 10,
                                             .tl0picidx = 20};
    }
    return c;
}

void client_simulcast(struct client *c) {
    struct session_line *l = &c->params.lines[CAM];
    l->n_rids = 3;
    strcpy(l->rid[0], "h");
    strcpy(l->rid[1], "m");
    strcpy(l->rid[2], "l");
    l->ext.id[RTP_EXT_RID] = EXT_RID;
    l->ext.id[RTP_EXT_RRID] = EXT_RRID;
}

struct sent_stream *client_stream(struct client *c, uint8_t line, uint8_t layer) {
    return &c->streams[layer > 0 ? SCREEN + layer : line];
}

void client_close(struct client *c) {
    rig_send(c->rig, &c->addr, c->farewell, c->farewell_len);
}

void client_check(struct client *c, bool nominate) {
    client_check_from(c, &c->addr, nominate);
}

void client_check_from(struct client *c, const struct addr *from, bool nominate) {
    StunAgent agent;
    StunMessage m;
    uint8_t buf[512];
    char user[2 * ICE_UFRAG_MAX + 2];
    const struct ice_credentials *i = &c->params.ice;
    snprintf(user, sizeof(user), "%s:%s", i->local_ufrag, i->remote_ufrag);
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    size_t n = stun_usage_ice_conncheck_create(&agent, &m, buf, sizeof(buf), (const uint8_t *)user,
                                               strlen(user), (const uint8_t *)i->local_pwd,
                                               strlen(i->local_pwd), nominate, true, c->priority, 1,
                                               NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    CHECK(n > 0);
    rig_send(c->rig, from, buf, n);
}

void client_hello(struct client *c) {
    c->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    if (c->dtls) {
        dtls_start(c->dtls, c->rig->now);
    }
    rig_pump(c->rig);
}

void client_join(struct client *c) {
    EXPECT_EQ(engine_peer_add(c->rig->engine, c->rig->now, &c->params), OK);
    client_check(c, true);
    EXPECT_EQ(c->stun_replies, 1);
    client_hello(c);
    EXPECT(c->connected);
    c->alive = true;
    c->check_at = c->rig->now + US_PER_S;
}

struct client *rig_join(struct rig *r, uint64_t handle) {
    struct client *c = client_new(r, handle);
    client_join(c);
    return c;
}

void client_drop(struct client *c) {
    c->dtls = dtls_free(c->dtls);
    c->opener = srtp_opener_free(c->opener);
    c->sealer = srtp_sealer_free(c->sealer);
    c->connected = false;
    c->alive = false;
}

static void on_dtls(struct client *c, us_t now, const struct datagram *d) {
    c->dtls_in++;
    c->closed = c->closed || dtls_is_close(&c->reader, bytes_of(d->data, d->len));
    if (!c->dtls || dtls_input(c->dtls, now, bytes_of(d->data, d->len)) != DTLS_DONE ||
        c->connected) {
        return;
    }
    if (dtls_export(c->dtls, &c->keys) == OK) {
        c->opener = srtp_opener_new(&c->keys);
        c->sealer = srtp_sealer_new(&c->keys);
        EXPECT_EQ(dtls_reader_export(c->dtls, &c->reader), OK);
        EXPECT_EQ(dtls_farewell(c->dtls, c->farewell, &c->farewell_len), OK);
        c->connected = c->opener && c->sealer;
    }
}

static int line_by_ssrc(const struct client *c, uint32_t ssrc, bool *ret_rtx) {
    for (unsigned i = STAGE; i < c->params.n_lines; i++) {
        const struct session_line *l = &c->params.lines[i];
        if (l->ssrc == ssrc || (l->rtx_ssrc && l->rtx_ssrc == ssrc)) {
            *ret_rtx = l->ssrc != ssrc;
            return (int)i;
        }
    }
    return -1;
}

static void read_payload(const struct client *c, struct bytes b, struct got *g) {
    struct vp8 d;
    if (c->params.lines[g->line].codec == CODEC_VP8 && vp8_parse(b, &d) == OK) {
        g->keyframe = d.start && d.keyframe;
        g->picture_id = d.ids.picture_id;
        g->tl0picidx = d.ids.tl0picidx;
    }
    struct vp9 v;
    if (c->params.lines[g->line].codec == CODEC_VP9 && vp9_parse(b, &v) == OK) {
        g->keyframe = v.first && !v.inter && v.spatial == 0;
        g->picture_id = v.ids.picture_id;
        g->spatial = v.spatial;
        g->temporal = v.temporal;
    }
    /* Nonsense is passed on, and an Opus packet that says that there is silence has no mark. */
    EXPECT(b.n >= 6 || b.n <= OPUS_DTX_MAX || c->params.lines[g->line].codec == CODEC_VP8);
    if (b.n >= 6) {
        b = bytes_of(b.p + b.n - 6, 6); /* the mark is at the end */
        g->sender = be16(b.p);
        g->number = be32(b.p + 2);
    }
}

/* Blocks from the same source, the oldest first, in front of the primary one. */
static void undo_red(const struct session_line *l, struct rtp *r, struct got *g) {
    struct red red;
    REQUIRE(red_parse(r->payload, &red) == OK && red.n > 0);
    EXPECT_EQ(red.primary.pt, l->pt);
    for (unsigned i = 0; i < red.n; i++) {
        struct bytes b = red.redundant[i].payload;
        REQUIRE(b.n >= 6 && red.redundant[i].pt == l->pt);
        uint32_t number = be32(b.p + b.n - 4);
        EXPECT(i == 0 || (number > g->before && red.redundant[i].back < g->back));
        g->before = number;
        g->back = red.redundant[i].back;
    }
    g->red = (uint8_t)red.n;
    r->payload = red.primary.payload;
}

static void note_descriptor(const struct rtp *r, const struct session_line *l, struct got *g) {
    struct bytes found = rtp_ext_find(r, l->ext.id[RTP_EXT_DEPENDENCY]);
    REQUIRE(found.n <= sizeof(g->descriptor));
    memcpy(g->descriptor, found.n ? found.p : g->descriptor, found.n);
    g->descriptor_len = (uint8_t)found.n;
    g->two_byte = r->ext_profile == 0x1000;
}

static void on_rtp(struct client *c, const uint8_t *p, size_t n) {
    struct rtp r;
    struct got g = {0};
    EXPECT_EQ(rtp_parse(bytes_of(p, n), &r), OK);
    if (c->opened && c->opened(c, p, n)) {
        return;
    }
    int line = line_by_ssrc(c, r.ssrc, &g.rtx);
    EXPECT(line >= 0);
    c->seen_seq = g.rtx ? c->seen_seq : r.seq;
    if (line < 0 || c->n_got == RIG_GOT) {
        c->lost++;
        return;
    }
    const struct session_line *l = &c->params.lines[line];
    struct bytes mid = rtp_ext_find(&r, EXT_MID), level = rtp_ext_find(&r, EXT_LEVEL);
    EXPECT(bytes_eq(mid, bytes_of(l->mid, strlen(l->mid))));
    bool red = l->red_pt && r.pt == l->red_pt;
    EXPECT_EQ(r.pt, g.rtx ? l->rtx_pt : red ? l->red_pt : l->pt);
    bool voice;
    g.line = (uint8_t)line;
    g.marker = r.marker;
    g.seq = r.seq;
    g.ts = r.ts;
    note_descriptor(&r, l, &g);
    g.has_level = rtp_audio_level(level, &g.level, &voice);
    if (g.rtx) {
        EXPECT(r.payload.n >= 2);
        g.osn = be16(r.payload.p);
        r.payload = bytes_of(r.payload.p + 2, r.payload.n - 2);
    }
    if (red) {
        undo_red(l, &r, &g);
    }
    read_payload(c, r.payload, &g);
    c->got[c->n_got++] = g;
}

/* Packets with the status "not received" in a transport-wide feedback. */
static unsigned twcc_lost(struct bytes body) {
    struct rd r = rd_of(body.p, body.n);
    unsigned lost = 0;
    rd_skip(&r, 6);
    unsigned count = rd_u16(&r);
    rd_skip(&r, 4);
    for (unsigned n = 0; n < count && !r.bad;) {
        uint16_t chunk = rd_u16(&r);
        bool vector = chunk & 0x8000;
        unsigned bits = chunk & 0x4000 ? 2 : 1, run = vector ? 14 / bits : chunk & 0x1fff;
        for (unsigned i = 0; i < run && n < count; i++, n++) {
            unsigned symbol =
                vector ? chunk >> (14 - bits * (i + 1)) & ((1u << bits) - 1) : chunk >> 13 & 3;
            lost += symbol == 0;
        }
    }
    return lost;
}

static void on_payload_feedback(struct client *c, const struct rtcp_packet *r) {
    uint64_t bitrate;
    if (rtcp_remb_parse(r, &bitrate) == OK) {
        c->n_remb++;
    } else if (r->count == RTCP_FMT_FIR) {
        c->n_fir++;
        EXPECT_EQ(rtcp_fb_media_ssrc(r), 0); /* RFC 5104 section 4.3.1.2 */
        EXPECT_EQ(rtcp_fir_at(r, 0, &c->fir_ssrc, &c->fir_nr), OK);
        EXPECT(r->body.n == 12);
    } else {
        EXPECT_EQ(r->count, RTCP_FMT_PLI);
        c->n_pli++;
        c->pli_ssrc = rtcp_fb_media_ssrc(r);
    }
}

static void on_feedback(struct client *c, const struct rtcp_packet *r) {
    uint16_t seqs[17];
    unsigned n;
    if (r->type == RTCP_PSFB) {
        on_payload_feedback(c, r);
    } else if (r->count == RTCP_FMT_TWCC) {
        c->n_twcc++;
        c->twcc_lost += twcc_lost(r->body);
    } else {
        c->n_nack++;
        for (unsigned i = 0; rtcp_nack_at(r, i, seqs, &n) == OK; i++) {
            for (unsigned j = 0; j < n && c->n_nacked < 64; j++) {
                c->nacked[c->n_nacked++] = seqs[j];
                c->nacked_ssrc = rtcp_fb_media_ssrc(r);
            }
        }
    }
}

static void on_rtcp(struct client *c, us_t now, const uint8_t *p, size_t n) {
    struct bytes rest = bytes_of(p, n);
    struct rtcp_packet r;
    enum err err;
    bool report = false;
    while ((err = rtcp_next(&rest, &r)) == OK) {
        report = report || r.type == RTCP_SR || r.type == RTCP_RR;
        c->n_sr += r.type == RTCP_SR && rtcp_sr_parse(&r, &c->sr) == OK;
        c->n_rr += (r.type == RTCP_SR || r.type == RTCP_RR) && rtcp_report_at(&r, 0, &c->rr) == OK;
        c->n_blocks =
            (r.type == RTCP_SR || r.type == RTCP_RR) && r.count > 0 ? r.count : c->n_blocks;
        c->n_sdes += r.type == RTCP_SDES;
        c->n_bye += r.type == RTCP_BYE;
        if (r.type == RTCP_RTPFB || r.type == RTCP_PSFB) {
            on_feedback(c, &r);
        }
    }
    EXPECT_EQ(err, ERR_AGAIN);
    if (report) {
        c->rtcp_gap = c->rtcp_at ? us_max(c->rtcp_gap, now - c->rtcp_at) : 0;
        c->rtcp_at = now;
    }
}

void client_input(struct client *c, us_t now, const struct datagram *d) {
    uint8_t buf[PACKET_CAP], id[STUN_ID_LEN];
    size_t n = d->len;
    enum wire_kind kind = wire_classify(bytes_of(d->data, d->len));
    EXPECT(kind != WIRE_OTHER);
    if (kind == WIRE_RTP && be32(d->data + 8) == c->params.lines[STAGE].ssrc) {
        unsigned k = be16(d->data + 2) % 8;
        c->last_len[k] = n;
        memcpy(c->deaf ? c->deaf_bytes[k] : c->last_bytes[k], d->data, n);
    }
    memcpy(buf, d->data, n);
    if (kind == WIRE_STUN && stun_read_check(bytes_of(buf, n), c->params.ice.remote_pwd, id)) {
        struct wr w = wr_of(c->answer, sizeof(c->answer));
        stun_write_response(&w, id, c->params.ice.remote_pwd, &c->addr);
        c->answer_len = c->mute_checks ? 0 : wr_len(&w);
        c->challenges++;
    } else if (kind == WIRE_STUN) {
        c->stun_replies++;
    } else if (kind == WIRE_DTLS) {
        on_dtls(c, now, d);
    } else if (c->deaf || !c->opener) {
        return;
    } else if (kind == WIRE_RTP) {
        EXPECT_EQ(srtp_open_rtp(c->opener, buf, &n), OK);
        on_rtp(c, buf, n);
    } else {
        EXPECT_EQ(srtp_open_rtcp(c->opener, buf, &n), OK);
        on_rtcp(c, now, buf, n);
    }
}

#define PAYLOAD_MAX 1560

static size_t write_payload(struct client *c, const struct packet_spec *s, struct sent_stream *st,
                            uint8_t out[PAYLOAD_MAX]) {
    struct wr w = wr_of(out, PAYLOAD_MAX);
    if (c->params.lines[s->line].codec == CODEC_VP8) {
        if (!s->inside) {
            st->picture_id = (uint16_t)((st->picture_id + 1) & 0x7fff);
            st->tl0picidx = (uint8_t)(st->tl0picidx + (s->temporal <= 1));
        }
        wr_u8(&w, s->inside ? 0x80 : 0x90); /* X, S (RFC 7741 section 4.2) */
        wr_u8(&w, 0xe0);                    /* I, L, T */
        wr_u16(&w, (uint16_t)(0x8000 | st->picture_id));
        wr_u8(&w, st->tl0picidx);
        wr_u8(&w, s->temporal ? (uint8_t)((s->temporal - 1) << 6 | s->sync << 5) : 0); /* TID, Y */
        wr_u8(&w, s->keyframe ? 0 : 1); /* P (section 4.3) */
        wr_zero(&w, s->size);
    } else {
        wr_bytes(&w, s->raw.p, s->raw.n);
        wr_zero(&w, s->size);
    }
    if (s->plain) {
        return wr_len(&w);
    }
    wr_u16(&w, (uint16_t)c->params.participant);
    wr_u32(&w, ++c->number);
    return wr_len(&w);
}

static size_t write_exts(struct client *c, const struct packet_spec *s, bool rtx, uint8_t store[4],
                         struct rtp_write_ext ext[EXTS_MAX]) {
    const struct session_line *l = &c->params.lines[s->line];
    size_t n = 0;
    if (!s->no_mid && l->ext.id[RTP_EXT_MID]) {
        ext[n++] = (struct rtp_write_ext){.id = l->ext.id[RTP_EXT_MID],
                                          .len = (uint8_t)strlen(l->mid),
                                          .p = (const uint8_t *)l->mid};
    }
    if (!s->no_rid && l->n_rids > 0) {
        const char *rid = l->rid[s->layer];
        ext[n++] = (struct rtp_write_ext){.id = l->ext.id[rtx ? RTP_EXT_RRID : RTP_EXT_RID],
                                          .len = (uint8_t)strlen(rid),
                                          .p = (const uint8_t *)rid};
    }
    if (l->ext.id[RTP_EXT_AUDIO_LEVEL]) {
        store[0] = (uint8_t)(0x80 | s->level);
        ext[n++] =
            (struct rtp_write_ext){.id = l->ext.id[RTP_EXT_AUDIO_LEVEL], .len = 1, .p = store};
    }
    if (l->ext.id[RTP_EXT_DEPENDENCY] && s->dependency.n > 0) {
        ext[n++] = (struct rtp_write_ext){.id = l->ext.id[RTP_EXT_DEPENDENCY],
                                          .len = (uint8_t)s->dependency.n,
                                          .p = s->dependency.p};
    }
    if (l->ext.id[RTP_EXT_TWCC]) {
        put_be16(store + 1, c->streams[0].twcc++);
        ext[n++] = (struct rtp_write_ext){.id = l->ext.id[RTP_EXT_TWCC], .len = 2, .p = store + 1};
    }
    return n;
}

static void seal_and_send(struct client *c, uint64_t index, const struct rtp *h,
                          const struct rtp_write_ext *ext, size_t n_ext) {
    uint8_t head[192], out[PACKET_CAP];
    size_t n = rtp_write_header(head, sizeof(head), h, ext, n_ext);
    struct wr w = wr_of(out, sizeof(out));
    CHECK(n > 0);
    n = srtp_seal_rtp(c->sealer, index, bytes_of(head, n), h->payload, &w);
    CHECK(n > 0);
    rig_send(c->rig, &c->addr, out, n);
}

uint16_t client_send(struct client *c, const struct packet_spec *s) {
    struct sent_stream *st = client_stream(c, s->line, s->layer);
    struct rtp_write_ext ext[EXTS_MAX];
    uint8_t store[4], payload[PAYLOAD_MAX];
    size_t n_ext = write_exts(c, s, false, store, ext);
    uint64_t index = st->next++;
    st->ts += s->ts_step ? s->ts_step : s->line == MIC ? 960 : s->inside ? 0 : 3000;
    struct rtp h = {.pt = s->pt ? s->pt : c->params.lines[s->line].pt,
                    .marker = s->marker,
                    .seq = (uint16_t)index,
                    .ts = st->ts,
                    .ssrc = s->ssrc ? s->ssrc : st->ssrc};
    size_t n = 0;
    if (s->padding) {
        h.padding = 16;
        memset(payload, 0, 16);
        payload[15] = 16; /* RFC 3550 section 5.1: the last byte counts the padding */
        n = 16;
    } else {
        n = write_payload(c, s, st, payload);
    }
    h.payload = bytes_of(payload, n);
    if (!s->drop) {
        seal_and_send(c, index, &h, ext, n_ext);
    }
    return (uint16_t)index;
}

void client_video(struct client *c, uint8_t line, bool keyframe) {
    client_send(c, &(struct packet_spec){.line = line, .keyframe = keyframe, .marker = true});
}

void client_share(struct client *c, unsigned i, bool keyframe) {
    static const uint8_t tids[] = {0, 2, 1, 2};
    client_send(c, &(struct packet_spec){.line = SCREEN,
                                         .keyframe = keyframe,
                                         .marker = true,
                                         .size = 1150,
                                         .temporal = (uint8_t)(tids[i % 4] + 1),
                                         .sync = i % 8 == 1 || i % 8 == 2});
}

void client_audio(struct client *c, uint8_t level) {
    client_send(c, &(struct packet_spec){.line = MIC, .level = level});
}

void client_send_rtx(struct client *c, uint8_t line, uint16_t osn, uint32_t number) {
    client_send_layer_rtx(c, &(struct packet_spec){.line = line}, osn, number);
}

void client_send_layer_rtx(struct client *c, const struct packet_spec *s, uint16_t osn,
                           uint32_t number) {
    struct sent_stream *st = client_stream(c, s->line, s->layer);
    struct rtp_write_ext ext[EXTS_MAX];
    uint8_t store[4], payload[PAYLOAD_MAX + 2];
    size_t n_ext = write_exts(c, s, true, store, ext);
    uint64_t index = st->rtx_next++;
    put_be16(payload, osn);
    c->number = number - 1;
    st->picture_id--;
    st->tl0picidx--;
    size_t n = write_payload(c, s, st, payload + 2);
    struct rtp h = {.pt = c->params.lines[s->line].rtx_pt,
                    .marker = true,
                    .seq = (uint16_t)index,
                    .ts = st->ts,
                    .ssrc = st->rtx_ssrc,
                    .payload = bytes_of(payload, n + 2)};
    seal_and_send(c, index, &h, ext, n_ext);
}

void client_rtcp(struct client *c, const struct wr *plain) {
    uint8_t out[1400];
    struct wr w = wr_of(out, sizeof(out));
    CHECK(!plain->bad);
    size_t n =
        srtp_seal_rtcp(c->sealer, c->srtcp_next++, bytes_of(plain->start, wr_len(plain)), &w);
    CHECK(n > 0);
    rig_send(c->rig, &c->addr, out, n);
}

void client_pli(struct client *c, uint8_t line) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_pli(&w, 1, c->params.lines[line].ssrc);
    client_rtcp(c, &w);
}

void client_nack(struct client *c, uint8_t line, uint16_t seq) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_nack(&w, 1, c->params.lines[line].ssrc, &seq, 1);
    client_rtcp(c, &w);
}

void client_remb(struct client *c, uint64_t rate) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_remb(&w, 1, rate, NULL, 0);
    client_rtcp(c, &w);
}

void client_sr(struct client *c, uint8_t line, uint64_t ntp, uint32_t ts) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_sr(&w, c->streams[line].ssrc, &(struct rtcp_sr){.ntp = ntp, .rtp_ts = ts}, NULL, 0);
    client_rtcp(c, &w);
}

unsigned client_count(const struct client *c, uint8_t line) {
    unsigned n = 0;
    for (unsigned i = 0; i < c->n_got; i++) {
        n += c->got[i].line == line && !c->got[i].rtx;
    }
    return n;
}

void client_runs_on(const struct client *c, uint8_t line, uint32_t max_step) {
    const struct got *last = NULL;
    for (unsigned i = 0; i < c->n_got; i++) {
        const struct got *g = &c->got[i];
        if (g->line != line || g->rtx) {
            continue;
        }
        if (last) {
            EXPECT_EQ(g->seq, (uint16_t)(last->seq + 1));
            EXPECT(g->ts - last->ts > 0 && g->ts - last->ts < max_step);
            EXPECT(line >= AUDIO0 || g->picture_id == ((last->picture_id + 1) & 0x7fff));
        }
        last = g;
    }
    EXPECT(last);
}

const struct got *client_last(const struct client *c, uint8_t line) {
    for (unsigned i = c->n_got; i-- > 0;) {
        if (c->got[i].line == line) {
            return &c->got[i];
        }
    }
    return NULL;
}
