/* What the engines tell, as it is told to signaling and kept in the model. */
#include "tests/sim/sim_signaling.h"
#include "tests/sim/tour/tour_sim.h"

static void peer_gone(struct tour_sim *t, uint64_t peer) {
    struct seat_model *s = model_peer(&t->model, peer);
    signaling_peer_gone(t->s, t->w->now, peer);
    if (s) {
        s->connected = false;
        s->peer = s->flows = s->lines = 0;
    }
}

static void peer_connected(struct tour_sim *t, uint64_t peer) {
    struct seat_model *s = model_peer(&t->model, peer);
    signaling_peer_connected(t->s, t->w->now, peer);
    if (s) {
        s->connected = true;
    }
}

static void flows(struct tour_sim *t, const struct media_event *e, bool on) {
    struct seat_model *s = model_peer(&t->model, e->peer);
    unsigned bit = 1u << e->source_kind;
    signaling_source(t->s, t->w->now, e->peer, (enum source_kind)e->source_kind, on);
    if (s) {
        s->flows = (uint8_t)(on ? s->flows | bit : s->flows & ~bit);
    }
}

void tour_report(struct tour_sim *t, const struct media_event *e) {
    switch ((enum media_event_type)e->type) {
    case MEDIA_PEER_CONNECTED:
        peer_connected(t, e->peer);
        break;
    case MEDIA_PEER_FAILED:
    case MEDIA_PEER_GONE:
        peer_gone(t, e->peer);
        break;
    case MEDIA_SOURCE_ON:
    case MEDIA_SOURCE_OFF:
        flows(t, e, e->type == MEDIA_SOURCE_ON);
        break;
    case MEDIA_SLOT_CHANGED:
        signaling_slot(t->s, t->w->now, e->peer,
                       &(struct signaling_bound){e->mid, e->participant,
                                                 (enum source_kind)e->source_kind, e->paused});
        break;
    case MEDIA_LAYERS:
        signaling_layers(t->s, e->peer, (enum source_kind)e->source_kind, e->layers);
        break;
    case MEDIA_RECEPTION:
        signaling_reception(t->s, t->w->now, e->peer, (enum reception)e->reason);
        break;
    case MEDIA_SPEAKER:
        signaling_speaker(t->s, e->tour, e->participant);
        break;
    case MEDIA_OFFENCE:
        world_fail(t->w, "an offence is reported: %s",
                   media_offence_name((enum media_offence)e->reason));
        break;
    }
    tour_told(t);
    tour_known(t);
}
