#include "server/http/method.h"

#include "base/check.h"
#include "server/http/lws.h"

static const struct {
    const char *name;
    enum lws_token_indexes token;
} methods[] = {
    [HTTP_GET] = {"GET", WSI_TOKEN_GET_URI},
    [HTTP_HEAD] = {"HEAD", WSI_TOKEN_HEAD_URI},
    [HTTP_POST] = {"POST", WSI_TOKEN_POST_URI},
    [HTTP_PATCH] = {"PATCH", WSI_TOKEN_PATCH_URI},
    [HTTP_DELETE] = {"DELETE", WSI_TOKEN_DELETE_URI},
    [HTTP_OPTIONS] = {"OPTIONS", WSI_TOKEN_OPTIONS_URI},
    [HTTP_OTHER] = {"other", WSI_TOKEN_PUT_URI},
};

const char *method_name(enum http_method m) {
    return methods[m].name;
}

enum http_method method_of(struct lws *wsi) {
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (lws_hdr_total_length(wsi, methods[i].token) > 0) {
            return (enum http_method)i;
        }
    }
    return HTTP_OTHER;
}

bool method_awaits_body(enum http_method m) {
    return m == HTTP_POST || m == HTTP_PATCH || m == HTTP_OTHER;
}
