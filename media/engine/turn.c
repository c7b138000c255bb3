#include "media/engine/turn.h"

#include "base/check.h"
#include "media/engine/bind.h"
#include "media/engine/copy_in.h"
#include "media/engine/copy_out.h"
#include "media/engine/relay_out.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"

void turn_begin(struct engine *e, us_t now) {
    OWNER_CHECK(&e->owner);
    CHECK(now >= e->now);
    CHECK(fanout_idle(&e->fanout));
    e->now = now;
    e->n_inputs = 0;
    copy_turn(e);
    handshakes_next(&e->handshakes);
}

void turn_input(struct engine *e, us_t now) {
    OWNER_CHECK(&e->owner);
    CHECK(now >= e->now);
    CHECK(e->n_inputs++ < ENGINE_BATCH_MAX);
    e->now = now;
    copy_turn(e);
}

void turn_end(struct engine *e) {
    while (!list_empty(&e->changed)) {
        bind_tour(LIST_ENTRY(e->changed.next, struct tour, changed), e->now);
    }
    while (!list_empty(&e->feeds.wants)) {
        struct feed *f = LIST_ENTRY(e->feeds.wants.next, struct feed, want);
        list_remove(&f->want);
        struct layer *layer = layer_of(f);
        if (flow_is_local(layer->flow)) {
            schedule(source_of(layer->flow)->session, e->now);
        } else if (!copy_serves(layer, e->now) && recv_keyframe_pass_on(&f->keyframe, e->now)) {
            relay_to_origin(layer, RELAY_KEY, f->keyframe.lost);
        }
    }
}
