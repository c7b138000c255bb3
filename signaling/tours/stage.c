#include "signaling/tours/stage.h"

#include "signaling/tell/effects.h"

void tour_tell_stage(struct signaling *s, const struct tour *t) {
    command(
        s, t->span,
        (struct command){
            .type = COMMAND_STAGE, .tour = t->id, .participant = t->spotlight, .lead = t->lead});
}

void tour_tell_intake(struct signaling *s, const struct tour *t) {
    command(s, t->span,
            (struct command){.type = COMMAND_TOUR_INTAKE,
                             .tour = t->id,
                             .bytes = t->plan.quota.kbps * (1000 / 8)});
}
