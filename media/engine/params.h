/* Is what signaling agreed on something the engine can obey? Owner: any. */
#ifndef ORIEL_MEDIA_ENGINE_PARAMS_H
#define ORIEL_MEDIA_ENGINE_PARAMS_H

#include "base/err.h"
#include "base/session.h"

/* OK, or ERR_RANGE: a limit of base/session.h is exceeded, a string is empty or not terminated, a
 * value is outside its protocol's range, or two m-lines share a mid or an ssrc of ours. */
enum err params_check(const struct session_params *s);
/* The same for credentials alone (ICE restart). */
enum err params_check_ice(const struct ice_credentials *c);

#endif
