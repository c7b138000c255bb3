/* Putting the server together and taking it apart, in the one order that works: what others push
 * into lives longer than what pushes. */
#ifndef ORIEL_SERVER_BOOT_SERVER_H
#define ORIEL_SERVER_BOOT_SERVER_H

#include "server/http/control.h"

struct server;

/* Everything up to listening, in order: certificate, secret, pages, control loop, recorder,
 * reader, workers, signaling, glue, socket. On failure why[WHY_MAX] holds one line for the
 * operator, nothing is left running and *ret is untouched. */
enum err server_start(const struct config *cfg, struct server **ret, char why[WHY_MAX]);
/* Say goodbye to clients, finish recordings, stop threads, free. NULL allowed; returns NULL. */
struct server *server_stop(struct server *s);
struct control *server_control(struct server *s);
/* Have the names of media.announce resolved again; who joins or restarts ICE from then on is told
 * what they are. A name that is not known then changes nothing and is logged. Returns at once:
 * server_announced, in each turn of the control loop, takes the result. */
void server_announce_again(struct server *s);
void server_announced(struct server *s);
/* The secret and the tokens made with it, without a server: for `oriel token`. *ret is for
 * auth_free. */
enum err server_auth(const struct config *cfg, bool create, struct auth **ret, char why[WHY_MAX]);

#endif
