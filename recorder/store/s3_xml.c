#include "recorder/store/s3_xml.h"

#include "base/alloc.h"
#include "base/check.h"

#include <expat.h>
#include <stdio.h>

#define DEPTH_MAX 8
#define PATH_TEXT_MAX 128 /* [bytes] "ListBucketResult/Contents/Size" and the like */

/* Where the reader is, and the text of the element it is in. */
struct reader {
    XML_Parser parser;
    unsigned depth;
    char path[PATH_TEXT_MAX];
    size_t ends[DEPTH_MAX + 1]; /* length of path at each depth */
    char text[S3_TOKEN_MAX];
    size_t n;
    bool long_text; /* text was cut */
    bool bad;
    /* An element ended: its path, and its own text (without that of elements within). */
    void (*closed)(struct reader *r, const char *path, const char *text);
    void *ctx;
};

/* After this Expat may still tell that an element ended, of which nobody heard that it began. */
static void stop(struct reader *r) {
    r->bad = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes) {
    struct reader *r = ctx;
    size_t at = r->ends[r->depth], n = strlen(name);
    (void)attributes;
    if (r->depth == DEPTH_MAX || at + n + 2 > sizeof(r->path)) {
        stop(r);
        return;
    }
    if (at) {
        r->path[at++] = '/';
    }
    memcpy(r->path + at, name, n + 1);
    r->ends[++r->depth] = at + n;
    r->n = 0;
    r->long_text = false;
}

static void XMLCALL on_text(void *ctx, const XML_Char *s, int len) {
    struct reader *r = ctx;
    size_t room = sizeof(r->text) - 1 - r->n, n = (size_t)len;
    r->long_text = r->long_text || n > room;
    n = n < room ? n : room;
    memcpy(r->text + r->n, s, n);
    r->n += n;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name) {
    struct reader *r = ctx;
    (void)name;
    if (r->bad) {
        return;
    }
    r->text[r->n] = '\0';
    r->closed(r, r->path, r->text);
    r->path[r->ends[--r->depth]] = '\0';
    r->n = 0;
    r->long_text = false;
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int subset) {
    (void)name;
    (void)system;
    (void)public;
    (void)subset;
    stop(ctx);
}

static void *expat_alloc(size_t n) {
    return mem_alloc(n);
}

static void expat_free(void *p) {
    mem_free(p);
}

static enum err parse(struct reader *r, struct bytes xml) {
    static const XML_Memory_Handling_Suite memory = {expat_alloc, mem_realloc, expat_free};
    if (xml.n == 0 || xml.n > INT32_MAX) {
        return ERR_FORMAT;
    }
    r->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!r->parser) {
        return ERR_NOMEM;
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    bool ok = XML_Parse(r->parser, (const char *)xml.p, (int)xml.n, XML_TRUE) == XML_STATUS_OK;
    bool memory_out = !ok && XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY;
    XML_ParserFree(r->parser);
    return memory_out ? ERR_NOMEM : ok && !r->bad ? OK : ERR_FORMAT;
}

/* ---- errors ---- */

static void error_closed(struct reader *r, const char *path, const char *text) {
    struct s3_error *e = r->ctx;
    if (strcmp(path, "Error/Code") == 0) {
        snprintf(e->code, sizeof(e->code), "%s", text);
    } else if (strcmp(path, "Error/Message") == 0) {
        snprintf(e->message, sizeof(e->message), "%.255s", text);
    } else if (strcmp(path, "Error/Region") == 0) {
        snprintf(e->region, sizeof(e->region), "%.63s", text);
    }
}

enum err s3_error_parse(struct bytes xml, struct s3_error *ret) {
    struct reader r = {.closed = error_closed, .ctx = ret};
    *ret = (struct s3_error){0};
    enum err e = parse(&r, xml);
    if (e == OK && ret->code[0] == '\0') {
        e = ERR_FORMAT;
    }
    if (e != OK) {
        *ret = (struct s3_error){0};
    }
    return e;
}

/* ---- lists ---- */

struct page {
    struct s3_page *ret;
    void (*each)(void *ctx, const char *key, uint64_t size);
    void *ctx;
    char key[S3_TOKEN_MAX];
    uint64_t size;
    bool has_key, has_size, has_truncated;
};

static bool parse_size(const char *text, uint64_t *ret) {
    uint64_t v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 18 || text[strspn(text, "0123456789")]) {
        return false;
    }
    for (; *text; text++) {
        v = v * 10 + (uint64_t)(*text - '0');
    }
    *ret = v;
    return true;
}

static bool parse_bool(const char *text, bool *ret) {
    *ret = strcmp(text, "true") == 0;
    return *ret || strcmp(text, "false") == 0;
}

static void contents_closed(struct reader *r, struct page *p) {
    if (!p->has_key || !p->has_size) {
        stop(r);
        return;
    }
    p->each(p->ctx, p->key, p->size);
    p->has_key = p->has_size = false;
}

static void page_closed(struct reader *r, const char *path, const char *text) {
    struct page *p = r->ctx;
    bool ok = true;
    if (strcmp(path, "ListBucketResult/Contents") == 0) {
        contents_closed(r, p);
    } else if (strcmp(path, "ListBucketResult/Contents/Key") == 0) {
        snprintf(p->key, sizeof(p->key), "%s", text);
        ok = !r->long_text && !p->has_key && *text;
        p->has_key = true;
    } else if (strcmp(path, "ListBucketResult/Contents/Size") == 0) {
        ok = !p->has_size && parse_size(text, &p->size);
        p->has_size = true;
    } else if (strcmp(path, "ListBucketResult/IsTruncated") == 0) {
        ok = !p->has_truncated && parse_bool(text, &p->ret->truncated);
        p->has_truncated = true;
    } else if (strcmp(path, "ListBucketResult/NextContinuationToken") == 0) {
        snprintf(p->ret->next, sizeof(p->ret->next), "%s", text);
        ok = !r->long_text;
    }
    if (!ok) {
        stop(r);
    }
}

enum err s3_page_parse(struct bytes xml, void (*each)(void *ctx, const char *key, uint64_t size),
                       void *ctx, struct s3_page *ret) {
    struct page p = {.ret = ret, .each = each, .ctx = ctx};
    struct reader r = {.closed = page_closed, .ctx = &p};
    *ret = (struct s3_page){0};
    enum err e = parse(&r, xml);
    if (e == OK && (!p.has_truncated || (ret->truncated && ret->next[0] == '\0'))) {
        e = ERR_FORMAT;
    }
    return e;
}
