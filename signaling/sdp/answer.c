#include "signaling/sdp/answer.h"

#include <inttypes.h>
#include <string.h>

static void put_span(struct buffer *o, struct span s) {
    buffer_put(o, s.p, s.n);
}

static void write_group(struct buffer *o, const struct answer *a) {
    const struct sdp *offer = a->n->offer;
    if (offer->bundle.n == 0) {
        return;
    }
    buffer_str(o, "a=group:BUNDLE");
    for (int i = 0; i < offer->n_media; i++) {
        if (a->n->line[i] >= 0) {
            buffer_printf(o, " %s", a->params->lines[a->n->line[i]].mid);
        }
    }
    buffer_str(o, "\r\n");
}

static void write_mid(struct buffer *o, const struct sdp_media *m) {
    if (m->mid.n) {
        buffer_str(o, "a=mid:");
        put_span(o, m->mid);
        buffer_str(o, "\r\n");
    }
}

/* RFC 8829 section 5.3.1: a refused line keeps its place, with port 0. */
static void write_refused(struct buffer *o, const struct sdp_media *m) {
    buffer_str(o, "m=");
    put_span(o, m->media);
    buffer_str(o, " 0 ");
    put_span(o, m->proto);
    buffer_str(o, " ");
    put_span(o, m->format);
    buffer_str(o, "\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n");
    write_mid(o, m);
}

/* RFC 8445 section 5.1.2, with type preference 126. */
static uint32_t udp_priority(size_t i) {
    return 126u << 24 | (uint32_t)(65535 - i) << 8 | 255;
}

/* RFC 6544 section 4.2: the direction preference of a passive host candidate is 4. Its type
 * preference is below that of any candidate of UDP, relayed ones excepted (libwebrtc:
 * ICE_TYPE_PREFERENCE_HOST_TCP): TCP is for those whom UDP does not reach. */
static uint32_t tcp_priority(size_t i) {
    return 90u << 24 | (4u << 13 | (uint32_t)(8191 - i)) << 8 | 255;
}

/* RFC 8839 section 5.1, RFC 6544 section 4.5. */
static void write_candidate(struct buffer *o, const struct answer *a, size_t i, bool tcp) {
    char text[ADDR_TEXT_MAX];
    const struct addr *c = &a->candidates[i];
    char *ip = addr_text(c, text);
    *strrchr(ip, ':') = '\0';
    if (*ip == '[') {
        ip++;
        *strchr(ip, ']') = '\0';
    }
    buffer_printf(o, "a=candidate:%zu 1 %s %" PRIu32 " %s %u typ host%s\r\n",
                  i + 1 + (tcp ? a->n_candidates : 0), tcp ? "tcp" : "udp",
                  tcp ? tcp_priority(i) : udp_priority(i), ip, c->port,
                  tcp ? " tcptype passive" : "");
}

static void write_candidates(struct buffer *o, const struct answer *a) {
    for (size_t i = 0; i < a->n_candidates; i++) {
        write_candidate(o, a, i, false);
    }
    for (size_t i = 0; a->tcp && i < a->n_candidates; i++) {
        write_candidate(o, a, i, true);
    }
    buffer_str(o, "a=end-of-candidates\r\n");
}

static void write_transport(struct buffer *o, const struct answer *a) {
    buffer_printf(o, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 ",
                  a->ice->local_ufrag, a->ice->local_pwd);
    for (int i = 0; i < FINGERPRINT_LEN; i++) {
        buffer_printf(o, i ? ":%02X" : "%02X", a->fingerprint[i]);
    }
    buffer_printf(o, "\r\na=setup:%s\r\n", a->params->dtls_active ? "active" : "passive");
}

static void write_exts(struct buffer *o, const struct sdp_media *m, const struct session_line *l) {
    if (l->ext.id[RTP_EXT_DEPENDENCY]) { /* which needs the two-byte form, and others do not */
        buffer_str(o, "a=extmap-allow-mixed\r\n");
    }
    for (int i = 0; i < m->n_exts; i++) {
        const struct sdp_ext *e = &m->exts[i];
        if (e->ext < RTP_EXT_COUNT && l->ext.id[e->ext] == e->id) {
            /* RFC 8285 section 8: a direction is answered with its reverse. */
            const char *direction = e->direction == SDP_SENDRECV ? ""
                                    : e->direction == SDP_SEND   ? "/recvonly"
                                                                 : "/sendonly";
            buffer_printf(o, "a=extmap:%u%s %s\r\n", e->id, direction,
                          rtp_ext_uri((enum rtp_ext)e->ext));
        }
    }
}

/* Stage and audio slot 0 are one person: one stream id, so that the browser keeps lip sync. */
static void write_msid(struct buffer *o, const struct session_line *l) {
    bool audio = l->slot == SLOT_AUDIO;
    if (l->slot == SLOT_STAGE || (audio && l->slot_index == 0)) {
        buffer_printf(o, "a=msid:stage stage-%s\r\n", audio ? "audio" : "video");
    } else {
        const char *kind = slot_kind_name((enum slot_kind)l->slot);
        buffer_printf(o, "a=msid:%s-%u %s-%u-track\r\n", kind, l->slot_index, kind, l->slot_index);
    }
}

static void write_ssrcs(struct buffer *o, const struct answer *a, const struct session_line *l) {
    const char *cname = a->params->cname;
    if (l->rtx_ssrc) {
        buffer_printf(o, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", l->ssrc, l->rtx_ssrc);
    }
    if (l->fec_ssrc) { /* RFC 5956 section 4.2 */
        buffer_printf(o, "a=ssrc-group:FEC-FR %" PRIu32 " %" PRIu32 "\r\n", l->ssrc, l->fec_ssrc);
    }
    const uint32_t ssrcs[] = {l->ssrc, l->rtx_ssrc, l->fec_ssrc};
    for (unsigned i = 0; i < sizeof(ssrcs) / sizeof(*ssrcs); i++) {
        if (ssrcs[i]) {
            buffer_printf(o, "a=ssrc:%" PRIu32 " cname:%s\r\n", ssrcs[i], cname);
        }
    }
}

static bool is_hex(struct span s) {
    for (size_t i = 0; i < s.n; i++) {
        if (!s.p[i] || !strchr("0123456789abcdefABCDEF", s.p[i])) { /* which finds a NUL, too */
            return false;
        }
    }
    return s.n > 0;
}

/* Does the offer say name=1 of it? */
static bool says(const struct sdp_format *f, const char *name) {
    return span_is(span_param(f->fmtp, name), "1");
}

/* RFC 7587 section 7. In-band repair is always of use. Two channels, and silence that is not sent,
 * are what the client asks for: of a slot, what it would receive; of a source, what it would send,
 * which it does only when the other side likes it, too. */
static void write_opus(struct buffer *o, const struct session_line *l, const struct sdp_format *f) {
    bool stereo = says(f, "stereo") || (l->source && says(f, "sprop-stereo"));
    buffer_printf(o, "a=fmtp:%u minptime=10;useinbandfec=1%s%s\r\n", l->pt,
                  stereo ? ";stereo=1;sprop-stereo=1" : "", says(f, "usedtx") ? ";usedtx=1" : "");
    if (l->red_pt) {
        buffer_printf(o, "a=rtpmap:%u red/48000/2\r\na=fmtp:%u %u/%u\r\n", l->red_pt, l->red_pt,
                      l->pt, l->pt);
    }
}

/* fmtp says what we want to receive; on a slot's line it repeats the codec's configuration. */
static void write_fmtp(struct buffer *o, const struct answer *a, const struct session_line *l,
                       const struct sdp_format *f) {
    struct span profile = span_param(f->fmtp, "profile-level-id");
    bool h264 = l->codec == CODEC_H264, told = profile.n == 6 && is_hex(profile);
    bool start = l->source && a->start_bitrate_kbps;
    if (l->codec == CODEC_OPUS) {
        write_opus(o, l, f);
        return;
    }
    if (!h264 && !start) {
        return;
    }
    buffer_printf(o, "a=fmtp:%u ", l->pt);
    if (h264) { /* RFC 6184 section 8.2.2: mode and profile are the offer's, or none */
        bool mode1 = span_is(span_param(f->fmtp, "packetization-mode"), "1");
        buffer_printf(o, "level-asymmetry-allowed=1;packetization-mode=%d", mode1);
        buffer_str(o, told ? ";profile-level-id=" : "");
        put_span(o, told ? profile : (struct span){"", 0});
    }
    if (start) {
        buffer_printf(o, "%sx-google-start-bitrate=%" PRIu32, h264 ? ";" : "",
                      a->start_bitrate_kbps);
    }
    buffer_str(o, "\r\n");
}

static void write_codec(struct buffer *o, const struct answer *a, const struct sdp_media *m,
                        const struct session_line *l) {
    static const char *const names[CODEC_COUNT] = {[CODEC_OPUS] = "opus/48000/2",
                                                   [CODEC_VP8] = "VP8/90000",
                                                   [CODEC_VP9] = "VP9/90000",
                                                   [CODEC_H264] = "H264/90000",
                                                   [CODEC_AV1] = "AV1/90000"};
    const struct sdp_format *f = sdp_find_format(m, l->pt);
    uint8_t fb = (uint8_t)(f->fb | m->fb_all);
    buffer_printf(o, "a=rtpmap:%u %s\r\n", l->pt, names[l->codec]);
    if (l->twcc) {
        buffer_printf(o, "a=rtcp-fb:%u transport-cc\r\n", l->pt);
    }
    if (l->remb) {
        buffer_printf(o, "a=rtcp-fb:%u goog-remb\r\n", l->pt);
    }
    if ((fb & SDP_FB_FIR) && m->kind == SDP_VIDEO) {
        buffer_printf(o, "a=rtcp-fb:%u ccm fir\r\n", l->pt);
    }
    if (l->nack) {
        buffer_printf(o, "a=rtcp-fb:%u nack\r\n", l->pt);
    }
    if (l->pli) {
        buffer_printf(o, "a=rtcp-fb:%u nack pli\r\n", l->pt);
    }
    write_fmtp(o, a, l, f);
    if (l->rtx_pt) {
        /* RFC 4588 section 8.6: the clock is that of what it repeats. */
        buffer_printf(o, "a=rtpmap:%u rtx/%" PRIu32 "\r\na=fmtp:%u apt=%u\r\n", l->rtx_pt,
                      codec_clock(l->codec), l->rtx_pt, l->pt);
    }
    if (l->fec_pt) { /* a group spans a tenth of a second or so; the draft asks for a value [us] */
        buffer_printf(o, "a=rtpmap:%u flexfec-03/90000\r\na=fmtp:%u repair-window=10000000\r\n",
                      l->fec_pt, l->fec_pt);
    }
}

/* RFC 8853 section 5.3: in the order of the offer, without what is not accepted. */
static void write_rids(struct buffer *o, const struct sdp_media *m, const struct session_line *l) {
    const char *separator = "a=simulcast:recv ";
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < m->n_rids; i++) {
            bool taken = false;
            for (int k = 0; !taken && k < l->n_rids; k++) {
                taken = span_is(m->rids[i], l->rid[k]);
            }
            if (!taken) {
                continue;
            }
            buffer_str(o, pass == 0 ? "a=rid:" : separator);
            put_span(o, m->rids[i]);
            buffer_str(o, pass == 0 ? " recv\r\n" : "");
            separator = pass == 0 ? separator : ";";
        }
    }
    buffer_str(o, "\r\n");
}

/* In the order of the offer: what comes first is what a client sends (RFC 3264 section 6.1). */
static void write_formats(struct buffer *o, const struct sdp_media *m,
                          const struct session_line *l) {
    for (int i = 0; i < m->n_formats; i++) {
        uint8_t pt = m->formats[i].pt;
        if (pt == l->pt || (l->red_pt && pt == l->red_pt)) {
            buffer_printf(o, " %u", pt);
        }
    }
    if (l->rtx_pt) {
        buffer_printf(o, " %u", l->rtx_pt);
    }
    if (l->fec_pt) {
        buffer_printf(o, " %u", l->fec_pt);
    }
}

static void write_accepted(struct buffer *o, const struct answer *a, int i, bool first) {
    const struct sdp_media *m = &a->n->offer->media[i];
    const struct session_line *l = &a->params->lines[a->n->line[i]];
    buffer_printf(o, "m=%s 9 UDP/TLS/RTP/SAVPF", m->kind == SDP_AUDIO ? "audio" : "video");
    write_formats(o, m, l);
    buffer_str(o, "\r\nc=IN IP4 0.0.0.0\r\n");
    write_mid(o, m);
    write_transport(o, a);
    if (first) { /* one transport: the others are bundled into it */
        write_candidates(o, a);
    }
    buffer_str(o, l->source ? "a=recvonly\r\n" : "a=sendonly\r\n");
    buffer_str(o, m->rtcp_rsize ? "a=rtcp-mux\r\na=rtcp-rsize\r\n" : "a=rtcp-mux\r\n");
    write_exts(o, m, l);
    write_codec(o, a, m, l);
    if (l->n_rids > 0) {
        write_rids(o, m, l);
    }
    if (l->slot) {
        write_msid(o, l);
        write_ssrcs(o, a, l);
    }
}

void answer_write(struct buffer *o, const struct answer *a) {
    bool first = true;
    buffer_printf(o,
                  "v=0\r\no=- %" PRIu64 " %" PRIu32 " IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                  "a=ice-lite\r\n",
                  a->id, a->version);
    write_group(o, a);
    buffer_str(o, "a=msid-semantic: WMS *\r\n");
    for (int i = 0; i < a->n->offer->n_media; i++) {
        if (a->n->line[i] < 0) {
            write_refused(o, &a->n->offer->media[i]);
        } else {
            write_accepted(o, a, i, first);
            first = false;
        }
    }
}

void fragment_write(struct buffer *o, const struct answer *a) {
    const struct session_line *l = &a->params->lines[0];
    buffer_printf(o, "a=ice-lite\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", a->ice->local_ufrag,
                  a->ice->local_pwd);
    buffer_printf(o, "m=%s 9 UDP/TLS/RTP/SAVPF %u\r\n", l->codec == CODEC_OPUS ? "audio" : "video",
                  l->pt);
    if (*l->mid) {
        buffer_printf(o, "a=mid:%s\r\n", l->mid);
    }
    write_candidates(o, a);
}
