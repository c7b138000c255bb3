/* The requests of oriel.v1 in one constant table of name, schema and function. */
#ifndef ORIEL_SIGNALING_REQUESTS_REQUESTS_H
#define ORIEL_SIGNALING_REQUESTS_REQUESTS_H

#include "signaling/state/state.h"

/* Handle one message; sends its reply or error. */
void request_handle(struct signaling *s, us_t now, struct conn *c, const char *text, size_t n);

#endif
