/* Between struct addr, which the core knows, and addresses of the kernel and in words. Thread: any.
 */
#ifndef ORIEL_SERVER_OS_SOCKADDR_H
#define ORIEL_SERVER_OS_SOCKADDR_H

#include "base/addr.h"

#include <stdbool.h>
#include <sys/socket.h>

/* For a socket of IPv6 (v6) or IPv4. Returns the length [bytes]. */
socklen_t sockaddr_of(const struct addr *a, bool v6, struct sockaddr_storage *ret);
/* Of either family; IPv4-mapped addresses stay what they are. */
struct addr sockaddr_addr(const struct sockaddr_storage *in);
/* An IPv4 or IPv6 address in text form with this port. False when it is neither. */
bool sockaddr_parse(const char *text, uint16_t port, struct addr *ret);

#endif
