#include "signaling/sdp/negotiate.h"

#include "base/check.h"

#include <string.h>

/* Local credentials (RFC 8839 section 5.4 asks for 4 and 22 at least): 72 bits keep local ufrags
 * unique without a table, for they are what a worker tells peers apart by. */
#define LOCAL_UFRAG_LEN 12
#define LOCAL_PWD_LEN 24
_Static_assert(LOCAL_UFRAG_LEN <= ICE_OWN_UFRAG_MAX && LOCAL_PWD_LEN <= ICE_OWN_PWD_MAX, "ours");

/* RFC 5761 section 4: with rtcp-mux these payload types look like RTCP. */
static bool pt_usable(unsigned pt) {
    return pt < 64 || pt > 95;
}

/* VP9 and AV1 in profile 0. H.264 is sent in packetization mode 1 only; who sends in mode 0, which
 * is the default, sends what any receiver of mode 1 understands (RFC 6184 section 6.2). A profile
 * that is not told is Baseline at level 1 (section 8.1), and what is sent decides in any case. */
static bool profile_fits(const struct sdp_format *f, bool inbound) {
    struct span v;
    switch (f->codec) {
    case CODEC_H264:
        v = span_param(f->fmtp, "packetization-mode");
        if (!span_is(v, "1") && !(inbound && (v.n == 0 || span_is(v, "0")))) {
            return false;
        }
        v = span_param(f->fmtp, "profile-level-id");
        return v.n == 6 || v.n == 0;
    case CODEC_VP9:
        v = span_param(f->fmtp, "profile-id");
        return v.n == 0 || span_is(v, "0");
    case CODEC_AV1:
        v = span_param(f->fmtp, "profile");
        return v.n == 0 || span_is(v, "0");
    default:
        return true;
    }
}

/* Of several formats the first; but mode 0 of H.264 only where there is no other. */
static const struct sdp_format *find_codec(const struct sdp_media *m, enum codec c, bool inbound) {
    for (int pass = 0; pass <= inbound; pass++) {
        for (int i = 0; i < m->n_formats; i++) {
            const struct sdp_format *f = &m->formats[i];
            if (f->codec == c && pt_usable(f->pt) && profile_fits(f, pass > 0)) {
                return f;
            }
        }
    }
    return NULL;
}

static uint8_t find_rtx(const struct sdp_media *m, unsigned pt) {
    uint32_t apt;
    for (int i = 0; i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (f->rtx && pt_usable(f->pt) && span_number(span_param(f->fmtp, "apt"), 127, &apt) &&
            apt == pt) {
            return f->pt;
        }
    }
    return 0;
}

/* RFC 2198 section 5: the payload types of primary and redundant data, "111/111"; all are ours. */
static bool red_of(struct span fmtp, unsigned pt) {
    struct span word;
    unsigned n = 0;
    while (span_word(&fmtp, '/', &word)) {
        uint32_t inner;
        if (!span_number(word, 127, &inner) || inner != pt) {
            return false;
        }
        n++;
    }
    return n > 1;
}

static uint8_t find_red(const struct sdp_media *m, unsigned pt) {
    for (int i = 0; m->kind == SDP_AUDIO && i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (f->red && f->pt != pt && pt_usable(f->pt) && red_of(f->fmtp, pt)) {
            return f->pt;
        }
    }
    return 0;
}

static uint8_t find_fec(const struct sdp_media *m, unsigned pt, unsigned rtx_pt) {
    for (int i = 0; i < m->n_formats; i++) {
        const struct sdp_format *f = &m->formats[i];
        if (f->fec && f->pt != pt && f->pt != rtx_pt && pt_usable(f->pt)) {
            return f->pt;
        }
    }
    return 0;
}

/* Does another line of the offer use this id for another extension? aiortc does, and then reads
 * what it receives with one map for all lines. */
static bool id_ambiguous(const struct sdp *offer, const struct sdp_ext *e) {
    for (int i = 0; i < offer->n_media; i++) {
        const struct sdp_media *m = &offer->media[i];
        for (int k = 0; k < m->n_exts; k++) {
            if (m->exts[k].id == e->id && !span_eq(m->exts[k].uri, e->uri)) {
                return true;
            }
        }
    }
    return false;
}

/* A way in or out, and what it carries. */
struct carried {
    bool inbound;
    enum codec codec;
};

static bool ext_wanted(enum rtp_ext e, const struct sdp_media *m, struct carried c) {
    bool inbound = c.inbound;
    switch (e) {
    case RTP_EXT_MID:
        return true;
    case RTP_EXT_AUDIO_LEVEL:
        return m->kind == SDP_AUDIO;
    case RTP_EXT_RID:
    case RTP_EXT_RRID:
        return inbound && m->n_rids > 1;
    case RTP_EXT_TWCC: /* to a viewer only where each packet is sent once, so with RTX */
        return inbound || m->kind == SDP_VIDEO;
    case RTP_EXT_ABS_SEND_TIME:
        return inbound;
    case RTP_EXT_DEPENDENCY: /* AV1 tells its layers nowhere else; a structure of them is longer
                                than the one-byte form takes */
        return c.codec == CODEC_AV1 && m->mixed;
    default:
        return false;
    }
}

static void take_exts(const struct sdp *offer, const struct sdp_media *m, struct carried c,
                      struct rtp_ext_map *ret) {
    bool inbound = c.inbound;
    for (int i = 0; i < m->n_exts; i++) {
        const struct sdp_ext *e = &m->exts[i];
        bool ok = e->ext < RTP_EXT_COUNT && e->id <= 14 && !ret->id[e->ext] &&
                  (e->direction & (inbound ? SDP_SEND : SDP_RECV)) &&
                  ext_wanted((enum rtp_ext)e->ext, m, c);
        if (ok && (inbound || e->ext == RTP_EXT_MID || !id_ambiguous(offer, e))) {
            ret->id[e->ext] = e->id;
        }
    }
}

static bool ssrc_used(const struct session_params *s, uint32_t ssrc) {
    for (int i = 0; s && i < s->n_lines; i++) {
        const struct session_line *l = &s->lines[i];
        if (l->ssrc == ssrc || l->rtx_ssrc == ssrc || l->fec_ssrc == ssrc) {
            return true;
        }
    }
    return ssrc == 0;
}

static uint32_t fresh_ssrc(const struct negotiation *n, const struct session_params *s) {
    uint32_t ssrc;
    do {
        ssrc = rng_u32(n->rng);
    } while (ssrc_used(s, ssrc) || ssrc_used(n->before, ssrc));
    return ssrc;
}

static const struct session_line *line_before(const struct session_params *b, const char *mid) {
    for (int i = 0; b && i < b->n_lines; i++) {
        if (b->lines[i].slot && strcmp(b->lines[i].mid, mid) == 0) {
            return &b->lines[i];
        }
    }
    return NULL;
}

static void take_ssrcs(const struct negotiation *n, struct session_params *s,
                       struct session_line *l) {
    const struct session_line *b = line_before(n->before, l->mid);
    l->ssrc = b ? b->ssrc : fresh_ssrc(n, s);
    if (l->rtx_pt) {
        l->rtx_ssrc = b && b->rtx_ssrc ? b->rtx_ssrc : fresh_ssrc(n, s);
    }
    if (l->fec_pt) {
        l->fec_ssrc = b && b->fec_ssrc ? b->fec_ssrc : fresh_ssrc(n, s);
    }
}

#define RID_SET 3

static int place_in(const char *const set[RID_SET], struct span rid) {
    for (int i = 0; i < RID_SET; i++) {
        if (span_is(rid, set[i])) {
            return i;
        }
    }
    return -1;
}

/* Where the stream comes among those of its line, the largest first. Clients list them in either
 * order, and RFC 8853 says only that what comes first is preferred; so names that everybody uses
 * are taken at their word, and others in the order of the offer. */
static int order_of(const struct sdp_media *m, int i) {
    static const char *const sets[][RID_SET] = {
        {"f", "h", "q"}, {"h", "m", "l"}, {"hi", "mid", "lo"}, {"high", "medium", "low"}};
    for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
        bool all = true;
        for (int j = 0; all && j < m->n_rids; j++) {
            all = place_in(sets[k], m->rids[j]) >= 0;
        }
        if (all) {
            return place_in(sets[k], m->rids[i]);
        }
    }
    return i;
}

/* Simulcast of a camera or screen (RFC 8853): up to three streams, each with a rid that only the
 * extension can say. With one stream a rid has no use. */
static void take_rids(const struct sdp_media *m, struct session_line *l) {
    if (m->kind != SDP_VIDEO || m->n_rids < 2 || !l->ext.id[RTP_EXT_RID]) {
        return;
    }
    for (int order = 0; order < SDP_RIDS_MAX && l->n_rids < SESSION_LAYERS_MAX; order++) {
        for (int i = 0; i < m->n_rids; i++) {
            if (order_of(m, i) == order && m->rids[i].n <= RID_MAX) {
                memcpy(l->rid[l->n_rids++], m->rids[i].p, m->rids[i].n);
                break;
            }
        }
    }
}

/* A rid tells a stream apart, so it stands once (RFC 8851 section 4). */
static bool repeats_rid(const struct sdp_media *m) {
    for (int i = 0; i < m->n_rids; i++) {
        for (int j = 0; j < i; j++) {
            if (span_eq(m->rids[i], m->rids[j])) {
                return true;
            }
        }
    }
    return false;
}

static unsigned n_streams(const struct session_line *l) {
    return !l->source ? 0 : l->n_rids > 0 ? l->n_rids : 1;
}

/* Media takes so many streams of a session: what has most of them, and the screen of those that
 * have as many, is left without its smallest. */
static void fit_streams(struct session_params *s) {
    for (;;) {
        struct session_line *most = NULL;
        unsigned all = 0;
        for (int i = 0; i < s->n_lines; i++) {
            struct session_line *l = &s->lines[i];
            bool more = !most || n_streams(l) > n_streams(most);
            bool screen = most && n_streams(l) == n_streams(most) && l->source == SOURCE_SCREEN;
            most = more || screen ? l : most;
            all += n_streams(l);
        }
        if (all <= SESSION_STREAMS_MAX || !most || most->n_rids < 2) {
            return;
        }
        most->n_rids--;
        memset(most->rid[most->n_rids], 0, sizeof(most->rid[0]));
    }
}

static void accept_line(struct negotiation *n, struct session_params *s, int i,
                        const struct sdp_format *f) {
    const struct sdp_media *m = &n->offer->media[i];
    const struct plan_line *p = &n->plan->at[i];
    uint8_t fb = (uint8_t)(f->fb | m->fb_all);
    struct session_line *l = &s->lines[s->n_lines];
    n->line[i] = (int8_t)s->n_lines;
    memset(l, 0, sizeof(*l));
    memcpy(l->mid, m->mid.n > 0 ? m->mid.p : "0", m->mid.n > 0 ? m->mid.n : 1); /* media's name */
    l->source = p->source;
    l->slot = p->slot;
    l->slot_index = p->index;
    l->codec = f->codec;
    l->pt = f->pt;
    take_exts(n->offer, m, (struct carried){p->source != 0, (enum codec)f->codec}, &l->ext);
    l->nack = fb & SDP_FB_NACK;
    l->pli = (fb & SDP_FB_PLI) && m->kind == SDP_VIDEO;
    l->fir = (fb & SDP_FB_FIR) && m->kind == SDP_VIDEO && l->source && !l->pli;
    l->twcc = (fb & SDP_FB_TWCC) && l->ext.id[RTP_EXT_TWCC];
    l->remb = (fb & SDP_FB_REMB) && l->source && !l->twcc;
    /* RFC 4588 repairs what a NACK asks for; without it RTX has no use. */
    l->rtx_pt = l->nack ? find_rtx(m, f->pt) : 0;
    l->red_pt = find_red(m, f->pt);
    l->fec_pt = l->slot == SLOT_STAGE ? find_fec(m, f->pt, l->rtx_pt) : 0; /* where a share is */
    /* Counted first, so that its own SSRC is seen when the one for RTX is drawn. */
    s->n_lines++;
    if (l->slot) {
        take_ssrcs(n, s, l);
    } else {
        take_rids(m, l);
        l->ssrc = l->n_rids ? 0 : m->ssrc;
        l->rtx_ssrc = l->rtx_pt && !l->n_rids ? m->rtx_ssrc : 0;
    }
}

/* The whole offer is refused. line: -1 = for none of its lines. */
static enum code refuse(struct negotiation *n, enum code code, int line, const char *why) {
    n->refused = (int8_t)line;
    n->why = why;
    return code;
}

/* One transport carries RTP and RTCP. A line in the BUNDLE need not say so itself: attributes of
 * the transport are those of one line of the group, and must not be at a bundle-only one (RFC 9143
 * section 7.1.3). */
static bool muxes(const struct sdp *offer, const struct sdp_media *m) {
    bool mux = m->rtcp_mux;
    for (int i = 0; m->bundled && !mux && i < offer->n_media; i++) {
        mux = offer->media[i].bundled && offer->media[i].rtcp_mux;
    }
    return mux;
}

static enum code consider(struct negotiation *n, struct session_params *s, int i) {
    const struct sdp_media *m = &n->offer->media[i];
    const struct plan_line *p = &n->plan->at[i];
    n->line[i] = -1;
    /* Port 0 means refused, but not in a BUNDLE (RFC 9143 section 6: bundle-only). */
    if ((!p->source && !p->slot) || (m->port == 0 && !m->bundled)) {
        return CODE_OK;
    }
    if (!span_is(m->proto, "UDP/TLS/RTP/SAVPF")) {
        return refuse(n, CODE_SDP_UNSUPPORTED, i, "its protocol is not UDP/TLS/RTP/SAVPF");
    }
    if (!muxes(n->offer, m)) {
        return refuse(n, CODE_SDP_UNSUPPORTED, i, "it lacks a=rtcp-mux");
    }
    if (repeats_rid(m)) {
        return refuse(n, CODE_SDP_UNSUPPORTED, i, "a=simulcast names a rid twice");
    }
    const struct sdp_format *f =
        find_codec(m, m->kind == SDP_AUDIO ? CODEC_OPUS : n->video, p->source != 0);
    if (!f) {
        n->lacking[n->n_lacking++] = (uint8_t)i;
        return CODE_OK;
    }
    /* RFC 8829 section 5.2.1 demands it, and lines are told apart by it. One alone needs none. */
    if (m->mid.n == 0 && n->offer->n_media > 1) {
        return refuse(n, CODE_SDP_UNSUPPORTED, i, "it lacks a=mid");
    }
    accept_line(n, s, i, f);
    return CODE_OK;
}

/* All accepted lines share one transport: they must be in the BUNDLE, unless there is only one. The
 * line that is not, or -1. */
static int apart(const struct negotiation *n, const struct session_params *s) {
    for (int i = 0; i < n->offer->n_media; i++) {
        if (n->line[i] >= 0 && !n->offer->media[i].bundled && s->n_lines > 1) {
            return i;
        }
    }
    return -1;
}

void negotiate_credentials(const struct rng *rng, struct ice_credentials *ret) {
    rng_ice_chars(rng, ret->local_ufrag, LOCAL_UFRAG_LEN);
    rng_ice_chars(rng, ret->local_pwd, LOCAL_PWD_LEN);
}

/* The line whose transport it is: the first accepted one (RFC 9143 section 7.3.1), or where that is
 * bundle-only and has none of its own, the first of the BUNDLE that has. */
static int tagged_line(const struct negotiation *n) {
    const struct sdp_media *m = n->offer->media;
    int first = 0;
    while (n->line[first] < 0) {
        first++;
    }
    bool bare = m[first].bundled && m[first].transport.ufrag.n == 0;
    for (int i = 0; bare && i < n->offer->n_media; i++) {
        if (m[i].bundled && m[i].transport.ufrag.n > 0) {
            return i;
        }
    }
    return first;
}

/* With the session level as default (RFC 8839 section 5.4, RFC 8122 section 5). */
static enum code take_transport(struct negotiation *n, struct session_params *ret) {
    int line = tagged_line(n);
    const struct sdp_transport *c = &n->offer->common, *m = &n->offer->media[line].transport;
    struct span ufrag = m->ufrag.n ? m->ufrag : c->ufrag, pwd = m->pwd.n ? m->pwd : c->pwd;
    uint8_t setup = m->setup ? m->setup : c->setup;
    if (ufrag.n == 0 || pwd.n == 0) {
        return refuse(n, CODE_SDP_MALFORMED, line, "it has no ICE credentials");
    }
    if (!m->has_fingerprint && (m->other_fingerprint || !c->has_fingerprint)) {
        return refuse(n, CODE_SDP_UNSUPPORTED, line, "it has no sha-256 fingerprint");
    }
    ret->dtls_active = setup == SDP_SETUP_PASSIVE;
    memset(&ret->ice, 0, sizeof(ret->ice));
    memcpy(ret->ice.remote_ufrag, ufrag.p, ufrag.n);
    memcpy(ret->ice.remote_pwd, pwd.p, pwd.n);
    negotiate_credentials(n->rng, &ret->ice);
    memcpy(ret->fingerprint, (m->has_fingerprint ? m : c)->fingerprint, FINGERPRINT_LEN);
    return CODE_OK;
}

enum code negotiate(struct negotiation *n, struct session_params *ret) {
    n->n_lacking = 0;
    n->why = NULL;
    n->refused = -1;
    ret->n_lines = 0;
    for (int i = 0; i < n->offer->n_media; i++) {
        enum code code = consider(n, ret, i);
        if (code != CODE_OK) {
            return code;
        }
    }
    if (ret->n_lines == 0 && n->n_lacking) {
        return refuse(n, CODE_CODEC_UNSUPPORTED, n->lacking[0], "it lacks the tour's codec");
    }
    if (ret->n_lines == 0) {
        return refuse(n, CODE_SDP_UNSUPPORTED, -1, "no line is audio or video of this direction");
    }
    if (!mids_fit(ret->lines, ret->n_lines)) {
        return refuse(n, CODE_SDP_UNSUPPORTED, -1, "the names of its lines (a=mid) are too long");
    }
    fit_streams(ret);
    int line = apart(n, ret);
    return line < 0 ? take_transport(n, ret)
                    : refuse(n, CODE_SDP_UNSUPPORTED, line, "it is not in the BUNDLE group");
}

static bool same_line(const struct session_line *a, const struct session_line *b) {
    return strcmp(a->mid, b->mid) == 0 && a->source == b->source && a->slot == b->slot &&
           a->slot_index == b->slot_index && a->codec == b->codec && a->pt == b->pt &&
           a->rtx_pt == b->rtx_pt && a->red_pt == b->red_pt && a->fec_pt == b->fec_pt &&
           memcmp(&a->ext, &b->ext, sizeof(a->ext)) == 0 && a->n_rids == b->n_rids &&
           memcmp(a->rid, b->rid, sizeof(a->rid)) == 0;
}

bool negotiate_same_peer(const struct session_params *old, const struct session_params *fresh) {
    bool same = memcmp(old->fingerprint, fresh->fingerprint, FINGERPRINT_LEN) == 0 &&
                old->n_lines == fresh->n_lines;
    for (int i = 0; same && i < fresh->n_lines; i++) {
        same = same_line(&old->lines[i], &fresh->lines[i]);
    }
    return same;
}
