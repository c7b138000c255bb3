/* As whom somebody is in a tour, and so what is the default for what he may. */
#ifndef ORIEL_SIGNALING_STATE_STANDING_H
#define ORIEL_SIGNALING_STATE_STANDING_H

#include "signaling/state/state.h"

/* Of who comes with a token of this role, before a host says anything. */
enum standing role_standing(enum role role);
enum standing seat_standing(const struct seat *seat);
/* Neither host nor observer. */
bool seat_is_guest(const struct seat *seat);
/* What she would be allowed by the tour alone. */
struct capabilities seat_default(const struct seat *seat);

#endif
