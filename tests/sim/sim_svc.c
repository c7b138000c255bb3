/* What a browser sends of a camera in L3T3_KEY: three sizes of each picture in one stream, which
 * need each other in key pictures only, and three frame rates. */
#include "base/check.h"
#include "tests/sim/sim_world.h"

#define KEY_FACTOR 5
#define CYCLE 4 /* T0 T2 T1 T2 */

static const uint8_t tids[CYCLE] = {0, 2, 1, 2};
static const uint8_t back[3] = {4, 2, 1}; /* pictures, by frame rate */

struct content svc_frame(struct browser *b, struct publish *p) {
    if (p->spatial == 0) {
        p->of_key = publish_key_due(p, b->w->now);
        p->keyframes += p->of_key;
        p->key_frame = p->of_key ? p->frame : p->key_frame;
    }
    uint32_t picture = (p->frame - p->key_frame) / SVC_SIZES;
    struct content c = {.participant = b->mark,
                        .kind = p->line->source,
                        .frame = p->frame++,
                        .keyframe = p->of_key && p->spatial == 0,
                        .picture_id = p->picture_id,
                        .svc = true,
                        .codec = CODEC_VP9,
                        .layered = true,
                        .of_key = p->of_key,
                        .spatial = p->spatial,
                        .tid = tids[picture % CYCLE]};
    c.back = (uint8_t)(c.of_key ? c.spatial > 0 : back[c.tid] * SVC_SIZES);
    p->spatial = (uint8_t)((p->spatial + 1) % SVC_SIZES);
    p->picture_id = (p->picture_id + (p->spatial == 0)) & 0x7fff;
    return c;
}

uint32_t svc_size(const struct publish *p, const struct content *c) {
    static const uint8_t share[3] = {16, 8, 8}; /* tenths of the mean, by frame rate */
    uint32_t mean = p->video->rates[SVC_SIZES - 1 - c->spatial] / 8 / p->video->fps;
    uint32_t size = c->of_key ? mean * KEY_FACTOR : mean * share[c->tid] / 10;
    size -= size * (c->frame * 7919 % 31) / 200;
    return size > VIDEO_PAYLOAD_MIN ? size : VIDEO_PAYLOAD_MIN;
}
