#include "server/jobs/job_list.h"

#include "base/alloc.h"

#include <string.h>

bool job_list_open(struct job_list *l, uint32_t places, bool off) {
    *l = (struct job_list){.n = places, .off = off};
    l->jobs = mem_zalloc(places, sizeof(*l->jobs));
    return l->jobs != NULL;
}

void job_list_close(struct job_list *l) {
    for (uint32_t i = 0; l->jobs && i < l->n; i++) {
        job_drop(&l->jobs[i]);
    }
    l->jobs = mem_free(l->jobs);
    l->n = 0;
}

static bool is_of(const struct job *j, const char *recording) {
    return j->state != JOB_FREE && strcmp(j->recording, recording) == 0;
}

struct job *job_list_find(const struct job_list *l, const char *recording, enum job_kind kind,
                          uint32_t number) {
    for (uint32_t i = 0; i < l->n; i++) {
        struct job *j = &l->jobs[i];
        if (is_of(j, recording) && j->kind == kind &&
            (kind != JOB_KIND_EXPORT || j->number == number)) {
            return j;
        }
    }
    return NULL;
}

static struct job *place(const struct job_list *l) {
    struct job *best = NULL;
    for (uint32_t i = 0; i < l->n; i++) {
        struct job *j = &l->jobs[i];
        if (j->state == JOB_FREE) {
            return j;
        }
        if (j->state == JOB_FAILED && (!best || j->ended < best->ended)) {
            best = j;
        }
    }
    return best;
}

struct job *job_list_add(struct job_list *l, const struct job *wanted) {
    struct job *j = l->off ? NULL : place(l);
    if (j) {
        *j = *wanted;
        j->state = JOB_WAITING;
        j->order = ++l->count;
    }
    return j;
}

struct job *job_list_next(const struct job_list *l) {
    struct job *first = NULL;
    for (uint32_t i = 0; i < l->n; i++) {
        struct job *j = &l->jobs[i];
        if (j->state == JOB_WAITING && (!first || j->order < first->order)) {
            first = j;
        }
    }
    return first;
}

uint32_t job_list_count(const struct job_list *l, enum job_state state) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        n += l->jobs[i].state == state;
    }
    return n;
}

bool job_list_runs(const struct job_list *l, const char *recording) {
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->jobs[i].state == JOB_RUNNING && is_of(&l->jobs[i], recording)) {
            return true;
        }
    }
    return false;
}

void job_list_drop(struct job_list *l, const char *recording) {
    for (uint32_t i = 0; i < l->n; i++) {
        struct job *j = &l->jobs[i];
        if (is_of(j, recording)) {
            job_drop(j);
            j->state = JOB_FREE;
        }
    }
}
