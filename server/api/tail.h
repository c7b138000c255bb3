/* /v1/recordings/{recording}/{track}/{epoch}: following a recording while it is made. Each answers
 * its request, or sees to it that it will be. */
#ifndef ORIEL_SERVER_API_TAIL_H
#define ORIEL_SERVER_API_TAIL_H

#include "server/http/request.h"

/* Which segments there are. */
void tail_segments(struct request *r);
/* What comes before them. */
void tail_init(struct request *r);
/* One of them. */
void tail_segment(struct request *r);

#endif
