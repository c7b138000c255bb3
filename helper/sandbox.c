/* DESIGN. Three walls, each of which would do. Limits: no descriptor can be had, no file can grow,
 * no core is written, processor time and memory are bounded. A filter of system calls: what is not
 * listed fails with EPERM; a library that tries something optional goes on without it. And nothing
 * to take: the parent gave no environment, no argument that is secret, and one descriptor. */
#include "helper/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define NICE 10

extern char **environ;

static bool limit(int what, uint64_t most) {
    /* At the hard limit of processor time the kernel kills without saying why. */
    struct rlimit r = {most, what == RLIMIT_CPU ? most + 5 : most};
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool set_limits(const struct sandbox_limits *l) {
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CPU, l->cpu) &&
           limit(RLIMIT_MEMLOCK, 0) && (SANITIZED || limit(RLIMIT_AS, l->memory)) &&
           limit(RLIMIT_NPROC, 0) && limit(RLIMIT_NOFILE, 0);
}

/* Standard error stays where a sanitizer reports. */
static void close_others(int keep) {
    for (int fd = 0; fd < keep; fd++) {
        if (!SANITIZED || fd != STDERR_FILENO) {
            close(fd);
        }
    }
    close_range((unsigned)keep + 1, ~0u, 0);
}

/* Memory, time, the descriptors that are there, and the end. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_getaffinity),
};
#if SANITIZED
static const int reporting[] = {SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid),
                                SCMP_SYS(rt_sigaction)};
#endif

static bool allow(scmp_filter_ctx f, const int *calls, size_t n) {
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    }
    return ok;
}

/* Memory that can be written is never executed. */
static bool allow_data(scmp_filter_ctx f, int call) {
    return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static bool filter_calls(void) {
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = f && allow(f, allowed, sizeof(allowed) / sizeof(*allowed)) &&
              allow_data(f, SCMP_SYS(mmap)) && allow_data(f, SCMP_SYS(mprotect));
#if SANITIZED
    ok = ok && allow(f, reporting, sizeof(reporting) / sizeof(*reporting));
#endif
    ok = ok && seccomp_load(f) == 0;
    if (f) {
        seccomp_release(f);
    }
    return ok;
}

bool sandbox_enter(int keep, const struct sandbox_limits *l) {
    /* Where the service may not change its priority it stays as it is: no wall hangs on that. */
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    close_others(keep);
    clearenv();
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           set_limits(l) && filter_calls();
}

/* ---- for tests ---- */

static bool can_connect(void) {
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/private"};
    return connect(3, (const struct sockaddr *)&a, sizeof(a)) == 0 || errno != EPERM;
}

static bool can_start(void) {
    char *const argv[] = {(char[]){"true"}, NULL};
    execve("/bin/true", argv, environ);
    return errno != EPERM;
}

/* A child would answer on our descriptor: it ends at once. */
static bool can_fork(void) {
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(0);
    }
    return pid > 0 || errno != EPERM;
}

static bool can_map_code(void) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
    void *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
    return p != MAP_FAILED || (q != MAP_FAILED && mprotect(q, 4096, PROT_READ | PROT_EXEC) == 0);
}

uint32_t sandbox_probe(void) {
    const bool can[] = {
        open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM,
        socket(AF_INET, SOCK_DGRAM, 0) >= 0 || errno != EPERM,
        can_connect(),
        can_start(),
        can_fork(),
        syscall(SYS_kill, 1, 0) == 0 || errno != EPERM,
        ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 || errno != EPERM,
        can_map_code(),
        dup(3) >= 0 || errno != EPERM,
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 || errno != EPERM,
        environ && *environ,
    };
    uint32_t bits = 0;
    for (unsigned i = 0; i < sizeof(can) / sizeof(*can); i++) {
        bits |= (uint32_t)can[i] << i;
    }
    return bits;
}
