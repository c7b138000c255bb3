/* Preloaded into Janus, which never gathers candidates on a loopback interface: it gets to see the
 * loopback interface as an ordinary one, and no other. The bench stays on this machine so. */
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stddef.h>

/* As getifaddrs(3). */
int getifaddrs(struct ifaddrs **list) {
    int (*real)(struct ifaddrs **);
    /* POSIX lets dlsym return functions; ISO C has no cast for it. */
    *(void **)&real = dlsym(RTLD_NEXT, "getifaddrs");
    int status = real ? real(list) : -1;
    for (struct ifaddrs *i = status == 0 ? *list : NULL; i; i = i->ifa_next) {
        if (i->ifa_flags & IFF_LOOPBACK) {
            i->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
        } else {
            i->ifa_flags &= ~(unsigned)(IFF_UP | IFF_RUNNING);
        }
    }
    return status;
}
