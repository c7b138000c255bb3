/* recordings export: one MP4 of a recording, made by a media helper, written to a file. Nothing is
 * stored with the recording, and no server need run. */
#include "base/alloc.h"
#include "base/check.h"
#include "recorder/library/library_derived.h"
#include "recorder/library/library_task.h"
#include "server/boot/jobs_config.h"
#include "server/cli/cli.h"
#include "server/cli/cli_recordings.h"
#include "server/jobs/helper_config.h"
#include "server/os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct output {
    struct library_task *task;
    int fd;
    uint64_t head_size, head_done, at; /* at: of the next byte behind the head */
    unsigned told;                     /* percent */
};

static enum err read_input(void *ctx, uint32_t input, uint64_t at, uint8_t *out, uint32_t n) {
    return library_task_read(((struct output *)ctx)->task, input, at, out, n);
}

static enum err write_at(const struct output *o, uint64_t at, struct bytes b) {
    while (b.n) {
        ssize_t n = pwrite(o->fd, b.p, b.n, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 && (errno == ENOSPC || errno == EDQUOT) ? ERR_NOSPACE : ERR_IO;
        }
        b = bytes_of(b.p + n, b.n - (size_t)n);
        at += (uint64_t)n;
    }
    return OK;
}

static void show(struct output *o, uint32_t permille) {
    if (permille / 10 != o->told && isatty(STDERR_FILENO)) {
        o->told = permille / 10;
        fprintf(stderr, "\r%3u %%", o->told);
    }
}

static enum err tell(void *ctx, const struct message *m) {
    struct output *o = ctx;
    enum err e = OK;
    switch (m->type) {
    case MESSAGE_PROGRESS:
        show(o, m->n);
        return OK;
    case MESSAGE_HEAD_SIZE:
        e = o->head_size ? ERR_FORMAT : OK;
        o->head_size = o->at = m->size;
        return e;
    case MESSAGE_BODY:
        e = o->head_size ? write_at(o, o->at, m->data) : ERR_FORMAT;
        o->at += m->data.n;
        return e;
    case MESSAGE_HEAD_DATA:
        e = m->data.n <= o->head_size - o->head_done ? write_at(o, o->head_done, m->data)
                                                     : ERR_FORMAT;
        o->head_done += m->data.n;
        return e;
    default:
        return ERR_FORMAT;
    }
}

static enum err work(struct output *o, const struct helper_config *c, char why[WHY_MAX]) {
    struct helper_calls calls = {read_input, tell, o};
    struct helper *h = NULL;
    enum err e = helper_start(c, library_task_get(o->task), &calls, &h, why);
    if (e != OK) {
        return e;
    }
    us_t now = clock_now();
    while ((e = helper_step(h, now, why)) == ERR_AGAIN) {
        struct pollfd p = {.fd = helper_fd(h), .events = helper_events(h)};
        us_t left = us_max(helper_deadline(h) - now, 0) / US_PER_MS;
        CHECK(poll(&p, 1, (int)us_min(left + 1, 60000)) >= 0 || errno == EINTR);
        now = clock_now();
    }
    helper_free(h);
    if (e == OK && o->head_done != o->head_size) {
        snprintf(why, WHY_MAX, "the media helper gave no whole file");
        e = ERR_FORMAT;
    }
    return e;
}

/* The file appears under its name when it is whole. */
static int export_to(struct output *o, const struct helper_config *c, const char *file) {
    char part[4096], why[WHY_MAX] = "";
    if (snprintf(part, sizeof(part), "%s.part", file) >= (int)sizeof(part)) {
        return cli_fail(CLI_USAGE, "recordings: the file name is too long");
    }
    o->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (o->fd < 0) {
        return cli_fail(CLI_FAILED, "recordings: %.400s: %s", part, strerror(errno));
    }
    enum err e = work(o, c, why);
    bool ok = e == OK && fsync(o->fd) == 0;
    ok = close(o->fd) == 0 && ok && rename(part, file) == 0;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r      \r");
    }
    if (ok) {
        return CLI_OK;
    }
    const char *reason = e == OK ? strerror(errno) : *why ? why : err_name(e);
    unlink(part);
    return cli_fail(CLI_FAILED, "recordings: export: %s", reason);
}

struct words {
    const char *id, *file, *layout;
};

static bool parse(int argc, char **argv, struct words *w) {
    *w = (struct words){.layout = "faces"};
    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "-o") == 0         ? &w->file
                             : strcmp(argv[i], "--layout") == 0 ? &w->layout
                                                                : NULL;
        if (value) {
            *value = cli_value(argc, argv, &i);
            if (!*value) {
                return false;
            }
        } else if (w->id) {
            return false;
        } else {
            w->id = argv[i];
        }
    }
    return w->id && w->file;
}

int cli_recordings_export(struct library *l, const struct config *cfg, int argc, char **argv) {
    struct words w;
    char beside[4096];
    int layout = parse(argc, argv, &w) ? library_layout_from_name(w.layout) : -1;
    if (layout < 0) {
        return cli_fail(CLI_USAGE, "recordings: export ID -o FILE [--layout faces|stage]");
    }
    struct helper_config c = helper_configured(cfg, beside, sizeof(beside));
    const struct jobs_thread_config jobs = jobs_configured(cfg);
    struct library_task_spec s = {.kind = TASK_EXPORT,
                                  .layout = (uint8_t)layout,
                                  .fps = jobs.fps,
                                  .width = jobs.width,
                                  .height = jobs.height};
    struct output o = {.fd = -1};
    enum err e = library_task_open(l, w.id, &s, &o.task);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "recordings: %.32s: %s", w.id,
                        e == ERR_UNKNOWN       ? "there is no such recording"
                        : e == ERR_WRONG_STATE ? "it is being made, or damaged, or shredded"
                                               : err_name(e));
    }
    int status = export_to(&o, &c, w.file);
    library_task_close(o.task);
    return status;
}
