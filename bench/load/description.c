#include "bench/load/description.h"

#include "signaling/sdp/sdp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { PT_OPUS = 111, PT_VP8 = 96, PT_RTX = 97 };

/* Ids of header extensions in our offers. */
static const struct rtp_ext_map offered[DESCRIPTION_LINES] = {
    {.id = {[RTP_EXT_MID] = 4, [RTP_EXT_AUDIO_LEVEL] = 1, [RTP_EXT_TWCC] = 3}},
    {.id = {[RTP_EXT_MID] = 4, [RTP_EXT_TWCC] = 3}},
};

/* ---- reading ---- */

static void take(char *out, size_t cap, struct span s) {
    size_t n = s.n < cap ? s.n : cap - 1;
    memcpy(out, s.p ? s.p : "", n);
    out[n] = '\0';
}

/* a=candidate:1 1 udp 2130706431 127.0.0.1 7000 typ host (RFC 8839 section 5.1) */
static bool read_candidate(const char *text, struct addr *ret) {
    for (const char *at = text; (at = strstr(at, "a=candidate:")) != NULL; at++) {
        char transport[8], ip[48], type[8];
        unsigned port;
        struct in_addr v4;
        int n = sscanf(at, "a=candidate:%*s 1 %7s %*u %47s %u typ %7s", transport, ip, &port, type);
        if (n == 4 && strcasecmp(transport, "udp") == 0 && strcmp(type, "host") == 0 &&
            port <= UINT16_MAX && inet_pton(AF_INET, ip, &v4) == 1) {
            *ret = addr_v4(0, 0, 0, 0, (uint16_t)port);
            memcpy(ret->ip + 12, &v4, 4);
            return true;
        }
    }
    return false;
}

/* RFC 4588 section 8.1: "apt=96" names what an RTX payload type repairs. */
static uint8_t rtx_of(const struct sdp_media *m, uint8_t pt) {
    char apt[16];
    int n = snprintf(apt, sizeof(apt), "apt=%u", pt);
    for (unsigned i = 0; i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (f->rtx && f->fmtp.n >= (size_t)n && memcmp(f->fmtp.p, apt, (size_t)n) == 0) {
            return f->pt;
        }
    }
    return 0;
}

static void read_line(const struct sdp_media *m, struct remote_line *l) {
    *l = (struct remote_line){.video = m->kind == SDP_VIDEO, .rsize = m->rtcp_rsize};
    uint8_t wanted = l->video ? CODEC_VP8 : CODEC_OPUS;
    take(l->mid, sizeof(l->mid), m->mid);
    for (unsigned i = 0; i < m->n_formats && !l->accepted; i++) {
        const struct sdp_format *f = &m->formats[i];
        uint8_t fb = (uint8_t)(f->fb | m->fb_all);
        if (f->codec == wanted && !f->rtx && m->port != 0) {
            l->accepted = true;
            l->pt = f->pt;
            l->rtx_pt = rtx_of(m, f->pt);
            l->nack = fb & SDP_FB_NACK;
            l->pli = fb & SDP_FB_PLI;
        }
    }
    for (unsigned i = 0; i < m->n_exts; i++) {
        if (m->exts[i].ext < RTP_EXT_COUNT && m->exts[i].id <= 14) {
            l->ext.id[m->exts[i].ext] = m->exts[i].id;
        }
    }
    l->ssrc = m->ssrc;
    l->rtx_ssrc = m->rtx_ssrc;
}

static bool read_transport(const struct sdp *s, struct remote_description *ret) {
    const struct sdp_transport *c = &s->common, *m = &s->media[0].transport;
    struct span ufrag = m->ufrag.n ? m->ufrag : c->ufrag, pwd = m->pwd.n ? m->pwd : c->pwd;
    take(ret->ufrag, sizeof(ret->ufrag), ufrag);
    take(ret->pwd, sizeof(ret->pwd), pwd);
    memcpy(ret->fingerprint, (m->has_fingerprint ? m : c)->fingerprint, FINGERPRINT_LEN);
    return ufrag.n > 0 && pwd.n > 0 && (m->has_fingerprint || c->has_fingerprint);
}

bool description_read(const char *text, size_t n, struct remote_description *ret, char *why) {
    static struct sdp s;
    *ret = (struct remote_description){0};
    if (sdp_parse(text, n, &s) != CODE_OK || s.n_media == 0) {
        snprintf(why, 128, "a session description that cannot be read");
    } else if (s.n_media > DESCRIPTION_LINES) {
        snprintf(why, 128, "a session description with %u m-lines", s.n_media);
    } else if (!read_transport(&s, ret)) {
        snprintf(why, 128, "a session description without ICE credentials or fingerprint");
    } else if (!read_candidate(text, &ret->candidate)) {
        snprintf(why, 128, "a session description without an IPv4 host candidate");
    } else {
        ret->n_lines = s.n_media;
        for (unsigned i = 0; i < s.n_media; i++) {
            read_line(&s.media[i], &ret->lines[i]);
        }
        return true;
    }
    return false;
}

/* ---- writing ---- */

static void write_head(struct buffer *out, unsigned n_lines, const char *const *mids) {
    buffer_printf(out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
    for (unsigned i = 0; i < n_lines; i++) {
        buffer_printf(out, " %s", mids[i]);
    }
    buffer_printf(out, "\r\n");
}

/* We are the DTLS client: browsers offer actpass, and Janus then wants to be the client itself. */
static void write_transport(struct buffer *out, const struct local_description *d) {
    buffer_printf(out,
                  "c=IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 ",
                  d->ufrag, d->pwd);
    for (int i = 0; i < FINGERPRINT_LEN; i++) {
        buffer_printf(out, i ? ":%02X" : "%02X", d->fingerprint[i]);
    }
    buffer_printf(out,
                  "\r\na=candidate:1 1 udp 2130706431 127.0.0.1 %u typ host\r\na=end-of-candidates",
                  d->port);
    buffer_printf(out, "\r\na=setup:active\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=%s\r\n",
                  d->sends ? "sendonly" : "recvonly");
}

static void write_exts(struct buffer *out, const struct rtp_ext_map *map) {
    for (unsigned e = 0; e < RTP_EXT_COUNT; e++) {
        if (map->id[e]) {
            buffer_printf(out, "a=extmap:%u %s\r\n", map->id[e], rtp_ext_uri((enum rtp_ext)e));
        }
    }
}

static void write_codec(struct buffer *out, const struct remote_line *l) {
    if (!l->video) {
        buffer_printf(out,
                      "a=rtpmap:%u opus/48000/2\r\na=rtcp-fb:%u transport-cc\r\n"
                      "a=fmtp:%u minptime=10;useinbandfec=1\r\n",
                      l->pt, l->pt, l->pt);
        return;
    }
    buffer_printf(out,
                  "a=rtpmap:%u VP8/90000\r\na=rtcp-fb:%u transport-cc\r\na=rtcp-fb:%u ccm fir\r\n"
                  "a=rtcp-fb:%u nack\r\na=rtcp-fb:%u nack pli\r\n",
                  l->pt, l->pt, l->pt, l->pt, l->pt);
    if (l->rtx_pt) {
        buffer_printf(out, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", l->rtx_pt, l->rtx_pt,
                      l->pt);
    }
}

static void write_ssrcs(struct buffer *out, const struct local_description *d, bool video) {
    uint32_t ssrc = d->ssrc[video];
    buffer_printf(out, "a=msid:load load-%s\r\n", video ? "video" : "audio");
    if (video) {
        buffer_printf(out, "a=ssrc-group:FID %u %u\r\na=ssrc:%u cname:load\r\n", ssrc, d->rtx_ssrc,
                      d->rtx_ssrc);
    }
    buffer_printf(out, "a=ssrc:%u cname:load\r\n", ssrc);
}

static void write_line(struct buffer *out, const struct local_description *d,
                       const struct remote_line *l) {
    buffer_printf(out, "m=%s %u UDP/TLS/RTP/SAVPF %u", l->video ? "video" : "audio",
                  l->accepted ? 9 : 0, l->pt);
    buffer_printf(out, l->rtx_pt ? " %u\r\n" : "\r\n", l->rtx_pt);
    write_transport(out, d);
    buffer_printf(out, "a=mid:%s\r\n", l->mid);
    write_exts(out, &l->ext);
    write_codec(out, l);
    if (d->sends) {
        write_ssrcs(out, d, l->video);
    }
}

void description_offer(struct buffer *out, const struct local_description *d) {
    static const char *const mids[] = {"0", "1"};
    write_head(out, DESCRIPTION_LINES, mids);
    for (unsigned i = 0; i < DESCRIPTION_LINES; i++) {
        bool video = i == 1;
        struct remote_line l = {.video = video,
                                .accepted = true,
                                .pt = video ? PT_VP8 : PT_OPUS,
                                .rtx_pt = video ? PT_RTX : 0,
                                .ext = offered[i]};
        snprintf(l.mid, sizeof(l.mid), "%s", mids[i]);
        write_line(out, d, &l);
    }
}

void description_answer(struct buffer *out, const struct local_description *d,
                        const struct remote_description *offer) {
    const char *mids[DESCRIPTION_LINES];
    for (unsigned i = 0; i < offer->n_lines; i++) {
        mids[i] = offer->lines[i].mid;
    }
    write_head(out, offer->n_lines, mids);
    for (unsigned i = 0; i < offer->n_lines; i++) {
        struct remote_line l = offer->lines[i];
        struct rtp_ext_map all = l.ext;
        /* Of the server's extensions those that we understand. */
        memset(&l.ext, 0, sizeof(l.ext));
        l.ext.id[RTP_EXT_MID] = all.id[RTP_EXT_MID];
        l.ext.id[RTP_EXT_TWCC] = all.id[RTP_EXT_TWCC];
        l.ext.id[RTP_EXT_AUDIO_LEVEL] = all.id[RTP_EXT_AUDIO_LEVEL];
        write_line(out, d, &l);
    }
}
