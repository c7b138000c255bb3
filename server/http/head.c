#include "server/http/head.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/http/header.h"
#include "server/http/urls.h"

#include <string.h>

#define NAME_MAX_LEN 32 /* [bytes] of a name and what is beside it */

/* "a", "b" and ":" in one. */
static bool has_custom(struct lws *wsi, const char *a, const char *b) {
    char text[NAME_MAX_LEN];
    size_t na = strlen(a), nb = strlen(b);
    memcpy(text, a, na);
    memcpy(text + na, b, nb);
    text[na + nb] = ':';
    return lws_hdr_custom_length(wsi, text, (int)(na + nb + 1)) >= 0;
}

/* Another program could take a name with blanks beside it for the name (RFC 9112 section 5.1), or
 * a line that begins with one for the rest of the line before (section 5.2). To libwebsockets they
 * are names that nobody knows, of which it has no list, so what matters is asked for by those. */
static bool has_spaced_name(struct lws *wsi) {
    static const char *const names[] = {"content-length", "transfer-encoding", "host",
                                        "authorization",  "connection",        "upgrade"};
    static const char *const blanks[] = {" ",    "\t",    "  ",    " \t",   "\t ",
                                         "\t\t", "   ",   "  \t",  " \t ",  " \t\t",
                                         "\t  ", "\t \t", "\t\t ", "\t\t\t"};
    for (size_t i = 0; i < ARRAY_LEN(names) * ARRAY_LEN(blanks); i++) {
        const char *name = names[i / ARRAY_LEN(blanks)], *blank = blanks[i % ARRAY_LEN(blanks)];
        if (has_custom(wsi, name, blank) || has_custom(wsi, blank, name)) {
            return true;
        }
    }
    return false;
}

/* 1.1 needs one Host and 1.0 none (RFC 9112 section 3.2). 0, 400 or 505. */
static int version_status(struct lws *wsi) {
    char version[16] = "";
    if (lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP) < 0) {
        return 505;
    }
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (strncmp(version, "HTTP/", 5) != 0) {
        return 400; /* a path with an encoded line end is one to libwebsockets */
    }
    if (!old && strcmp(version, "HTTP/1.1") != 0) {
        return 505;
    }
    int first = lws_hdr_fragment_length(wsi, WSI_TOKEN_HOST, 0);
    return (first > 0 || old) && lws_hdr_fragment_length(wsi, WSI_TOKEN_HOST, 1) <= 0 ? 0 : 400;
}

/* A page whose name was made to point here (DNS rebinding) says its own name. Nobody can do that
 * with an address, and none but this machine with "localhost". */
static bool is_ours(const struct loop *l, const char *host) {
    if (!host || url_host_is(l->origin, host) || url_host_is_address(host)) {
        return true;
    }
    const struct config_list *others = &l->config->origins;
    for (size_t i = 0; i < others->n; i++) {
        if (url_host_is(others->items[i], host)) {
            return true;
        }
    }
    return false;
}

int head_status(struct loop *l, struct lws *wsi, bool any_host) {
    char *host = NULL;
    int status = has_spaced_name(wsi) ? 400 : version_status(wsi);
    if (status == 0 && !any_host && *l->config->public_url) {
        status = !header_copy(wsi, WSI_TOKEN_HOST, &host) ? 503 : is_ours(l, host) ? 0 : 421;
        mem_free(host);
    }
    l->counters.refused[REFUSED_HEAD] += status == 400 || status == 505;
    l->counters.refused[REFUSED_HOST] += status == 421;
    return status;
}
