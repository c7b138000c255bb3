/* Which source fills which slot. It runs when something that ranks has changed: a source comes or
 * goes, somebody else speaks, a viewer joins or pins. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ROOM_ROUTER_H
#define ORIEL_MEDIA_ROOM_ROUTER_H

#include "media/room/room.h"

/* What belongs on the stage for somebody who is `self` and has pinned `pinned` (0 = nobody). */
struct room_source *router_stage(const struct room *r, uint64_t self, uint64_t pinned);
/* The voice of whoever speaks, or NULL. */
struct room_source *router_voice(const struct room *r);
/* Rank and bind for every viewer: what changes is on room.moved. O(viewers), allocates nothing. */
void router_run(struct room *r);

#endif
