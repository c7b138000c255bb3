#include "server/config/event_topic.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

enum word { WORD_SERVICE, WORD_ACTION, WORD_TOUR, WORDS };

static const char *const words[WORDS] = {"{service}", "{action}", "{tour}"};

/* Which one is at p; WORDS: none. */
static enum word word_at(const char *p) {
    size_t i = 0;
    while (i < WORDS && strncmp(p, words[i], strlen(words[i])) != 0) {
        i++;
    }
    return (enum word)i;
}

static bool is_template(const char *p, bool tours) {
    bool seen[WORDS] = {false}, part = false; /* part: there is something since the last dot */
    if (strlen(p) > EVENT_TOPIC_TEMPLATE_MAX) {
        return false;
    }
    while (*p) {
        enum word w = word_at(p);
        if (w < WORDS && !seen[w] && (w != WORD_TOUR || tours)) {
            seen[w] = part = true;
            p += strlen(words[w]);
        } else if (strchr(CHARACTERS, *p)) {
            part = true;
            p++;
        } else if (*p == '.' && part) {
            part = false;
            p++;
        } else {
            return false;
        }
    }
    return part;
}

bool event_topic_ok(const char *template) {
    return is_template(template, false);
}

bool event_subject_ok(const char *template) {
    return is_template(template, true);
}

void event_topic_write(const char *template, const char *type, const char *tour,
                       char ret[EVENT_TOPIC_MAX]) {
    const char *p = template;
    size_t n = 0, service = strcspn(type, ".");
    const char *action = type + service + (type[service] == '.');
    ret[0] = '\0';
    while (*p) {
        enum word w = word_at(p);
        const char *from = w == WORD_SERVICE  ? type
                           : w == WORD_ACTION ? action
                           : w == WORD_TOUR   ? tour
                                              : p;
        size_t len = w == WORD_SERVICE ? service : w < WORDS ? strlen(from) : 1;
        n += (size_t)snprintf(ret + n, EVENT_TOPIC_MAX - n, "%.*s", (int)len, from);
        CHECK(n < EVENT_TOPIC_MAX);
        p += w < WORDS ? strlen(words[w]) : 1;
    }
}
