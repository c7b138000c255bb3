/* Putting the server together and taking it apart, in the one order that works: what others push
 * into lives longer than what pushes. */
#ifndef ORIEL_SERVER_BOOT_SERVER_H
#define ORIEL_SERVER_BOOT_SERVER_H

#include "server/http/loop.h"

struct server;

/* Everything up to listening, in order: certificate, secret, pages, control loop, recorder,
 * reader, workers, signaling, glue, socket. On failure why[WHY_MAX] holds one line for the
 * operator, nothing is left running and *ret is untouched. */
enum err server_start(const struct config *cfg, struct server **ret, char why[WHY_MAX]);
/* Say goodbye to clients, finish recordings, stop threads, free. NULL allowed; returns NULL. */
struct server *server_stop(struct server *s);
/* Whoever has started us is told that we serve, where that wants to know. */
void server_ready(struct server *s);
/* The loop of the control thread, which is the caller's to turn. */
struct loop *server_loop(struct server *s);
/* The UDP port of the first worker, and how many workers there are. */
uint16_t server_media_port(const struct server *s);
uint32_t server_workers(const struct server *s);
/* Have the names of media.announce resolved again; who joins or restarts ICE from then on is told
 * what they are. A name that is not known then changes nothing and is logged. Returns at once:
 * server_announced, in each turn of the control loop, takes the result. */
void server_announce_again(struct server *s);
void server_announced(struct server *s);
/* The configuration was read again (SIGHUP), or could not be: for metrics. */
void server_note_reload(struct server *s, bool ok);
/* From now on who may sign tokens, and with what, is as cfg and the files that it names say; nobody
 * is refused in between. When something is wrong, all is as before, and why[WHY_MAX] says it. */
enum err server_tokens_again(struct server *s, const struct config *cfg, char why[WHY_MAX]);

#endif
