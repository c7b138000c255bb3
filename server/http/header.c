#include "server/http/header.h"

#include "base/alloc.h"

#include <string.h>

bool header_copy(struct lws *wsi, enum lws_token_indexes h, char **ret) {
    int n = lws_hdr_total_length(wsi, h);
    *ret = NULL;
    if (n <= 0 || n > HEADER_MAX) {
        return true;
    }
    *ret = mem_alloc((size_t)n + 1);
    if (!*ret) {
        return false;
    }
    if (lws_hdr_copy(wsi, *ret, n + 1, h) != n) {
        *ret = mem_free(*ret);
    }
    return true;
}

bool header_copy_named(struct lws *wsi, const char *name, char **ret) {
    int length = (int)strlen(name), n = lws_hdr_custom_length(wsi, name, length);
    *ret = NULL;
    if (n <= 0 || n > HEADER_MAX) {
        return true;
    }
    *ret = mem_alloc((size_t)n + 1);
    if (!*ret) {
        return false;
    }
    if (lws_hdr_custom_copy(wsi, *ret, n + 1, name, length) != n) {
        *ret = mem_free(*ret);
    }
    return true;
}
