#include "server/relay/worker_order.h"

#include "base/alloc.h"
#include "base/bytes.h"

/* Refused: signaling already believes that this peer exists, and is told that it does not. */
static bool add_peer(struct engine *e, us_t now, struct session_params *s,
                     struct media_event *ret_refused) {
    enum err err = engine_peer_add(e, now, s);
    *ret_refused = (struct media_event){.type = MEDIA_PEER_FAILED,
                                        .reason = (uint8_t)err,
                                        .tour = s->tour,
                                        .peer = s->peer,
                                        .participant = s->participant};
    mem_wipe(&s->ice, sizeof(s->ice));
    mem_free(s);
    return err != OK;
}

bool worker_order_obey(struct engine *e, us_t now, const struct worker_order *o,
                       struct media_event *ret_refused) {
    switch ((enum worker_order_type)o->type) {
    case WORKER_TOUR_ADD:
        (void)engine_tour_add(e, o->tour);
        break;
    case WORKER_TOUR_REMOVE:
        (void)engine_tour_remove(e, o->tour);
        break;
    case WORKER_TOUR_SPAN:
        (void)engine_tour_span(e, now, o->tour, o->home, o->others);
        break;
    case WORKER_TOUR_TAP:
        (void)engine_tour_tap(e, now, o->tour, o->on);
        break;
    case WORKER_TOUR_MIX:
        (void)engine_tour_mix(e, now, o->tour, o->on);
        break;
    case WORKER_PEER_ADD:
        return add_peer(e, now, o->params, ret_refused);
    case WORKER_PEER_REMOVE:
        (void)engine_peer_remove(e, now, o->peer);
        break;
    case WORKER_PEER_RESTART:
        (void)engine_peer_restart(e, now, o->peer, &o->ice);
        break;
    case WORKER_PEER_CONSENT:
        (void)engine_peer_consent(e, now, o->peer, o->on);
        break;
    case WORKER_MUTE:
        (void)engine_source_mute(e, now, o->peer, (enum source_kind)o->kind, o->on);
        break;
    case WORKER_PIN:
        (void)engine_pin(e, now, o->peer, o->participant);
        break;
    case WORKER_WITHOUT:
        (void)engine_peer_without(e, now, o->peer, o->participant);
        break;
    }
    return false;
}

void worker_order_drop(const struct worker_order *o) {
    if (o->params) {
        mem_wipe(&o->params->ice, sizeof(o->params->ice));
        mem_free(o->params);
    }
}
