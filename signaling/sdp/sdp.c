#include "signaling/sdp/sdp.h"

#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

struct parser {
    struct sdp *s;
    struct sdp_media *m; /* NULL at session level */
    struct span name;    /* of the attribute at hand */
    enum code code;
};

static void fail(struct parser *parser, enum code code) {
    if (parser->code == CODE_OK) {
        parser->code = code;
    }
}

/* RFC 8866 section 9: token-char; also what we may repeat in an answer without looking again. */
static bool is_token(struct span a) {
    for (size_t i = 0; i < a.n; i++) {
        unsigned char c = (unsigned char)a.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),:;<=>?@[\\]", c)) {
            return false;
        }
    }
    return a.n > 0;
}

static struct sdp_transport *transport(struct parser *parser) {
    return parser->m ? &parser->m->transport : &parser->s->common;
}

/* RFC 8839 section 5.4: ufrag 4..256 and pwd 22..256 ice-chars. Some stacks use other printable
 * characters, which do no harm as long as ':' does not split the STUN user name. */
static enum code check_ice(struct span v, size_t min, size_t max) {
    if (v.n > max) {
        return CODE_SDP_UNSUPPORTED;
    }
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] <= ' ' || v.p[i] >= 0x7f || v.p[i] == ':') {
            return CODE_SDP_MALFORMED;
        }
    }
    return v.n < min ? CODE_SDP_MALFORMED : CODE_OK;
}

static void on_ufrag(struct parser *parser, struct span v) {
    fail(parser, check_ice(v, 4, ICE_UFRAG_MAX));
    transport(parser)->ufrag = v;
}

static void on_pwd(struct parser *parser, struct span v) {
    fail(parser, check_ice(v, 22, ICE_PWD_MAX));
    transport(parser)->pwd = v;
}

/* RFC 8122 section 5: "sha-256 AB:CD:..." */
static void on_fingerprint(struct parser *parser, struct span v) {
    struct span hash, hex;
    struct sdp_transport *t = transport(parser);
    char digits[2 * FINGERPRINT_LEN + 1];
    if (!span_word(&v, ' ', &hash) || !span_word(&v, ' ', &hex)) {
        fail(parser, CODE_SDP_MALFORMED);
        return;
    }
    if (!span_is_nocase(hash, "sha-256")) {
        t->other_fingerprint = true;
        return;
    }
    bool ok = hex.n == 3 * FINGERPRINT_LEN - 1;
    for (size_t i = 0; ok && i < FINGERPRINT_LEN; i++) {
        memcpy(digits + 2 * i, hex.p + 3 * i, 2);
        ok = i + 1 == FINGERPRINT_LEN || hex.p[3 * i + 2] == ':';
    }
    digits[2 * FINGERPRINT_LEN] = '\0';
    if (!ok || !hex_decode(t->fingerprint, FINGERPRINT_LEN, digits)) {
        fail(parser, CODE_SDP_MALFORMED);
    }
    t->has_fingerprint = true;
}

static void on_setup(struct parser *parser, struct span v) {
    static const char *const names[] = {"", "active", "passive", "actpass"};
    for (uint8_t i = SDP_SETUP_ACTIVE; i <= SDP_SETUP_ACTPASS; i++) {
        if (span_is(v, names[i])) {
            transport(parser)->setup = i;
            return;
        }
    }
    fail(parser, CODE_SDP_UNSUPPORTED); /* holdconn has no use here */
}

static void on_group(struct parser *parser, struct span v) {
    struct span word;
    if (!parser->m && parser->s->bundle.n == 0 && span_word(&v, ' ', &word) &&
        span_is(word, "BUNDLE")) {
        parser->s->bundle = v;
    }
}

static void on_mid(struct parser *parser, struct span v) {
    if (!parser->m) {
        return;
    }
    if (v.n > MID_MAX) {
        fail(parser, CODE_SDP_UNSUPPORTED);
        return;
    }
    if (!is_token(v)) {
        fail(parser, CODE_SDP_MALFORMED);
        return; /* it is not repeated, also not to say what is wrong */
    }
    for (struct sdp_media *m = parser->s->media; m < parser->m; m++) {
        if (span_eq(m->mid, v)) {
            fail(parser, CODE_SDP_MALFORMED); /* RFC 5888 section 6: unique in the description */
        }
    }
    parser->m->mid = v;
}

static uint8_t direction_of(struct span v) {
    return span_is(v, "sendonly")   ? SDP_SEND
           : span_is(v, "recvonly") ? SDP_RECV
           : span_is(v, "inactive") ? SDP_INACTIVE
                                    : SDP_SENDRECV;
}

static void on_direction(struct parser *parser, struct span v) {
    (void)v;
    *(parser->m ? &parser->m->direction : &parser->s->direction) = direction_of(parser->name);
}

static void on_rtcp_mux(struct parser *parser, struct span v) {
    (void)v;
    if (parser->m) {
        parser->m->rtcp_mux = true;
    }
}

static void on_rtcp_rsize(struct parser *parser, struct span v) {
    (void)v;
    if (parser->m) {
        parser->m->rtcp_rsize = true;
    }
}

static void on_mixed(struct parser *parser, struct span v) {
    (void)v;
    *(parser->m ? &parser->m->mixed : &parser->s->mixed) = true;
}

/* RFC 8285 section 8: extmap:ID[/DIRECTION] URI [attributes] */
static void on_extmap(struct parser *parser, struct span v) {
    struct span key, uri, id;
    uint32_t n;
    if (!parser->m || parser->m->n_exts == SDP_EXTS_MAX) {
        return;
    }
    if (!span_word(&v, ' ', &key) || !span_word(&v, ' ', &uri) || !span_word(&key, '/', &id) ||
        !span_number(id, UINT16_MAX, &n)) {
        fail(parser, CODE_SDP_MALFORMED);
        return;
    }
    if (n == 0 || n > 255) {
        return; /* 4096.. of RFC 8285 section 5 mean "not mapped yet" */
    }
    if (key.n) {
        key = (struct span){key.p + 1, key.n - 1};
    }
    parser->m->exts[parser->m->n_exts++] = (struct sdp_ext){
        (uint8_t)n, (uint8_t)rtp_ext_from_uri(uri.p, uri.n), direction_of(key), uri};
}

/* The format that "PT rest" is about; NULL for unknown ones. *v becomes the rest. */
static struct sdp_format *format_of(struct parser *parser, struct span *v) {
    struct span word;
    uint32_t pt;
    if (!parser->m || !span_word(v, ' ', &word) || !span_number(word, 127, &pt)) {
        return NULL;
    }
    if (v->n) {
        *v = (struct span){v->p + 1, v->n - 1};
    }
    return (struct sdp_format *)sdp_find_format(parser->m, pt);
}

static void on_rtpmap(struct parser *parser, struct span v) {
    struct sdp_format *f = format_of(parser, &v);
    struct span name, rate;
    uint32_t hz;
    if (!f || !span_word(&v, '/', &name) || !span_word(&v, '/', &rate) ||
        !span_number(rate, UINT32_MAX, &hz)) {
        return;
    }
    enum codec c = codec_from_name(name.p, name.n);
    f->codec = (uint8_t)(codec_clock(c) == hz ? c : CODEC_NONE);
    f->rtx = span_is_nocase(name, "rtx");
    f->fec = span_is_nocase(name, "flexfec-03") && hz == 90000;
    f->red = span_is_nocase(name, "red") && hz == codec_clock(CODEC_OPUS);
}

static void on_fmtp(struct parser *parser, struct span v) {
    struct sdp_format *f = format_of(parser, &v);
    if (f) {
        f->fmtp = v;
    }
}

static void on_rtcp_fb(struct parser *parser, struct span v) {
    static const struct {
        const char *text;
        uint8_t bit;
    } known[] = {{"nack", SDP_FB_NACK},
                 {"nack pli", SDP_FB_PLI},
                 {"ccm fir", SDP_FB_FIR},
                 {"transport-cc", SDP_FB_TWCC},
                 {"goog-remb", SDP_FB_REMB}};
    if (!parser->m) {
        return;
    }
    uint8_t *fb = NULL;
    if (v.n > 2 && v.p[0] == '*' && v.p[1] == ' ') {
        fb = &parser->m->fb_all;
        v = (struct span){v.p + 2, v.n - 2};
    } else {
        struct sdp_format *f = format_of(parser, &v);
        fb = f ? &f->fb : NULL;
    }
    for (size_t i = 0; fb && i < ARRAY_LEN(known); i++) {
        *fb |= span_is(v, known[i].text) ? known[i].bit : 0;
    }
}

static void on_ssrc(struct parser *parser, struct span v) {
    struct span word;
    uint32_t ssrc;
    if (parser->m && parser->m->ssrc == 0 && span_word(&v, ' ', &word) &&
        span_number(word, UINT32_MAX, &ssrc)) {
        parser->m->ssrc = ssrc;
    }
}

/* RFC 5576 section 4.2 with RFC 4588 section 8.8: "FID media rtx". */
static void on_ssrc_group(struct parser *parser, struct span v) {
    struct span kind, a, b;
    uint32_t ssrc, rtx;
    if (parser->m && !parser->m->has_fid && span_word(&v, ' ', &kind) && span_is(kind, "FID") &&
        span_word(&v, ' ', &a) && span_word(&v, ' ', &b) && span_number(a, UINT32_MAX, &ssrc) &&
        span_number(b, UINT32_MAX, &rtx)) {
        parser->m->has_fid = true;
        parser->m->ssrc = ssrc;
        parser->m->rtx_ssrc = rtx;
    }
}

/* RFC 8853 section 5.1: "send h;~m,n;l recv ...". Of alternatives the first counts, and whether a
 * stream is paused at first does not matter. */
static void on_simulcast(struct parser *parser, struct span v) {
    struct span word, list, stream, rid;
    if (!parser->m || parser->m->n_rids > 0) {
        return;
    }
    while (span_word(&v, ' ', &word) && span_word(&v, ' ', &list)) {
        while (span_is(word, "send") && parser->m->n_rids < SDP_RIDS_MAX &&
               span_word(&list, ';', &stream) && span_word(&stream, ',', &rid)) {
            if (rid.n > 1 && rid.p[0] == '~') {
                rid = (struct span){rid.p + 1, rid.n - 1};
            }
            if (!is_token(rid)) {
                fail(parser, CODE_SDP_MALFORMED);
                return;
            }
            parser->m->rids[parser->m->n_rids++] = rid;
        }
    }
}

static const struct {
    const char *name;
    void (*on)(struct parser *parser, struct span v);
} attributes[] = {
    {"ice-ufrag", on_ufrag},
    {"ice-pwd", on_pwd},
    {"fingerprint", on_fingerprint},
    {"setup", on_setup},
    {"group", on_group},
    {"mid", on_mid},
    {"sendrecv", on_direction},
    {"sendonly", on_direction},
    {"recvonly", on_direction},
    {"inactive", on_direction},
    {"rtcp-mux", on_rtcp_mux},
    {"rtcp-rsize", on_rtcp_rsize},
    {"extmap", on_extmap},
    {"rtpmap", on_rtpmap},
    {"fmtp", on_fmtp},
    {"rtcp-fb", on_rtcp_fb},
    {"ssrc", on_ssrc},
    {"ssrc-group", on_ssrc_group},
    {"simulcast", on_simulcast},
    {"extmap-allow-mixed", on_mixed},
};

static void on_attribute(struct parser *parser, struct span v) {
    const char *colon = memchr(v.p, ':', v.n);
    parser->name = (struct span){v.p, colon ? (size_t)(colon - v.p) : v.n};
    struct span value = {colon ? colon + 1 : v.p + v.n, colon ? v.n - parser->name.n - 1 : 0};
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (span_is(parser->name, attributes[i].name)) {
            attributes[i].on(parser, value);
            return;
        }
    }
}

static void add_formats(struct sdp_media *m, struct span list) {
    struct span word;
    uint32_t pt;
    while (m->n_formats < SDP_FORMATS_MAX && span_word(&list, ' ', &word)) {
        if (span_number(word, 127, &pt)) {
            m->formats[m->n_formats++] = (struct sdp_format){.pt = (uint8_t)pt};
        }
    }
}

/* RFC 8866 section 5.14: m=<media> <port> <proto> <fmt> ... */
static void on_media(struct parser *parser, struct span v) {
    struct span port, formats;
    uint32_t n;
    if (parser->s->n_media == SDP_MEDIA_MAX) {
        fail(parser, CODE_SDP_UNSUPPORTED);
        return;
    }
    struct sdp_media *m = parser->m = &parser->s->media[parser->s->n_media++];
    *m = (struct sdp_media){.direction = parser->s->direction, .mixed = parser->s->mixed};
    bool ok = span_word(&v, ' ', &m->media) && span_word(&v, ' ', &port) &&
              span_word(&v, ' ', &m->proto) && span_number(port, 65535, &n);
    formats = v;
    ok = ok && span_word(&v, ' ', &m->format) && is_token(m->media) && is_token(m->format) &&
         m->media.n <= 16 && m->proto.n <= 32 && m->format.n <= 32;
    for (size_t i = 0; ok && i < m->proto.n; i++) {
        ok = m->proto.p[i] == '/' || is_token((struct span){m->proto.p + i, 1});
    }
    if (!ok) {
        fail(parser, CODE_SDP_MALFORMED);
        return;
    }
    m->port = (uint16_t)n;
    m->kind = span_is(m->media, "audio") ? SDP_AUDIO : span_is(m->media, "video") ? SDP_VIDEO : 0;
    add_formats(m, formats);
}

static void on_line(struct parser *parser, struct span line) {
    if (line.n < 2 || line.p[1] != '=') {
        fail(parser, CODE_SDP_MALFORMED);
        return;
    }
    struct span v = {line.p + 2, line.n - 2};
    if (line.p[0] == 'm') {
        on_media(parser, v);
    } else if (line.p[0] == 'a') {
        on_attribute(parser, v);
    }
}

static void mark_bundled(struct sdp *s) {
    struct span rest = s->bundle, mid;
    while (span_word(&rest, ' ', &mid)) {
        for (int i = 0; i < s->n_media; i++) {
            s->media[i].bundled |= span_eq(s->media[i].mid, mid);
        }
    }
}

enum code sdp_parse(const char *text, size_t n, struct sdp *ret) {
    struct span rest = {text, n}, line;
    struct parser parser = {.s = ret, .code = CODE_OK};
    ret->common = (struct sdp_transport){.setup = SDP_SETUP_NONE};
    ret->bundle = (struct span){NULL, 0};
    ret->direction = SDP_SENDRECV;
    ret->mixed = false;
    ret->n_media = 0;
    if (!span_line(&rest, &line) || !span_is(line, "v=0")) {
        return CODE_SDP_MALFORMED;
    }
    while (parser.code == CODE_OK && span_line(&rest, &line)) {
        if (line.n || rest.n) { /* a blank last line is forgiven */
            on_line(&parser, line);
        }
    }
    if (parser.code == CODE_OK && ret->n_media == 0) {
        return CODE_SDP_MALFORMED;
    }
    mark_bundled(ret);
    return parser.code;
}

enum code sdp_parse_fragment(const char *text, size_t n, struct span *ufrag, struct span *pwd) {
    struct span rest = {text, n}, line;
    struct sdp none;
    struct parser parser = {.s = &none, .code = CODE_OK};
    none.common = (struct sdp_transport){.setup = SDP_SETUP_NONE};
    while (parser.code == CODE_OK && span_line(&rest, &line)) {
        bool ice = line.n > 6 && memcmp(line.p, "a=ice-", 6) == 0;
        if (ice) {
            on_attribute(&parser, (struct span){line.p + 2, line.n - 2});
        }
    }
    *ufrag = none.common.ufrag;
    *pwd = none.common.pwd;
    if (parser.code == CODE_OK && (ufrag->n == 0) != (pwd->n == 0)) {
        return CODE_SDP_MALFORMED;
    }
    return parser.code;
}

int sdp_find_mid(const struct sdp *s, const char *mid) {
    for (int i = 0; i < s->n_media; i++) {
        if (span_is(s->media[i].mid, mid)) {
            return i;
        }
    }
    return -1;
}

const struct sdp_format *sdp_find_format(const struct sdp_media *m, unsigned pt) {
    for (int i = 0; i < m->n_formats; i++) {
        if (m->formats[i].pt == pt) {
            return &m->formats[i];
        }
    }
    return NULL;
}
