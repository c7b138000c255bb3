/* A client of TCP that can do what libraries do not: say a byte at a time, say no more, not read,
 * end its half, reset. It never waits: whoever tests turns the server's loop in between. */
#ifndef ORIEL_TESTS_UNIT_SERVER_HTTP_CLIENT_H
#define ORIEL_TESTS_UNIT_SERVER_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_KEPT (64 * 1024)

struct client {
    int fd;
    char in[CLIENT_KEPT + 1]; /* the beginning of what came, and a NUL */
    size_t kept, got;         /* [bytes] in `in`; that came */
    bool ended;               /* the server has ended its half, or the connection */
    bool reset;               /* without a word */
};

/* Connect to 127.0.0.1, from this address of the machine (NULL: any). Leaves the socket's buffers
 * small, so that who does not read is noticed soon. */
void client_open(struct client *c, uint16_t port, const char *from);
void client_close(struct client *c);
/* The client vanishes: the server sees a reset. */
void client_reset(struct client *c);
/* It says no more, and reads on. */
void client_half_close(struct client *c);
/* Send n bytes. False: the server takes no more now, or never again. */
bool client_send(struct client *c, const void *p, size_t n);
bool client_say(struct client *c, const char *text);
/* Take what is there. Returns whether this text is in what was kept. */
bool client_has(struct client *c, const char *text);
/* The same, of what came in all. */
size_t client_got(struct client *c);
/* The same: whether the server has ended it. */
bool client_ended(struct client *c);
/* Forget what came. */
void client_clear(struct client *c);
/* Of the answer kept; 0: none yet. */
int client_status(struct client *c);
/* How often this text is in what was kept. */
unsigned client_count(struct client *c, const char *text);

/* A frame of a WebSocket (RFC 6455), masked: opcode with FIN as its first byte has them. */
bool client_frame(struct client *c, uint8_t first, const void *p, size_t n);
/* Ask for the WebSocket. */
bool client_upgrade(struct client *c, const char *more_headers);
/* The status of a close frame at the end of what was kept; 0: there is none. */
unsigned client_close_status(struct client *c);

#endif
