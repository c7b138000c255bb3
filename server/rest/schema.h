/* What a JSON value of the API looks like, as constant tables: by them bodies are read
 * (schema_read), and from them the OpenAPI document is written (openapi.h), so that neither says
 * what the other does not. Thread: any. */
#ifndef ORIEL_SERVER_REST_SCHEMA_H
#define ORIEL_SERVER_REST_SCHEMA_H

#include "base/time.h"
#include "json/json_read.h"

enum schema_kind {
    SCHEMA_TEXT,    /* read as const char *, borrowed of the document; NULL: not there, or null */
    SCHEMA_TIME,    /* RFC 3339; wall_t, 0: not there, or null */
    SCHEMA_WORD,    /* one of `words`; int, its place among them, -1: not there, or null */
    SCHEMA_INTEGER, /* int64_t, 0: not there, or null */
    SCHEMA_NUMBER,  /* double, 0: not there, or null */
    SCHEMA_BOOL,    /* bool, false: not there, or null */
    SCHEMA_OBJECT,  /* with `members`; const struct json * */
    SCHEMA_LIST,    /* of `items`; const struct json * */
    SCHEMA_OPEN     /* any object; const struct json *. With `members` it has at least these */
};

struct schema_member;

struct schema {
    const char *name; /* of a component of the document; NULL: it stands where it is used */
    enum schema_kind kind;
    bool null;                /* null is possible, too */
    const char *const *words; /* of SCHEMA_WORD; NULL ends them */
    /* Of a text bytes (the document says characters, of which there may be fewer), of an integer
     * or number values, of a list items, of SCHEMA_OPEN bytes of its text. max 0: any. */
    int64_t min, max;
    /* Of a text: both or none, and they say the same. */
    const char *pattern; /* for the document: a regular expression of ECMA-262 */
    bool (*good)(const char *text);
    const char *format; /* for the document */
    const struct schema *items;
    const struct schema_member *members; /* a name of NULL ends them */
    const char *about, *example;         /* for the document; the example is JSON */
};

struct schema_member {
    const char *name;
    const struct schema *schema;
    bool required;
    size_t at; /* [bytes] in what is read into; 0: it is not read */
    const char *about;
};

#define SCHEMA_MEMBERS_MAX 32

/* What was there; what is read into begins with it. Bit i: member i. */
struct schema_given {
    uint32_t given; /* also as null */
    uint32_t null;
};

#define FAULTS_MAX 16
#define FAULT_PLACE 128 /* [bytes] longer ones are cut */

/* What is wrong with a request. */
struct fault {
    bool parameter;          /* place is the name of a parameter of the query, and no pointer */
    char place[FAULT_PLACE]; /* JSON Pointer (RFC 6901); "": the whole body */
    const char *code;        /* a constant word: required type unknown too_short ... */
    char message[96];        /* for people */
};
struct faults {
    struct fault at[FAULTS_MAX];
    size_t n; /* further ones are not told */
};

/* Is v, an object, as s says? Reads its members into `into`; what is wrong is added to f. Members
 * that s does not have are faults. Texts are borrowed from the document. */
bool schema_read(const struct schema *s, const struct json *v, void *into, struct faults *f);
/* The same of one argument of a query, into a place of its kind: texts, times, words, integers and
 * booleans (true, false) only. */
bool schema_read_text(const struct schema *s, const char *name, const char *text, void *into,
                      struct faults *f);
/* Add a fault that a schema does not know of. */
void fault_add(struct faults *f, const char *place, const char *code, const char *message);

#endif
