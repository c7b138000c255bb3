#include "tests/unit/server/tasks.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool has_name(const char *task, const char *name) {
    char path[300], line[32] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task);
    FILE *f = fopen(path, "r");
    if (!f) {
        return false; /* it has just ended */
    }
    bool read = fgets(line, sizeof(line), f) != NULL;
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return read && strcmp(line, name) == 0;
}

unsigned tasks_named(const char *name) {
    DIR *tasks = opendir("/proc/self/task");
    unsigned n = 0;
    for (struct dirent *e; tasks && (e = readdir(tasks)) != NULL;) {
        n += has_name(e->d_name, name);
    }
    if (tasks) {
        closedir(tasks);
    }
    return n;
}
