#include "recorder/library/sweep_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Of one length, so that a later text covers an earlier one. */
#define TEXT "oriel-sweep/1 %020" PRId64 " %020" PRId64 "\n"
#define TEXT_LEN (14 + 20 + 1 + 20 + 1)

static void read_text(struct sweep_guard *g) {
    char text[TEXT_LEN + 1] = "", again[TEXT_LEN + 1];
    int64_t believed = 0, accepted = 0;
    ssize_t n = pread(g->fd, text, TEXT_LEN, 0);
    if (n == TEXT_LEN &&
        sscanf(text, "oriel-sweep/1 %" SCNd64 " %" SCNd64, &believed, &accepted) == 2) {
        snprintf(again, sizeof(again), TEXT, believed, accepted);
        bool same = memcmp(again, text, TEXT_LEN) == 0 && believed >= 0 && accepted >= 0;
        g->believed.us = same ? believed : 0;
        g->accepted.us = same ? accepted : 0;
    }
}

/* A time is believed. */
static enum err remember(struct sweep_guard *g, wall_t now, const struct sweep_known *k) {
    char text[TEXT_LEN + 1];
    bool marked = sweep_marks_add(&g->marks, &(struct sweep_mark){k->last, now});
    if (g->dry) {
        return OK;
    }
    snprintf(text, sizeof(text), TEXT, g->believed.us, g->accepted.us);
    ssize_t n = pwrite(g->fd, text, TEXT_LEN, 0);
    enum err e = n == TEXT_LEN ? OK : ERR_IO;
    e = e == OK && marked ? sweep_marks_write(&g->marks, g->fd, TEXT_LEN) : e;
    return e == OK && fdatasync(g->fd) == 0 ? OK : ERR_IO;
}

enum err sweep_guard_take(struct sweep_guard *g, const char *dir, bool dry) {
    char path[PATH_MAX];
    *g = (struct sweep_guard){.fd = -1, .dry = dry};
    if (snprintf(path, sizeof(path), "%s/sweep", dir) >= (int)sizeof(path)) {
        return ERR_IO;
    }
    int fd = open(path, (dry ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return dry && errno == ENOENT && access(dir, X_OK) == 0 ? OK : ERR_IO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
        close(fd);
        return e;
    }
    g->fd = fd;
    read_text(g);
    sweep_marks_read(&g->marks, fd, TEXT_LEN);
    return OK;
}

static enum err refuse(char *why, const char *what, wall_t now, wall_t then) {
    char now_text[WALL_TEXT_MAX], then_text[WALL_TEXT_MAX];
    snprintf(why, WHY_MAX,
             "the clock says %s, which is %s %s: nothing is shredded. If the clock is right, say"
             " \"oriel recordings sweep --clock-is-right\"",
             wall_text(now, now_text), what, wall_text(then, then_text));
    return ERR_WRONG_STATE;
}

static enum err refuse_undated(char *why, uint64_t n) {
    snprintf(why, WHY_MAX,
             "of %" PRIu64 " recordings it is not known when they were made, and no time was"
             " believed yet: nothing is shredded. If all objects are there start the server again,"
             " or, if the clock is right, say \"oriel recordings sweep --clock-is-right\"",
             n);
    return ERR_WRONG_STATE;
}

enum err sweep_guard_clock(struct sweep_guard *g, wall_t now, const struct sweep_known *k,
                           char why[WHY_MAX]) {
    wall_t newest = k->newest;
    if (g->believed.us == 0 && k->undated) {
        return refuse_undated(why, k->undated);
    }
    if (now.us + SWEEP_CLOCK_BEHIND < g->believed.us) {
        return refuse(why, "before the last time that was believed,", now, g->believed);
    }
    if (now.us + SWEEP_CLOCK_BEHIND < newest.us && newest.us > g->accepted.us) {
        return refuse(why, "before the end of the newest recording,", now, newest);
    }
    wall_t last = g->believed.us ? g->believed : newest;
    us_t ahead = us_min(SWEEP_CLOCK_AHEAD, k->retention / SWEEP_CLOCK_SHARE);
    ahead = us_max(ahead, SWEEP_CLOCK_AHEAD_MIN);
    if (last.us && now.us > last.us + ahead) {
        char what[96];
        snprintf(what, sizeof(what),
                 "more than %" PRId64 " hours after the last time that is known,",
                 ahead / (3600 * US_PER_S));
        return refuse(why, what, now, last);
    }
    g->believed.us = now.us > g->believed.us ? now.us : g->believed.us;
    enum err e = remember(g, now, k);
    if (e != OK) {
        snprintf(why, WHY_MAX, "the file \"sweep\" beside the recordings cannot be written");
    }
    return e;
}

enum err sweep_guard_accept(struct sweep_guard *g, wall_t now, const struct sweep_known *k) {
    g->believed = now;
    g->accepted = k->newest;
    return remember(g, now, k);
}

void sweep_guard_leave(struct sweep_guard *g) {
    if (g->fd >= 0) {
        close(g->fd);
        g->fd = -1;
    }
}
