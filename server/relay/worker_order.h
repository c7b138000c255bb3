/* What control has a worker do. */
#ifndef ORIEL_SERVER_RELAY_WORKER_ORDER_H
#define ORIEL_SERVER_RELAY_WORKER_ORDER_H

#include "media/media.h"

enum worker_order_type {
    WORKER_TOUR_ADD,
    WORKER_TOUR_REMOVE,
    WORKER_TOUR_SPAN, /* home, others */
    WORKER_TOUR_TAP,
    WORKER_TOUR_MIX, /* on */
    WORKER_PEER_ADD,
    WORKER_PEER_REMOVE,
    WORKER_PEER_RESTART,
    WORKER_PEER_CONSENT,
    WORKER_MUTE,
    WORKER_PIN,
    WORKER_WITHOUT /* participant: who is left out of the mix that this peer hears */
};
struct worker_order {
    uint8_t type; /* enum worker_order_type */
    uint8_t kind; /* enum source_kind */
    bool on;
    uint8_t home;    /* worker */
    uint64_t others; /* bit per worker */
    uint64_t tour, peer, participant;
    struct session_params *params; /* WORKER_PEER_ADD: heap, ownership passes; else NULL */
    struct ice_credentials ice;    /* WORKER_PEER_RESTART */
};

/* Have the engine carry it out; takes over params. Of errors only a refused peer is told, in
 * *ret_refused with true: others mean that the peer or tour has just gone by itself, which
 * signaling learns from the event that is on its way. The engine's thread. */
bool worker_order_obey(struct engine *e, us_t now, const struct worker_order *o,
                       struct media_event *ret_refused);
/* It will not be carried out: frees what it holds. */
void worker_order_drop(const struct worker_order *o);

#endif
