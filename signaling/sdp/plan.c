#include "signaling/sdp/plan.h"

#include <string.h>

static uint8_t medium_of(const struct want *w) {
    bool audio = w->source == SOURCE_MICROPHONE || w->slot == SLOT_AUDIO;
    return audio ? SDP_AUDIO : SDP_VIDEO;
}

static bool place_want(const struct sdp *offer, const struct want *w, struct plan *ret, int line) {
    const struct sdp_media *m = &offer->media[line];
    struct plan_line *p = &ret->at[line];
    bool direction = m->direction & (w->source ? SDP_SEND : SDP_RECV);
    if (m->kind != medium_of(w) || !direction || p->source || p->slot) {
        return false;
    }
    p->source = w->source;
    p->slot = w->slot;
    return true;
}

enum code plan_wants(const struct sdp *offer, const struct wants *w, struct plan *ret,
                     const char **field) {
    static const uint8_t most[SLOT_KIND_COUNT] = {
        [SLOT_STAGE] = 1, [SLOT_GALLERY] = 8, [SLOT_AUDIO] = 3};
    uint8_t slots[SLOT_KIND_COUNT] = {0}, sources[SOURCE_KIND_COUNT] = {0};
    memset(ret, 0, sizeof(*ret));
    for (int i = 0; i < w->n; i++) {
        const struct want *want = &w->at[i];
        int line = sdp_find_mid(offer, want->mid);
        *field = want->source ? "sources" : "slots";
        if (line < 0 || !place_want(offer, want, ret, line)) {
            return CODE_BAD_FIELD;
        }
        if (want->source ? sources[want->source]++ > 0 : slots[want->slot] >= most[want->slot]) {
            return CODE_BAD_FIELD;
        }
        ret->at[line].index = want->slot ? slots[want->slot]++ : 0;
    }
    *field = NULL;
    return CODE_OK;
}

static int first_line(const struct sdp *offer, uint8_t kind, uint8_t direction) {
    for (int i = 0; i < offer->n_media; i++) {
        const struct sdp_media *m = &offer->media[i];
        if (m->kind == kind && (m->direction & direction) && (m->port || m->bundled)) {
            return i;
        }
    }
    return -1;
}

void plan_whip(const struct sdp *offer, struct plan *ret) {
    int audio = first_line(offer, SDP_AUDIO, SDP_SEND);
    int video = first_line(offer, SDP_VIDEO, SDP_SEND);
    memset(ret, 0, sizeof(*ret));
    if (audio >= 0) {
        ret->at[audio].source = SOURCE_MICROPHONE;
    }
    if (video >= 0) {
        ret->at[video].source = SOURCE_CAMERA;
    }
}

void plan_whep(const struct sdp *offer, struct plan *ret) {
    int audio = first_line(offer, SDP_AUDIO, SDP_RECV);
    int video = first_line(offer, SDP_VIDEO, SDP_RECV);
    memset(ret, 0, sizeof(*ret));
    if (audio >= 0) {
        ret->at[audio].slot = SLOT_AUDIO;
    }
    if (video >= 0) {
        ret->at[video].slot = SLOT_STAGE;
    }
}
