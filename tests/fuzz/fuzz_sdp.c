/* libs: signaling media */
/* The input as an offer: parsed, planned by the rules of WHIP and WHEP, negotiated, answered.
 * Promises checked: an accepted offer gets an answer that our own parser accepts, with as many
 * m-lines and no byte that could end a line early; what media is told is what it takes. */
#include "base/check.h"
#include "media/engine/params.h"
#include "signaling/sdp/answer.h"
#include "signaling/sdp/refusal.h"
#include "signaling/state/shared_text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct session_line *l) {
    CHECK(strlen(l->mid) <= MID_MAX);
    CHECK((l->source == 0) != (l->slot == 0));
    CHECK(l->pt < 64 || (l->pt > 95 && l->pt < 128));
    CHECK(l->codec > CODEC_NONE && l->codec < CODEC_COUNT);
    CHECK(l->slot == 0 || l->ssrc != 0);
    for (int e = 0; e < RTP_EXT_COUNT; e++) {
        CHECK(l->ext.id[e] <= 14);
    }
}

static void check_answer(const struct negotiation *n, const struct session_params *p) {
    static const uint8_t fingerprint[FINGERPRINT_LEN];
    static struct sdp again;
    struct addr at = addr_v4(192, 0, 2, 1, 5000);
    struct answer a = {.n = n,
                       .params = p,
                       .ice = &p->ice,
                       .fingerprint = fingerprint,
                       .candidates = &at,
                       .n_candidates = 1,
                       .start_bitrate_kbps = 1000,
                       .version = 1};
    struct buffer o = {0};
    answer_write(&o, &a);
    struct shared_text *t = shared_text_of(&o);
    CHECK(t && strlen(t->p) == t->n);
    CHECK(sdp_parse(t->p, t->n, &again) == CODE_OK);
    CHECK(again.n_media == n->offer->n_media);
    for (int i = 0; i < again.n_media; i++) {
        CHECK((again.media[i].port == 0) == (n->line[i] < 0));
    }
    shared_text_unref(t);
}

/* What is said of a refusal is text that needs no escape. */
static void check_refusal(const struct sdp *offer, const struct negotiation *n) {
    char why[REFUSAL_MAX];
    memset(why, 1, sizeof(why));
    negotiate_explain(offer, n, why);
    size_t len = strnlen(why, sizeof(why));
    CHECK(len < sizeof(why) && (!n || len > 0));
    for (size_t i = 0; i < len; i++) {
        CHECK(why[i] >= ' ' && why[i] < 0x7f && why[i] != '"' && why[i] != '\\');
    }
}

static void negotiate_all(const struct sdp *offer,
                          void (*plan)(const struct sdp *, struct plan *)) {
    struct rng_seeded seed;
    struct plan lines;
    rng_seed(&seed, 1);
    struct rng rng = rng_from_seeded(&seed);
    plan(offer, &lines);
    for (enum codec c = CODEC_VP8; c < CODEC_COUNT; c++) {
        struct session_params p = {.peer = 1, .participant = 1, .tour = 1, .cname = "c"};
        struct negotiation n = {.offer = offer, .plan = &lines, .video = c, .rng = &rng};
        if (negotiate(&n, &p) != CODE_OK) {
            check_refusal(offer, &n);
            continue;
        }
        CHECK(p.n_lines > 0 && p.n_lines <= SESSION_LINES_MAX);
        for (int i = 0; i < p.n_lines; i++) {
            check_line(&p.lines[i]);
        }
        CHECK(params_check(&p) == OK);
        CHECK(negotiate_same_peer(&p, &p));
        check_answer(&n, &p);
    }
}

/* As WHIP, and a second video line is a screen, as pages may say of it. */
static void plan_tour(const struct sdp *offer, struct plan *ret) {
    int videos = 0;
    plan_whip(offer, ret);
    for (int i = 0; i < offer->n_media; i++) {
        const struct sdp_media *m = &offer->media[i];
        if (m->kind == SDP_VIDEO && (m->direction & SDP_SEND) && m->mid.n > 0 &&
            !ret->at[i].source && ++videos == 1) {
            ret->at[i].source = SOURCE_SCREEN;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct sdp offer;
    struct span ufrag, pwd;
    (void)sdp_parse_fragment((const char *)data, size, &ufrag, &pwd);
    if (sdp_parse((const char *)data, size, &offer) == CODE_OK) {
        negotiate_all(&offer, plan_whip);
        negotiate_all(&offer, plan_whep);
        negotiate_all(&offer, plan_tour);
    } else {
        check_refusal(&offer, NULL);
    }
    return 0;
}
