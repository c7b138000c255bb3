#include "bench/load/loop.h"

#include "base/check.h"
#include "server/os/clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define PACE_MIN US_PER_MS

void loop_open(struct loop *l) {
    *l = (struct loop){.eager = epoll_create1(EPOLL_CLOEXEC),
                       .bulk = epoll_create1(EPOLL_CLOEXEC),
                       .pace = PACE_MIN};
    CHECK(l->eager >= 0 && l->bulk >= 0);
}

void loop_close(struct loop *l) {
    close(l->eager);
    close(l->bulk);
}

static void control(int epoll, int operation, int fd, uint32_t events, struct loop_source *s) {
    struct epoll_event e = {.events = events, .data = {.ptr = s}};
    CHECK(epoll_ctl(epoll, operation, fd, &e) == 0);
}

void loop_add(struct loop *l, int fd, uint32_t events, struct loop_source *s) {
    control(l->eager, EPOLL_CTL_ADD, fd, events, s);
}

void loop_change(struct loop *l, int fd, uint32_t events, struct loop_source *s) {
    control(l->eager, EPOLL_CTL_MOD, fd, events, s);
}

void loop_to_bulk(struct loop *l, int fd, struct loop_source *s) {
    control(l->eager, EPOLL_CTL_DEL, fd, 0, s);
    control(l->bulk, EPOLL_CTL_ADD, fd, EPOLLIN, s);
}

void loop_remove(struct loop *l, int fd) {
    if (epoll_ctl(l->eager, EPOLL_CTL_DEL, fd, NULL) != 0) {
        (void)epoll_ctl(l->bulk, EPOLL_CTL_DEL, fd, NULL);
    }
}

static int serve(int epoll, const struct timespec *wait) {
    struct epoll_event ready[EVENTS_MAX];
    int n = epoll_pwait2(epoll, ready, EVENTS_MAX, wait, NULL);
    CHECK(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        struct loop_source *s = ready[i].data.ptr;
        s->ready(s->ctx, ready[i].events);
    }
    return n;
}

/* Every ready socket once: epoll hands them out in turn, so that sockets which are ready again
 * already come after all others. */
static void sweep(struct loop *l) {
    struct timespec now = {0};
    int turns = 0;
    while (serve(l->bulk, &now) == EVENTS_MAX && ++turns < 32) {
    }
}

void loop_turn(struct loop *l, us_t until) {
    us_t now = clock_now(), due = l->swept_at + l->pace;
    us_t wait = us_max(us_min(until, due) - now, 0);
    struct timespec t = {.tv_sec = wait / US_PER_S, .tv_nsec = wait % US_PER_S * 1000};
    (void)serve(l->eager, &t);
    now = clock_now();
    if (now >= due) {
        l->swept_at = now;
        sweep(l);
    }
}
