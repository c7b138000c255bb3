/* Which source fills which slot. It runs when something that ranks has changed: a source comes or
 * goes, somebody else speaks or holds the stage, a viewer joins, pins, or may receive something
 * else. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ROOM_ROUTER_H
#define ORIEL_MEDIA_ROOM_ROUTER_H

#include "media/room/room.h"

/* The voice of whoever speaks, or NULL. */
struct room_source *router_voice(const struct room *r);
/* Rank and bind for every viewer: what changes is on room.moved. O(viewers), allocates nothing. */
void router_run(struct room *r);

#endif
