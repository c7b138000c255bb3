/* Who hears the mix: viewers by WHEP who asked for it, each without the voice of the participant
 * whose token's `sub` is theirs. The mix is told of each of them; workers, whether a tour has any.
 */
#ifndef ORIEL_SIGNALING_TOURS_MIX_H
#define ORIEL_SIGNALING_TOURS_MIX_H

#include "signaling/state/state.h"

/* May one more viewer of the tour, with this sub, hear the mix? CODE_MIX_OFF, CODE_MIX_FULL. */
enum code mix_check(const struct signaling *s, const struct tour *t, const char *sub);
/* This viewer, whose sub is set, is to hear the mix of this tour. */
void mix_choose(const struct tour *t, struct session *session);
/* It was started, or ends; its worker knows it. */
void mix_begin(struct signaling *s, const struct session *session);
void mix_end(struct signaling *s, const struct session *session);
/* One more worker has the tour. */
void mix_spread(struct signaling *s, const struct tour *t);
/* Who has this sub is this participant from now on, 0: nobody. */
void mix_self(struct signaling *s, const struct tour *t, const char *sub, uint64_t participant);

#endif
