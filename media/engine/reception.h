/* How well a viewer receives, in three words, for whoever leads the tour: by what is lost on the
 * way to it, by the round trip, and by what its path does not carry. A moment is no news: what is
 * told has lasted. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RECEPTION_H
#define ORIEL_MEDIA_ENGINE_RECEPTION_H

#include "base/reception.h"
#include "media/engine/session.h"

#define RECEPTION_WORSENS (3 * US_PER_S) /* [us] worse for so long than what was told last */
#define RECEPTION_MENDS (10 * US_PER_S)  /* or better */
#define RECEPTION_LOSS_FAIR 0.02         /* as a page judges what it receives (web/lib/stats.js) */
#define RECEPTION_LOSS_POOR 0.08
#define RECEPTION_RTT_FAIR (250 * US_PER_MS)
#define RECEPTION_RTT_POOR (600 * US_PER_MS)

/* Layers were just chosen; less: the main picture is a smaller one than there is. */
void reception_look(struct session *s, us_t now, bool less);

#endif
