/* The audit log page by page, in either direction. What one page looks at is bounded, whatever is
 * asked for and however long the log is: a page may have fewer records than there is room for, or
 * none, and others behind it. It blocks on the disk. The log may be written meanwhile: what is
 * there never changes, so a place in it stays one. Thread: any.
 *
 * It shows what there is, and proves nothing: that no record is missing or added, and who signed
 * what, is for `oriel audit verify`. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_PAGE_H
#define ORIEL_SERVER_AUDIT_AUDIT_PAGE_H

#include "server/audit/audit_filter.h"

#define AUDIT_PAGE 100
#define AUDIT_PAGE_MAX 500
#define AUDIT_PAGE_BYTES 524288      /* [bytes] a page that is longer than that is full */
#define AUDIT_PAGE_LOOK 8388608      /* [bytes] of the log that it looks at, at most */
#define AUDIT_PAGE_LOOK_ONE 67108864 /* [bytes] the same of a page about one recording */
#define AUDIT_LOOK_LEAST 16388       /* [bytes] two of the longest records */
#define AUDIT_CURSOR_TEXT_MAX 24     /* [bytes] with the NUL */

/* A place between two records. */
struct audit_cursor {
    uint64_t file; /* the number of its first record; 0: where the log begins, or ends */
    uint64_t at;   /* [bytes] in it */
};

/* "1-3f2a": opaque to whoever gets it. out holds AUDIT_CURSOR_TEXT_MAX bytes; returns out. */
const char *audit_cursor_text(const struct audit_cursor *c, char *out);
/* False: it is no such text. One that we never gave is some place, and does no harm. */
bool audit_cursor_read(const char *text, struct audit_cursor *ret);

struct audit_page {
    struct audit_filter filter;
    struct audit_cursor after; /* an earlier page ended there */
    uint32_t limit;            /* 1 to AUDIT_PAGE_MAX */
    uint64_t look;             /* [bytes] AUDIT_LOOK_LEAST or more */
    bool newest_first;
    /* For who may know what was done with filter.recording, and no more: neither addresses nor
     * traces are shown, and lines that do not name it are not looked into, whether they are as they
     * were written or not, so that eight times as many bytes take no longer. */
    bool of_one;
};
/* Append {"records":[...],"next":"..."|null,"end":"..."|null,"damaged":false}: `next` is the cursor
 * of the next page, null when there is none now; `end` where this one ended, also then (null: there
 * are no files); `damaged`: lines were stepped over that are not as they were written. ERR_UNKNOWN
 * (no such folder), ERR_IO, ERR_NOMEM: what was appended is of no use. */
enum err audit_page_put(struct buffer *b, const char *dir, const struct audit_page *page);

#endif
