/* Who waits to be let in. A seat in the lobby has a number, a connection and a resume secret, and
 * nothing of the tour reaches it: it is on a list of its own, which nothing walks but this. Hosts
 * see who is there. */
#ifndef ORIEL_SIGNALING_SEATS_LOBBY_H
#define ORIEL_SIGNALING_SEATS_LOBBY_H

#include "base/buffer.h"
#include "base/err.h"
#include "signaling/state/state.h"

/* Put a seat, which is on no list, into the lobby; take it out again. */
void lobby_link(struct signaling *s, struct tour *t, struct seat *seat);
void lobby_unlink(struct signaling *s, struct seat *seat);
/* Tell hosts that somebody waits, or no more: "left", "timeout", "removed", "admitted". */
void lobby_tell_joined(struct signaling *s, const struct seat *seat);
void lobby_tell_left(struct signaling *s, const struct tour *t, uint32_t number,
                     const char *reason);
/* Tell one who has just become a host of each who waits; who is none any more, that they wait no
 * more for him ("not_host"): he is not told who comes and goes until he is one again. */
void lobby_show(struct signaling *s, const struct seat *seat, bool on);
/* All who wait, as an array of participants. */
void lobby_put(struct buffer *o, const struct tour *t);

/* Nobody who waits is `named`; this one is, on all his devices that wait. */
void lobby_name_nobody(const struct tour *t);
void lobby_name(const struct seat *who);
/* Let those in who are `named`, or all who wait: each is told, and his next join leads into the
 * tour, on his other devices, too. CODE_TOUR_FULL (of its own capacity), CODE_INTERNAL (memory is
 * out): nobody is. */
enum code lobby_admit(struct signaling *s, us_t now, struct tour *t, bool all);
/* Whoever was let in and whose link is there has from now on so long to join (resume_grace): his
 * place is kept, and hosts do not see him. Nothing happens for others. */
void lobby_await(struct signaling *s, us_t now, struct seat *seat);
/* He has not joined in time: he waits again, and hosts are told. */
void lobby_again(struct signaling *s, struct seat *seat);
/* From now on guests must be admitted, but those that are in may come again; or need not, and those
 * who wait are. CODE_TOUR_FULL, when they are too many, and CODE_INTERNAL: nothing has changed. */
enum code lobby_set(struct signaling *s, us_t now, struct tour *t, bool on);
/* He is in, and may come again though the tour has a lobby. ERR_NOMEM. */
enum err lobby_remember(struct signaling *s, const struct seat *seat);

#endif
