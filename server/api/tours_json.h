/* Tours as the API shows them (tours_schemas.h). */
#ifndef ORIEL_SERVER_API_TOURS_JSON_H
#define ORIEL_SERVER_API_TOURS_JSON_H

#include "base/buffer.h"
#include "server/tours/tour_record.h"

#define TOUR_VERSION 48 /* [bytes] */

/* Write a tour as key's value: as it is kept (NULL: the API did not make it), and as signaling has
 * it (NULL: it does not, for it has ended). One of them is there. */
void tour_json(struct buffer *b, const struct tour_record *kept,
               const struct signaling_tour_view *view);
/* The state it is in, one of tour_state_words. */
const char *tour_json_state(const struct tour_record *kept, const struct signaling_tour_view *view);
/* What the tag of a tour begins with (tagged.h): another one with each change. Returns out. */
const char *tour_version(const struct tour_record *r, char out[TOUR_VERSION]);
/* Does an If-Match name what PATCH would change? Who is in the tour meanwhile does not count. */
bool tour_is_matched(const struct tour_record *r, const char *if_match);

#endif
