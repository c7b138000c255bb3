/* Whom an order is about, of the guests of its tour: seats that are `named` until the next order
 * names others. Whoever has the same token as one who is named, or excepted, is so, too. */
#ifndef ORIEL_SIGNALING_SEATS_GUESTS_H
#define ORIEL_SIGNALING_SEATS_GUESTS_H

#include "signaling/state/state.h"
#include "json/json_read.h"

#define PARTICIPANTS_NAMED_MAX 1024 /* in one list */

/* Lists of ids ("p7"); NULL: empty. */
/* Those of the list, but those of `except`. False: one of the first is no guest, or not there. */
bool guests_name(const struct tour *t, const struct json *list, const struct json *except);
/* All, but those of `except`; who is not there any more excepts nobody. */
void guests_name_all(const struct tour *t, const struct json *except);
/* This one only. False: it is no guest. */
bool guests_name_one(const struct seat *seat);

#endif
