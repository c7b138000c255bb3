/* What belongs on the stage. A host holds it until a host spotlights somebody: who speaks takes it
 * only where no host shows anything. In this order:
 *
 *   1. of the spotlit one: the screen, else the camera
 *   2. a screen: the lead's, else a host's, else anybody's; the newest of them
 *   3. the camera that this viewer has pinned
 *   4. the lead's camera
 *   5. another host's camera, of whoever came first
 *   6. the camera of who speaks, or spoke last
 *   7. the first camera
 *
 * Nobody is shown himself, or what he may not receive: then it is the next that he may be shown.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ROOM_STAGE_H
#define ORIEL_MEDIA_ROOM_STAGE_H

#include "media/room/room.h"

/* For this viewer; NULL: for one without wishes, who receives everything and sends nothing, as the
 * recorder. Returns NULL when there is nothing to show. */
struct room_source *stage_source(const struct room *r, const struct room_viewer *v);
/* What the viewer (NULL as above) may be shown of this participant, or NULL: of 0, of himself and
 * of who does not send it. */
struct room_source *stage_find(const struct room *r, const struct room_viewer *v,
                               uint64_t participant, enum source_kind kind);

#endif
