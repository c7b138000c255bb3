/* DESIGN. Of each file one window is read: from the cursor on, or what is before it, as much as may
 * still be looked at. A cursor is a count of bytes and may have been made up, so a window trusts it
 * for nothing: it begins, or ends, with the next whole line. */
#include "server/audit/audit_page.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "server/audit/audit_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_LEAST (AUDIT_LINE_MAX + 2) /* a line fits, and the byte before it */
_Static_assert(AUDIT_LOOK_LEAST >= 2 * WINDOW_LEAST,
               "what is left of a file, and a line behind it");

struct paging {
    const struct audit_page *q;
    struct buffer *out;
    size_t start; /* of the page in out */
    uint32_t n;
    uint64_t left;     /* [bytes] that may be looked at */
    bool full, at_end; /* nothing more is for this page; there is nothing more now */
    bool damaged;
    struct audit_cursor end;
};

/* What is in memory of a file. */
struct window {
    uint8_t *p;
    size_t n;
    uint64_t at, size;      /* of it, and of the whole file */
    bool is_first, is_last; /* of all files; the last is the one that is written */
};

/* ---- cursors ---- */

const char *audit_cursor_text(const struct audit_cursor *c, char *out) {
    snprintf(out, AUDIT_CURSOR_TEXT_MAX, "%" PRIx64 "-%" PRIx64, c->file & 0xffffffffff,
             c->at & 0xffffffffff);
    return out;
}

static const char *read_hex(const char *text, uint64_t *ret) {
    size_t n = strspn(text, "0123456789abcdef");
    *ret = n >= 1 && n <= 10 ? strtoull(text, NULL, 16) : 0;
    return n >= 1 && n <= 10 ? text + n : NULL;
}

bool audit_cursor_read(const char *text, struct audit_cursor *ret) {
    struct audit_cursor c;
    const char *dash = read_hex(text, &c.file);
    const char *end = dash && *dash == '-' ? read_hex(dash + 1, &c.at) : NULL;
    if (!end || *end) {
        return false;
    }
    *ret = c;
    return true;
}

/* ---- windows ---- */

static enum err read_at(int fd, struct window *w) {
    size_t n = 0;
    while (n < w->n) {
        ssize_t got = pread(fd, w->p + n, w->n - n, (off_t)(w->at + n));
        if (got < 0 && errno != EINTR) {
            return ERR_IO;
        }
        if (got == 0) {
            break; /* it has become shorter */
        }
        n += got > 0 ? (size_t)got : 0;
    }
    w->n = n;
    return OK;
}

/* The byte before a cursor is looked at as well: it ends a line, or the cursor is in the midst of
 * one. */
static void place_window(const struct paging *p, struct window *w) {
    uint64_t at = p->end.at < w->size ? p->end.at : w->size;
    uint64_t begin = p->q->newest_first ? (at > p->left ? at - p->left : 0) : at - (at > 0);
    uint64_t end = p->q->newest_first ? at : w->size;
    w->at = begin;
    w->n = (size_t)(end - begin < p->left ? end - begin : p->left);
}

static enum err load(const struct paging *p, const char *dir, struct window *w) {
    char path[PATH_MAX], name[AUDIT_NAME_MAX];
    struct stat st;
    if (snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(p->end.file, name)) >=
        (int)sizeof(path)) {
        return ERR_LONG;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    enum err e = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? OK : ERR_IO;
    if (e == OK) {
        w->size = (uint64_t)st.st_size;
        place_window(p, w);
        w->p = mem_alloc(w->n + 1);
        e = w->p ? read_at(fd, w) : ERR_NOMEM;
    }
    close(fd);
    return e;
}

/* ---- lines ---- */

static bool is_passed_over(const struct audit_page *q, struct bytes line) {
    const char *id = q->filter.recording;
    return q->of_one && !memmem(line.p, line.n, id, strlen(id));
}

static void show(struct paging *p, struct audit_record *r) {
    if (p->q->of_one) {
        r->e.address[0] = r->e.trace[0] = '\0';
    }
    audit_record_show(p->out, r);
    p->n++;
}

static enum err take(struct paging *p, struct bytes line) {
    struct audit_record r;
    if (is_passed_over(p->q, line)) {
        return OK;
    }
    enum err e = audit_record_read(line, &r);
    if (e == ERR_NOMEM) {
        return e;
    }
    p->damaged |= e != OK;
    if (e == OK && audit_filter_takes(&p->q->filter, &r)) {
        show(p, &r);
    }
    p->full = p->n == p->q->limit || p->out->n - p->start >= AUDIT_PAGE_BYTES;
    return OK;
}

/* What has no end: in the file that is written it is a line under way, and else torn. What the
 * window cut is for the next page; a line that is longer than a window is none. */
static void stop_in(struct paging *p, const struct window *w, size_t from, bool any) {
    bool cut = w->at + w->n < w->size;
    p->full |= cut;
    p->damaged |= from < w->n && (cut ? !any : !w->is_last);
    p->end.at = w->at + (cut && !any ? w->n : from);
}

static enum err forward(struct paging *p, const struct window *w) {
    size_t at = 0;
    bool any = false;
    enum err e = OK;
    if (p->end.at > 0) {
        const uint8_t *end = memchr(w->p, '\n', w->n);
        at = end ? (size_t)(end + 1 - w->p) : w->n;
    }
    while (e == OK && !p->full) {
        const uint8_t *end = at < w->n ? memchr(w->p + at, '\n', w->n - at) : NULL;
        if (!end) {
            stop_in(p, w, at, any);
            return OK;
        }
        e = take(p, bytes_of(w->p + at, (size_t)(end - w->p) - at));
        at = (size_t)(end + 1 - w->p);
        any = true;
    }
    p->end.at = w->at + at;
    return e;
}

/* Where the line begins whose newline is before `at`; at: it begins before the window. */
static size_t line_start(const struct window *w, size_t at) {
    const uint8_t *before = at > 1 ? memrchr(w->p, '\n', at - 1) : NULL;
    return before ? (size_t)(before + 1 - w->p) : w->at == 0 ? 0 : at;
}

static enum err backward(struct paging *p, const struct window *w) {
    const uint8_t *last = memrchr(w->p, '\n', w->n);
    size_t at = last ? (size_t)(last + 1 - w->p) : 0;
    bool any = false;
    enum err e = OK;
    p->damaged |= at < w->n && w->at + w->n == w->size && !w->is_last;
    while (e == OK && !p->full && at > 0) {
        size_t start = line_start(w, at);
        if (start == at) {
            break;
        }
        e = take(p, bytes_of(w->p + start, at - start - 1));
        at = start;
        any = true;
    }
    bool cut = w->at > 0 && !p->full;
    p->full |= cut;
    p->damaged |= cut && !any;
    p->end.at = w->at + (cut && !any ? 0 : at);
    return e;
}

/* ---- files ---- */

static enum err take_file(struct paging *p, const char *dir, const struct audit_files *f,
                          size_t i) {
    struct window w = {.is_first = i == 0, .is_last = i + 1 == f->n};
    enum err e = load(p, dir, &w);
    if (e == OK) {
        p->left -= w.n < p->left ? w.n : p->left;
        e = (p->q->newest_first ? backward : forward)(p, &w);
        p->full |= p->left < WINDOW_LEAST;
        p->at_end =
            p->q->newest_first ? w.is_first && p->end.at == 0 : w.is_last && p->end.at >= w.size;
    } else if (e != ERR_NOMEM) {
        p->damaged |= e != ERR_UNKNOWN; /* removed for its age, just now */
        e = OK;
    }
    mem_free(w.p);
    return e;
}

/* The one to begin with: f->n: there is none. */
static size_t first_file(const struct audit_files *f, const struct audit_page *q) {
    size_t i = 0;
    while (i < f->n && f->first[i] < q->after.file) {
        i++;
    }
    if (!q->newest_first) {
        return i;
    }
    bool exact = i < f->n && q->after.file && f->first[i] == q->after.file;
    i = q->after.file ? i : f->n;
    return exact ? i : i > 0 ? i - 1 : f->n;
}

static bool next_file(const struct audit_files *f, const struct audit_page *q, size_t *i) {
    bool is_there = q->newest_first ? *i > 0 : *i + 1 < f->n;
    *i = !is_there ? *i : q->newest_first ? *i - 1 : *i + 1;
    return is_there;
}

static enum err take_files(struct paging *p, const char *dir, const struct audit_files *f) {
    size_t i = first_file(f, p->q);
    bool is_there = i < f->n;
    enum err e = OK;
    p->end = p->q->after;
    while (e == OK && is_there && !p->full) {
        if (f->first[i] != p->end.file) {
            p->end = (struct audit_cursor){f->first[i], p->q->newest_first ? UINT64_MAX : 0};
        }
        e = take_file(p, dir, f, i);
        is_there = !p->full && next_file(f, p->q, &i);
    }
    return e;
}

static void put_cursor(struct buffer *b, const char *name, const struct audit_cursor *c) {
    char text[AUDIT_CURSOR_TEXT_MAX];
    json_put_string(b, name, c ? audit_cursor_text(c, text) : NULL);
}

enum err audit_page_put(struct buffer *b, const char *dir, const struct audit_page *page) {
    struct paging p = {.q = page, .out = b, .start = b->n, .left = page->look};
    struct audit_files files = {0};
    enum err e = audit_files_list(dir, &files);
    if (e != OK) {
        return e;
    }
    json_open(b, NULL, '{');
    json_open(b, "records", '[');
    e = take_files(&p, dir, &files);
    audit_files_free(&files);
    json_close(b, ']');
    put_cursor(b, "next", p.full && !p.at_end ? &p.end : NULL);
    put_cursor(b, "end", p.end.file ? &p.end : NULL);
    json_put_bool(b, "damaged", p.damaged);
    json_close(b, '}');
    return e == OK && b->bad ? ERR_NOMEM : e;
}
