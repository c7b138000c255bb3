#include "server/http/accept.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define QUALITY_MAX 1000 /* [1/1000] */
#define UNSAID (-1)

const char *coding_name(enum coding c) {
#define X(sym, name) [sym] = name,
    static const char *const names[] = {CODINGS(X)};
#undef X
    return names[c];
}

/* One of a list: "gzip;q=0.5". */
struct element {
    const char *word;
    size_t n;    /* [bytes] of it */
    int quality; /* [1/1000] */
};

static const char *skip(const char *p, const char *those) {
    return p + strspn(p, those);
}

/* The end of a quoted string, behind its quote (RFC 9110 section 5.6.4). */
static const char *quoted_end(const char *p) {
    for (p++; *p && *p != '"'; p++) {
        p += *p == '\\' && p[1];
    }
    return p + (*p == '"');
}

/* RFC 9110 section 12.4.2, n bytes at p; UNSAID: it is no weight. */
static int weight(const char *p, size_t n) {
    int value = 0, unit = QUALITY_MAX;
    if (n == 0 || n > 5 || p[0] < '0' || p[0] > '1' || (n > 1 && p[1] != '.')) {
        return UNSAID;
    }
    for (size_t i = 0; i < n; i += i == 0 ? 2 : 1, unit /= 10) {
        if (p[i] < '0' || p[i] > '9') {
            return UNSAID;
        }
        value += (p[i] - '0') * unit;
    }
    return value <= QUALITY_MAX ? value : UNSAID;
}

/* Read the parameters of an element; UNSAID in its quality: nobody knows what it says. */
static const char *take_parameters(const char *p, struct element *ret) {
    for (p = skip(p, " \t"); *p == ';'; p = skip(p, " \t")) {
        const char *name = skip(p + 1, " \t");
        size_t n = strcspn(name, "=;, \t");
        const char *value = name + n + (name[n] == '=');
        p = *value == '"' ? quoted_end(value) : value + strcspn(value, ";, \t");
        if (n == 1 && (*name == 'q' || *name == 'Q')) {
            ret->quality = name[n] == '=' ? weight(value, (size_t)(p - value)) : UNSAID;
        }
    }
    if (*p && *p != ',') {
        ret->quality = UNSAID;
        p += strcspn(p, ",");
    }
    return p;
}

/* The next one of a list; NULL: there is none. */
static const char *next_element(const char *p, struct element *ret) {
    p = p ? skip(p, ", \t") : "";
    *ret = (struct element){p, strcspn(p, ";, \t"), QUALITY_MAX};
    return *p ? take_parameters(p + ret->n, ret) : NULL;
}

/* What a list gives to this word [1/1000]; UNSAID: it does not name it. */
static int quality(const char *header, const char *word) {
    int found = UNSAID;
    struct element e;
    for (const char *p = header; (p = next_element(p, &e));) {
        if (e.quality != UNSAID && e.n == strlen(word) && strncasecmp(e.word, word, e.n) == 0) {
            found = e.quality;
        }
    }
    return found;
}

/* What this coding is worth to the client; 0: it does not take it. */
static int worth(const char *header, enum coding c) {
    int q = quality(header, coding_name(c));
    if (q == UNSAID && c == CODING_GZIP) {
        q = quality(header, "x-gzip"); /* RFC 9110 section 8.4.1.3 */
    }
    q = q == UNSAID ? quality(header, "*") : q;
    /* Without a word about it the thing itself is acceptable, and what was named is better. */
    return q != UNSAID ? q : c == CODING_IDENTITY;
}

enum coding accept_coding(const char *header, unsigned available) {
    enum coding best = CODING_COUNT;
    int most = 0;
    for (enum coding c = 0; c < CODING_COUNT; c++) {
        int q = available & 1u << c ? worth(header, c) : 0;
        if (q > most) {
            most = q;
            best = c;
        }
    }
    return best;
}

bool accept_names(const char *header, const char *type) {
    return quality(header, type) > 0;
}

/* The language that an element begins with, in lower case; false: it names none. */
static bool language_of(const struct element *e, char ret[4]) {
    size_t n = 0;
    for (; n < e->n && e->word[n] != '-'; n++) {
        if (n == 3 || !isalpha((unsigned char)e->word[n])) {
            return false;
        }
        ret[n] = (char)tolower((unsigned char)e->word[n]);
    }
    ret[n] = '\0';
    return n >= 2 && e->quality > 0;
}

static bool is_named(const struct languages_accepted *l, const char *name) {
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

struct languages_accepted accept_languages(const char *header) {
    struct languages_accepted l = {.n = 0};
    int qualities[LANGUAGES_ACCEPTED_MAX];
    struct element e;
    for (const char *p = header; l.n < LANGUAGES_ACCEPTED_MAX && (p = next_element(p, &e));) {
        char name[4];
        if (language_of(&e, name) && !is_named(&l, name)) {
            size_t i = l.n++;
            for (; i > 0 && qualities[i - 1] < e.quality; i--) {
                qualities[i] = qualities[i - 1];
                memcpy(l.names[i], l.names[i - 1], sizeof(l.names[i]));
            }
            qualities[i] = e.quality;
            memcpy(l.names[i], name, sizeof(name));
        }
    }
    return l;
}
