#include "server/jobs/helper.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAM_FD 3 /* the helper's end */
#define DYING_MS 1000
#define STEPS 64 /* messages in one step, so that others have their turn */
#define IN_MAX (MESSAGE_HEAD + MESSAGE_BODY_MAX)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEP_STDERR 1 /* where a sanitizer reports */
#else
#define KEEP_STDERR 0
#endif

struct helper {
    struct helper_calls calls;
    pid_t pid; /* 0: it was waited for */
    int fd;
    us_t silence, heard; /* heard 0: not asked the time yet */
    struct buffer out;   /* not written yet, from out_at on */
    size_t out_at;
    uint8_t *in; /* of IN_MAX bytes: the next message so far */
    size_t in_n;
    uint8_t *piece; /* of MESSAGE_READ_MAX bytes */
};

/* ---- the process ---- */

static bool prepare(posix_spawn_file_actions_t *f, int theirs) {
    bool ok = posix_spawn_file_actions_adddup2(f, theirs, STREAM_FD) == 0;
    for (int fd = 0; ok && fd < STREAM_FD - KEEP_STDERR; fd++) {
        ok = posix_spawn_file_actions_addopen(f, fd, "/dev/null", O_RDWR, 0) == 0;
    }
    return ok && posix_spawn_file_actions_addclosefrom_np(f, STREAM_FD + 1) == 0;
}

/* Nothing that is set for the server's threads is inherited, and nothing is said in words. */
static int start(struct helper *h, const struct helper_config *c, int theirs) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    char memory[16], cpu[16];
    char *const argv[] = {(char[]){"oriel-media"}, memory, cpu, NULL}, *const none[] = {NULL};
    sigset_t set;
    snprintf(memory, sizeof(memory), "%u", c->memory_mib);
    snprintf(cpu, sizeof(cpu), "%u", c->cpu_s);
    sigemptyset(&set);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int e = ENOMEM;
    if (prepare(&files, theirs)) {
        e = posix_spawn(&h->pid, c->program, &files, &attributes, argv, none);
    }
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return e;
}

static enum err launch(struct helper *h, const struct helper_config *c, char why[WHY_MAX]) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        snprintf(why, WHY_MAX, "media helper: %s", strerror(errno));
        return ERR_IO;
    }
    /* Only our end does not wait. dup2 onto itself would keep the descriptor closed on exec. */
    int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, STREAM_FD + 1);
    close(pair[1]);
    h->fd = pair[0];
    bool ok = theirs >= 0 && fcntl(theirs, F_SETFL, 0) == 0;
    int e = ok ? start(h, c, theirs) : errno;
    if (theirs >= 0) {
        close(theirs);
    }
    if (e != 0) {
        h->pid = 0;
        snprintf(why, WHY_MAX, "cannot start the media helper %.200s: %s", c->program, strerror(e));
        return e == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    return OK;
}

/* Its end of the stream is closed, so it is dying; one that is not is not waited for. */
static void await_end(pid_t pid) {
    struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (p.fd >= 0) {
        (void)poll(&p, 1, DYING_MS);
        close(p.fd);
    }
}

/* Make sure that it has ended; how, in words, into why where that is not NULL. */
static void reap(struct helper *h, char *why) {
    int status = 0;
    if (h->pid == 0) {
        return;
    }
    if (why) {
        await_end(h->pid);
    }
    kill(h->pid, SIGKILL);
    while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR) {
    }
    h->pid = 0;
    if (why && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        snprintf(why, WHY_MAX, "the media helper used up its processor time");
    } else if (why && WIFSIGNALED(status)) {
        snprintf(why, WHY_MAX, "the media helper died of signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (why) {
        snprintf(why, WHY_MAX, "the media helper ended early (status %d)", WEXITSTATUS(status));
    }
}

/* ---- the stream ---- */

static enum err queue(struct helper *h, const struct message *m) {
    uint8_t start_of[MESSAGE_START_MAX];
    buffer_put(&h->out, start_of, message_start(m, start_of));
    buffer_put(&h->out, m->data.p, m->data.n);
    return h->out.bad ? ERR_NOMEM : OK;
}

enum err helper_start(const struct helper_config *c, const struct task *t,
                      const struct helper_calls *calls, struct helper **ret, char why[WHY_MAX]) {
    struct helper *h = mem_zalloc(1, sizeof(*h));
    struct buffer task = {0};
    snprintf(why, WHY_MAX, "out of memory");
    if (!h) {
        return ERR_NOMEM;
    }
    h->calls = *calls;
    h->fd = -1;
    h->silence = c->silence;
    h->in = mem_alloc(IN_MAX);
    h->piece = mem_alloc(MESSAGE_READ_MAX);
    task_encode(t, &task);
    struct message m = {.type = MESSAGE_TASK, .data = bytes_of(task.p, task.n)};
    enum err e = !h->in || !h->piece || task.bad ? ERR_NOMEM
                 : task.n > MESSAGE_BODY_MAX     ? ERR_LONG
                                                 : queue(h, &m);
    buffer_free(&task);
    e = e == OK ? launch(h, c, why) : e;
    if (e != OK) {
        helper_free(h);
        return e;
    }
    why[0] = '\0';
    *ret = h;
    return OK;
}

int helper_fd(const struct helper *h) {
    return h->fd;
}

short helper_events(const struct helper *h) {
    return h->out_at < h->out.n ? POLLOUT : POLLIN;
}

us_t helper_deadline(const struct helper *h) {
    return h->heard ? h->heard + h->silence : 0;
}

/* Write what waits. ERR_AGAIN: it takes no more now. */
static enum err flush(struct helper *h) {
    while (h->out_at < h->out.n) {
        ssize_t n = send(h->fd, h->out.p + h->out_at, h->out.n - h->out_at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 && errno == EAGAIN ? ERR_AGAIN : ERR_IO;
        }
        h->out_at += (size_t)n;
    }
    buffer_cut(&h->out, 0);
    h->out_at = 0;
    return OK;
}

static enum err answer(struct helper *h, const struct message *q) {
    enum err e = h->calls.read(h->calls.ctx, q->index, q->at, h->piece, q->n);
    struct message m = {.type = MESSAGE_DATA, .data = bytes_of(h->piece, q->n)};
    return e == OK ? queue(h, &m) : e;
}

/* Words of the helper's own, for people: nothing but printable ASCII. */
static void quote(struct bytes text, char why[WHY_MAX]) {
    int n = snprintf(why, WHY_MAX, "media helper: ");
    for (size_t i = 0; i < text.n; i++) {
        uint8_t b = text.p[i];
        why[n++] = b >= 0x20 && b < 0x7f ? (char)b : '?';
    }
    why[n] = '\0';
}
_Static_assert(MESSAGE_TEXT_MAX + 32 < WHY_MAX, "the helper's last words fit");

/* ERR_AGAIN: on to the next message. */
static enum err take(struct helper *h, uint8_t type, struct bytes body, char why[WHY_MAX]) {
    struct message m;
    enum err e = message_decode(type, body, &m);
    if (e != OK || m.type == MESSAGE_TASK || m.type == MESSAGE_DATA) {
        snprintf(why, WHY_MAX, "the media helper said something that makes no sense");
        return ERR_FORMAT;
    }
    if (m.type == MESSAGE_DONE) {
        return OK;
    }
    if (m.type == MESSAGE_FAILED) {
        quote(m.data, why);
        return ERR_UNSUPPORTED;
    }
    e = m.type == MESSAGE_READ ? answer(h, &m) : h->calls.tell(h->calls.ctx, &m);
    e = e == ERR_AGAIN ? ERR_IO : e; /* it would be taken for "go on", and something be missing */
    if (e != OK) {
        snprintf(why, WHY_MAX, "%s", err_name(e));
    }
    return e == OK ? ERR_AGAIN : e;
}

/* Receive until `n` bytes of the message are there. ERR_AGAIN, ERR_IO. */
static enum err receive(struct helper *h, size_t n) {
    while (h->in_n < n) {
        ssize_t got = recv(h->fd, h->in + h->in_n, n - h->in_n, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 && errno == EAGAIN ? ERR_AGAIN : ERR_IO;
        }
        h->in_n += (size_t)got;
    }
    return OK;
}

static enum err next(struct helper *h, us_t now, char why[WHY_MAX]) {
    uint32_t n = 0;
    enum err e = receive(h, MESSAGE_HEAD);
    if (e == OK && message_length(h->in, &n) != OK) {
        snprintf(why, WHY_MAX, "the media helper said something that makes no sense");
        return ERR_FORMAT;
    }
    e = e == OK ? receive(h, MESSAGE_HEAD - 1 + (size_t)n) : e;
    if (e == ERR_IO) {
        reap(h, why);
    }
    if (e != OK) {
        return e;
    }
    h->heard = now;
    h->in_n = 0;
    return take(h, h->in[4], bytes_of(h->in + MESSAGE_HEAD, n - 1), why);
}

/* Write what waits, read the next message and answer it. ERR_AGAIN: there may be more to do,
 * unless *blocked. */
static enum err turn(struct helper *h, us_t now, bool *blocked, char why[WHY_MAX]) {
    enum err e = flush(h);
    *blocked = e == ERR_AGAIN;
    if (e == ERR_IO) {
        reap(h, why);
    }
    if (e != OK) {
        return e;
    }
    us_t heard = h->heard;
    h->heard = -1; /* a message sets it */
    e = next(h, now, why);
    *blocked = h->heard == -1;
    h->heard = *blocked ? heard : h->heard;
    return e;
}

enum err helper_step(struct helper *h, us_t now, char why[WHY_MAX]) {
    enum err e = ERR_AGAIN;
    bool blocked = false;
    h->heard = h->heard ? h->heard : now;
    for (int i = 0; i < STEPS && e == ERR_AGAIN && !blocked; i++) {
        e = turn(h, now, &blocked, why);
    }
    if (e == ERR_AGAIN && now - h->heard >= h->silence) {
        reap(h, NULL);
        snprintf(why, WHY_MAX, "the media helper was silent for %lld s and was stopped",
                 (long long)(h->silence / US_PER_S));
        return ERR_IO;
    }
    return e;
}

struct helper *helper_free(struct helper *h) {
    if (h) {
        reap(h, NULL);
        if (h->fd >= 0) {
            close(h->fd);
        }
        buffer_free(&h->out);
        mem_free(h->in);
        mem_free(h->piece);
        mem_free(h);
    }
    return NULL;
}

bool helper_beside(char *out, size_t size) {
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    if (n <= 0) {
        return false;
    }
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    size_t at = slash ? (size_t)(slash + 1 - out) : 0;
    return slash && snprintf(out + at, size - at, "oriel-media") < (int)(size - at);
}
