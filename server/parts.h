/* Putting the server together and taking it apart, in the one order that works: what others push
 * into lives longer than what pushes. */
#ifndef ORIEL_SERVER_PARTS_H
#define ORIEL_SERVER_PARTS_H

#include "server/control.h"

struct parts;

/* Everything up to listening, in order: certificate, secret, pages, control loop, recorder,
 * reader, workers, signaling, glue, socket. On failure why[WHY_MAX] holds one line for the
 * operator, nothing is left running and *ret is untouched. */
enum err parts_start(const struct config *cfg, struct parts **ret, char why[WHY_MAX]);
/* Say goodbye to clients, finish recordings, stop threads, free. NULL allowed; returns NULL. */
struct parts *parts_stop(struct parts *p);
struct control *parts_control(struct parts *p);
/* The secret and the tokens made with it, without a server: for `oriel token`. *ret is for
 * auth_free. */
enum err parts_auth(const struct config *cfg, bool create, struct auth **ret, char why[WHY_MAX]);

#endif
