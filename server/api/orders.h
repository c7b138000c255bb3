/* Orders about recordings: shredding, redacting and holding. Each answers its request, or sees to
 * it that it will be. */
#ifndef ORIEL_SERVER_API_ORDERS_H
#define ORIEL_SERVER_API_ORDERS_H

#include "server/api/api.h"

/* A recording as a whole. */
void orders_shred(struct request *r);
/* A participant in it. */
void orders_shred_person(struct request *r);
/* Some time of some of its tracks. */
void orders_redact(struct request *r);
/* From now on it cannot be shredded. */
void orders_hold(struct request *r);
/* It can again. */
void orders_release(struct request *r);
/* Who holds it, since when and why. */
void orders_held(struct request *r);

/* Orders whose record is on the disk by now go to the jobs thread. */
void orders_service(struct api *a);

#endif
