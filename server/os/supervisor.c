#include "server/os/supervisor.h"

#include "server/os/clock.h"
#include "server/os/socket_store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 3     /* sd_listen_fds(3) */
#define MESSAGE 256 /* [bytes] of what the child says */
#define LINE 256    /* [bytes] of the log: a pipe that is writable takes that */
#define CANNOT_RUN 127
#define FAILED 1

struct held {
    char name[SOCKET_NAME_MAX];
    int fd;
};

struct supervisor {
    char *const *argv;
    struct held held[SOCKETS_MAX];
    uint32_t n;
    sigset_t before; /* what was blocked: the child's again */
    int signals;     /* signalfd(2) */
    int control;     /* from the child; -1 = there is none */
    pid_t child;     /* 0 = there is none */
    bool asked, ready, was_ready;
    bool reload;     /* the child is to be told of a SIGHUP when it can hear it */
    us_t born;       /* the child */
    us_t start_at;   /* the next one, without a child */
    unsigned deaths; /* in a row */
};

us_t supervisor_next(const struct supervisor_death *d, unsigned *deaths, int *ret_status) {
    bool exited = WIFEXITED(d->status);
    int code = exited ? WEXITSTATUS(d->status) : 128 + WTERMSIG(d->status);
    if (d->asked || (exited && (code == 0 || !d->was_ready))) {
        *ret_status = code;
        return US_NEVER;
    }
    *deaths = d->lived >= SUPERVISOR_WELL ? 1 : *deaths + 1;
    us_t pause = *deaths > 1 ? SUPERVISOR_PAUSE : 0;
    for (unsigned i = 2; i < *deaths && pause < SUPERVISOR_PAUSE_MAX; i++) {
        pause *= 2;
    }
    return us_min(pause, SUPERVISOR_PAUSE_MAX);
}

/* For people. A log that nobody reads holds nobody up: what it does not take at once is left out.
 */
static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...) {
    char text[LINE];
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (poll(&log, 1, 0) == 1) {
        ssize_t n = write(STDERR_FILENO, text, strlen(text));
        (void)n;
    }
}

/* ---- what the child hands over ---- */

static void drop_named(struct supervisor *s, const char *name) {
    for (uint32_t i = 0; i < s->n;) {
        if (strcmp(s->held[i].name, name) == 0) {
            close(s->held[i].fd);
            s->held[i] = s->held[--s->n];
        } else {
            i++;
        }
    }
}

/* One name, one socket: the one that was handed over last. */
static bool hold(struct supervisor *s, const char *name, int fd) {
    drop_named(s, name);
    if (s->n == SOCKETS_MAX) {
        return false;
    }
    struct held *h = &s->held[s->n++];
    snprintf(h->name, sizeof(h->name), "%s", name);
    h->fd = fd;
    return true;
}

/* The value of a line "WHAT=value" of the message; NULL: it has none. */
static const char *value_of(const char *text, const char *what, char *out, size_t size) {
    size_t n = strlen(what);
    for (const char *line = text; *line;
         line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
        if (strncmp(line, what, n) == 0 && line[n] == '=') {
            snprintf(out, size, "%.*s", (int)strcspn(line + n + 1, "\n"), line + n + 1);
            return out;
        }
    }
    return NULL;
}

/* Takes the descriptor, if there is one. */
static void obey(struct supervisor *s, const char *text, int fd) {
    char name[SOCKET_NAME_MAX] = "", yes[2];
    bool named = value_of(text, "FDNAME", name, sizeof(name)) && *name && !strchr(name, ':');
    bool kept = false;
    if (named && fd >= 0 && value_of(text, "FDSTORE", yes, sizeof(yes))) {
        kept = hold(s, name, fd);
    } else if (named && value_of(text, "FDSTOREREMOVE", yes, sizeof(yes))) {
        drop_named(s, name);
    }
    if (value_of(text, "READY", yes, sizeof(yes))) {
        s->ready = s->was_ready = true;
    }
    if (fd >= 0 && !kept) {
        close(fd);
    }
}

/* Of the message, if it has one; there is place for no more, and the system closes the others. */
static int descriptor_of(struct msghdr *m) {
    int fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            memcpy(&fd, CMSG_DATA(c), sizeof(fd));
        }
    }
    return fd;
}

/* One message of the child's; false: there is none. */
static bool hear(struct supervisor *s) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char text[MESSAGE];
    struct iovec what = {text, sizeof(text) - 1};
    struct msghdr m = {.msg_iov = &what,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = CMSG_LEN(sizeof(int))};
    ssize_t got;
    do {
        got = recvmsg(s->control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return false;
    }
    text[got] = '\0';
    obey(s, text, descriptor_of(&m));
    return true;
}

/* ---- the child ---- */

/* In the child: descriptors as sd_listen_fds(3) wants them. They are moved up first, for some may
 * lie where others have to go. */
static bool lay_out(const struct supervisor *s, int control) {
    static int above[SOCKETS_MAX + 1];
    static char names[(SOCKETS_MAX + 1) * SOCKET_NAME_MAX];
    char number[16];
    int n = (int)s->n + 1;
    size_t at = (size_t)snprintf(names, sizeof(names), "%s", SOCKET_SUPERVISOR);
    for (int i = 0; i < n; i++) {
        int fd = i == 0 ? control : s->held[i - 1].fd;
        above[i] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST + n);
        if (above[i] < 0) {
            return false;
        }
    }
    for (int i = 0; i < n; i++) {
        if (dup2(above[i], FIRST + i) < 0) {
            return false;
        }
        if (i > 0) {
            at += (size_t)snprintf(names + at, sizeof(names) - at, ":%s", s->held[i - 1].name);
        }
    }
    snprintf(number, sizeof(number), "%d", n);
    bool ok = setenv("LISTEN_FDS", number, 1) == 0 && setenv("LISTEN_FDNAMES", names, 1) == 0;
    snprintf(number, sizeof(number), "%d", (int)getpid());
    return ok && setenv("LISTEN_PID", number, 1) == 0 && unsetenv("NOTIFY_SOCKET") == 0;
}

/* In the child. It ends in good order when the parent is gone. */
static _Noreturn void become(const struct supervisor *s, int control, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && lay_out(s, control) &&
        sigprocmask(SIG_SETMASK, &s->before, NULL) == 0) {
        execv("/proc/self/exe", s->argv);
    }
    _exit(CANNOT_RUN);
}

static void close_control(struct supervisor *s) {
    if (s->control >= 0) {
        close(s->control);
    }
    s->control = -1;
}

static bool start(struct supervisor *s) {
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    s->ready = false;
    s->born = clock_now();
    s->child = fork();
    if (s->child == 0) {
        become(s, pair[1], parent);
    }
    close(pair[1]);
    s->control = pair[0];
    if (s->child < 0) {
        s->child = 0;
        close_control(s);
        return false;
    }
    return true;
}

static void say_died(int status, us_t pause, uint32_t n) {
    bool exited = WIFEXITED(status);
    say("oriel: the server has died (%s %d); it is started again in %d ms, with %u sockets\n",
        exited ? "status" : "signal", exited ? WEXITSTATUS(status) : WTERMSIG(status),
        (int)(pause / US_PER_MS), n);
}

/* True when all is over. What the child said last counts. */
static bool buried(struct supervisor *s, int status, int *ret_status) {
    struct supervisor_death d = {.status = status, .lived = clock_now() - s->born};
    while (s->control >= 0 && hear(s)) {
    }
    close_control(s);
    s->child = 0;
    d.asked = s->asked;
    d.was_ready = s->was_ready;
    us_t pause = supervisor_next(&d, &s->deaths, ret_status);
    if (pause == US_NEVER) {
        return true;
    }
    say_died(status, pause, s->n);
    s->start_at = clock_now() + pause;
    return false;
}

/* Whoever else has become ours: in a container we may be the first process. */
static bool reap(struct supervisor *s, int *ret_status) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == s->child && buried(s, status, ret_status)) {
            return true;
        }
    }
    return false;
}

/* ---- signals ---- */

static void pass_on(struct supervisor *s, int number) {
    if (number == SIGHUP) {
        s->reload = true; /* what is not ready yet would die of it */
        return;
    }
    s->asked = true;
    if (s->child) {
        (void)kill(s->child, number);
    }
}

/* True when all is over. */
static bool take_signals(struct supervisor *s, int *ret_status) {
    struct signalfd_siginfo info;
    bool over = false;
    while (!over && read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            over = reap(s, ret_status);
        } else {
            pass_on(s, (int)info.ssi_signo);
        }
    }
    return over || (s->asked && !s->child);
}

static bool watch_signals(struct supervisor *s) {
    sigset_t ours;
    const int numbers[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD};
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaddset(&ours, numbers[i]);
    }
    s->signals = sigprocmask(SIG_BLOCK, &ours, &s->before) == 0
                     ? signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)
                     : -1;
    return s->signals >= 0;
}

/* ---- its life ---- */

static void look_after(struct supervisor *s) {
    us_t now = clock_now();
    if (!s->child && now >= s->start_at && !start(s)) {
        say("oriel: cannot start the server: %s\n", strerror(errno));
        s->start_at = now + SUPERVISOR_PAUSE_MAX;
    }
    if (s->reload && s->ready) {
        s->reload = false;
        (void)kill(s->child, SIGHUP);
    }
}

int supervise(char *const *argv) {
    static struct supervisor s;
    int status = 0;
    s.argv = argv;
    s.control = -1;
    if (!watch_signals(&s)) {
        return FAILED;
    }
    for (;;) {
        look_after(&s);
        struct pollfd ready[] = {{s.signals, POLLIN, 0}, {s.control, POLLIN, 0}};
        us_t now = clock_now();
        (void)poll(ready, 2, s.child ? -1 : clock_wait_ms(now, s.start_at));
        if (ready[1].revents && !hear(&s) && (ready[1].revents & (POLLHUP | POLLERR))) {
            close_control(&s); /* it has closed its end, or died, of which a signal tells */
        }
        if (take_signals(&s, &status)) {
            return status;
        }
    }
}
