#include "server/http/header.h"

#include "base/alloc.h"

char *header_copy(struct lws *wsi, enum lws_token_indexes h) {
    int n = lws_hdr_total_length(wsi, h);
    if (n <= 0 || n > HEADER_MAX) {
        return NULL;
    }
    char *v = mem_alloc((size_t)n + 1);
    if (v && lws_hdr_copy(wsi, v, n + 1, h) != n) {
        return mem_free(v);
    }
    return v;
}
