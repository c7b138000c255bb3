#include "server/jobs/job.h"

#include "base/check.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define LOOK_EVERY (16u << 20) /* [bytes] stored between looks at the free space */

static enum err read_input(void *ctx, uint32_t input, uint64_t at, uint8_t *out, uint32_t n) {
    struct job *j = ctx;
    return library_task_read(j->input, input, at, out, n);
}

static enum err check_space(struct job *j, size_t n) {
    struct statvfs v;
    j->unchecked += n;
    if (j->unchecked < LOOK_EVERY) {
        return OK;
    }
    j->unchecked = 0;
    bool room = statvfs(j->dir, &v) != 0 || (uint64_t)v.f_bavail * v.f_frsize >= j->reserve;
    return room ? OK : ERR_NOSPACE;
}

static enum err tell(void *ctx, const struct message *m) {
    struct job *j = ctx;
    if (m->type == MESSAGE_PROGRESS) {
        j->permille = m->n;
        return OK;
    }
    enum err e = check_space(j, m->data.n);
    return e == OK ? library_results_take(j->results, m) : e;
}

static struct library_task_spec spec_of(const struct job *j, const struct jobs_thread_config *c) {
    bool export = j->kind == JOB_KIND_EXPORT;
    return (struct library_task_spec){.kind = j->task,
                                      .layout = j->layout,
                                      .fps = c->fps,
                                      .width = export ? c->width : c->thumbnail_width,
                                      .height = c->height,
                                      .every = c->every,
                                      .most = c->most};
}

enum err job_begin(struct job *j, struct library *l, const struct jobs_thread_config *c) {
    struct helper_calls calls = {read_input, tell, j};
    j->task = j->kind == JOB_KIND_EXPORT   ? TASK_EXPORT
              : j->task == TASK_THUMBNAILS ? TASK_WAVEFORM
                                           : TASK_THUMBNAILS;
    j->permille = 0;
    j->reserve = c->reserve;
    j->dir = c->dir;
    j->unchecked = LOOK_EVERY; /* look at once */
    struct library_task_spec s = spec_of(j, c);
    enum err e = check_space(j, 0);
    e = e == OK ? library_task_open(l, j->recording, &s, &j->input) : e;
    e = e == OK ? library_results_open(l, j->recording, j->input, j->number, &j->results) : e;
    if (e != OK) {
        snprintf(j->why, WHY_MAX, "%s", err_name(e));
    } else {
        e = helper_start(&c->helper, library_task_get(j->input), &calls, &j->helper, j->why);
    }
    if (e != OK) {
        job_drop(j);
    }
    return e == ERR_AGAIN ? ERR_IO : e;
}

enum err job_step(struct job *j, struct library *l, const struct jobs_thread_config *c) {
    enum err e = helper_step(j->helper, clock_now(), j->why);
    if (e == ERR_AGAIN) {
        return e;
    }
    if (e == OK) {
        e = library_results_commit(j->results, clock_wall());
        e = e == ERR_AGAIN ? ERR_IO : e; /* which would mean that it goes on */
        if (e != OK) {
            snprintf(j->why, WHY_MAX, "%s", err_name(e));
        }
    }
    job_drop(j);
    if (e == OK && j->kind == JOB_KIND_LOOKS && j->task == TASK_THUMBNAILS) {
        e = job_begin(j, l, c);
        return e == OK ? ERR_AGAIN : e;
    }
    return e;
}

void job_drop(struct job *j) {
    j->helper = helper_free(j->helper);
    j->results = library_results_close(j->results);
    j->input = library_task_close(j->input);
}
