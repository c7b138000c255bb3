/* Where connections come in: our own socket, so that it can outlive the process, whose connections
 * libwebsockets is given one by one. Between bind and listen nobody is answered, but the port is
 * ours; one that was kept for us listens all the time, and who connects meanwhile waits. Owner: the
 * control thread. */
#ifndef ORIEL_SERVER_HTTP_LISTENER_H
#define ORIEL_SERVER_HTTP_LISTENER_H

#include "server/http/loop.h"

struct listener;

/* Binds the configured address, or takes what is kept in `place`. ERR_IO, ERR_NOMEM, with the
 * reason in why; *ret is untouched then. */
enum err listener_bind(const struct config *cfg, const struct socket_place *place,
                       struct listener **ret, char why[WHY_MAX]);
/* Listens, and takes connections into l->vhost from now on. Errors as above. The loop has closed
 * its socket when it is closed itself. */
enum err listener_begin(struct listener *x, struct loop *l, char why[WHY_MAX]);
uint16_t listener_port(const struct listener *x);
/* Readable: take connections (LWS_CALLBACK_RAW_RX_FILE of this one). */
void listener_ready(struct listener *x);
/* Its socket, too, unless the loop has it. NULL allowed; returns NULL. */
struct listener *listener_free(struct listener *x);

#endif
