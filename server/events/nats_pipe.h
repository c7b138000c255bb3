/* Carries the bytes between libnats and its server. While it makes a connection that library waits
 * in a handshake of TLS without a limit, and for the first answer in a loop without a pause: a
 * server that falls silent there would keep the courier for ever, and the process with it when it
 * is to end. So libnats connects to a port of this machine, a thread carries what it says, sealed
 * as it is, to the socket and back, and cuts both when the time is up. Who else connects to that
 * port reaches what he reaches by himself. Owner: the courier's thread. */
#ifndef ORIEL_SERVER_EVENTS_NATS_PIPE_H
#define ORIEL_SERVER_EVENTS_NATS_PIPE_H

#include "base/err.h"
#include "server/net/patience.h"

#include <stdint.h>

struct nats_pipe;

/* fd is taken over, whatever becomes of it. Somebody is to connect to *ret_port of 127.0.0.1, and
 * nats_pipe_keep to be called, before p ends; then it is cut. ERR_NOMEM, ERR_IO with why[WHY_MAX].
 */
enum err nats_pipe_open(int fd, const struct patience *p, struct nats_pipe **ret,
                        uint16_t *ret_port, char why[WHY_MAX]);
/* It stays until it is closed, or one end is. */
void nats_pipe_keep(struct nats_pipe *n);
/* Was it cut because the time was up? */
bool nats_pipe_was_cut(const struct nats_pipe *n);
/* Behind natsConnection_Destroy. NULL allowed; returns NULL. */
struct nats_pipe *nats_pipe_close(struct nats_pipe *n);

#endif
