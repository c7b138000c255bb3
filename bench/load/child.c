#include "bench/load/child.h"

#include "base/check.h"
#include "bench/clock.h"
#include "server/os/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_WAIT (10 * US_PER_S)

static int server_cpu = -1;

void child_limits(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static bool pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

bool child_pin(int *ret_generator, int *ret_server) {
    cpu_set_t set;
    int found[2] = {-1, -1};
    *ret_generator = *ret_server = -1;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return false;
    }
    /* The last two: interrupts usually go to the first. */
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &set)) {
            found[0] = found[1];
            found[1] = i;
        }
    }
    if (found[0] < 0 || !pin_to(found[1])) {
        return false;
    }
    *ret_generator = found[1];
    *ret_server = server_cpu = found[0];
    return true;
}

/* In the child, before it becomes what it is to be. */
static void child_begin(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(127);
    }
    /* Not in the terminal's foreground group: Ctrl-C is for the bench, which ends its children. */
    (void)setpgid(0, 0);
    if (server_cpu >= 0) {
        (void)pin_to(server_cpu);
    }
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

bool child_start(struct child *c, const char *const *argv, const char *log, const char *variable) {
    char *copy = variable ? strdup(variable) : NULL;
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t parent = getpid();
    pid_t pid = fd < 0 ? -1 : fork();
    if (pid == 0) {
        child_begin(parent);
        if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0 ||
            (copy && putenv(copy) != 0)) {
            _exit(127);
        }
        execvp(argv[0], (char *const *)(uintptr_t)argv); /* it does not change them */
        _exit(127);
    }
    free(copy);
    if (fd >= 0) {
        close(fd);
    }
    c->pid = pid > 0 ? pid : 0;
    return pid > 0;
}

bool child_fork(struct child *c, void (*work)(void *ctx), void *ctx) {
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        child_begin(parent);
        work(ctx);
        _exit(0);
    }
    c->pid = pid > 0 ? pid : 0;
    return pid > 0;
}

bool child_ended(struct child *c) {
    if (c->pid > 0 && waitpid(c->pid, NULL, WNOHANG) == c->pid) {
        c->pid = 0;
    }
    return c->pid == 0;
}

bool child_wait(struct child *c) {
    us_t patience = clock_now() + STOP_WAIT;
    struct timespec pause = {.tv_nsec = 1000 * 1000};
    int status = -1;
    while (c->pid > 0 && waitpid(c->pid, &status, WNOHANG) == 0) {
        if (clock_now() > patience) {
            child_stop(c);
            return false;
        }
        nanosleep(&pause, NULL);
    }
    c->pid = 0;
    return status == 0;
}

void child_stop(struct child *c) {
    us_t patience = clock_now() + STOP_WAIT;
    struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    if (child_ended(c)) {
        return;
    }
    kill(c->pid, SIGTERM);
    while (!child_ended(c)) {
        if (clock_now() > patience) {
            kill(c->pid, SIGKILL);
            patience = US_NEVER;
        }
        nanosleep(&pause, NULL);
    }
}

uint64_t child_cpu_ns(const struct child *c) {
    clockid_t clock;
    struct timespec t;
    if (c->pid == 0 || clock_getcpuclockid(c->pid, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return 0;
    }
    return timespec_ns(&t);
}

/* One line of a file in /proc; false when it is gone. */
static bool read_line(const char *path, char *line, int cap) {
    FILE *f = fopen(path, "re");
    bool ok = f && fgets(line, cap, f);
    if (f) {
        fclose(f);
    }
    return ok;
}

void child_threads_add(struct child_threads *t, const char *name, uint64_t ns) {
    unsigned i = 0;
    while (i < t->n && strcmp(t->at[i].name, name) != 0) {
        i++;
    }
    if (i == CHILD_THREADS_MAX) {
        return;
    }
    if (i == t->n) {
        snprintf(t->at[t->n++].name, sizeof(t->at[0].name), "%s", name);
    }
    t->at[i].ns += ns;
}

/* Workers differ by a number only: "oriel-media-0". */
static void cut_number(char *name) {
    size_t n = strlen(name), digits = 0;
    while (digits < n && isdigit((unsigned char)name[n - 1 - digits])) {
        digits++;
    }
    if (digits > 0 && digits < n && name[n - 1 - digits] == '-') {
        name[n - 1 - digits] = '\0';
    }
}

static void look_at_thread(struct child_threads *t, pid_t pid, const char *tid) {
    char path[64], name[CHILD_THREAD_NAME], line[128];
    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", pid, tid);
    if (!read_line(path, line, sizeof(line))) {
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    cut_number(line);
    snprintf(name, sizeof(name), "%.15s%s", line, atoi(tid) == pid ? " (main)" : "");
    /* schedstat counts nanoseconds where stat has ticks of 10 ms. */
    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", pid, tid);
    if (read_line(path, line, sizeof(line))) {
        child_threads_add(t, name, strtoull(line, NULL, 10));
    }
}

void child_threads(const struct child *c, struct child_threads *ret) {
    char path[64];
    *ret = (struct child_threads){0};
    snprintf(path, sizeof(path), "/proc/%d/task", c->pid);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] != '.') {
            look_at_thread(ret, c->pid, e->d_name);
        }
    }
    if (d) {
        closedir(d);
    }
}

/* proc(5): cpu0 user nice system idle iowait irq softirq steal, in ticks */
uint64_t child_processor_ns(void) {
    char line[256], name[16];
    FILE *f = server_cpu >= 0 ? fopen("/proc/stat", "re") : NULL;
    uint64_t busy = 0;
    snprintf(name, sizeof(name), "cpu%d ", server_cpu);
    while (f && fgets(line, sizeof(line), f)) {
        uint64_t v[8] = {0};
        if (strncmp(line, name, strlen(name)) == 0 &&
            sscanf(line + strlen(name),
                   "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64
                   "%" SCNu64,
                   &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) >= 7) {
            busy = v[0] + v[1] + v[2] + v[5] + v[6] + v[7];
        }
    }
    if (f) {
        fclose(f);
    }
    return busy * (1000000000U / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* proc(5), smaps_rollup: "Pss_Anon:     116 kB" */
uint64_t child_memory(const struct child *c) {
    char path[64], line[128];
    uint64_t sum = 0, kib;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", c->pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "Pss_Anon: %" SCNu64, &kib) == 1 ||
            sscanf(line, "Pss_Shmem: %" SCNu64, &kib) == 1 ||
            sscanf(line, "SwapPss: %" SCNu64, &kib) == 1) {
            sum += kib * 1024;
        }
    }
    if (f) {
        fclose(f);
    }
    return sum;
}
