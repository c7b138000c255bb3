#include "tests/unit/recorder/kms_stub.h"

#include "recorder/seal/aead.h"
#include "recorder/store/sigv4.h"

#include "base/check.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *header(const struct http_request *q, const char *name) {
    for (size_t i = 0; i < q->n_headers; i++) {
        if (strcmp(q->headers[i].name, name) == 0) {
            return q->headers[i].value;
        }
    }
    return "";
}

/* The same request, signed again with what the service knows. */
static bool signature_is_right(struct kms_stub *s, const struct http_request *q) {
    struct sigv4_field fields[8] = {{"Host", KMS_HOST}};
    struct sigv4_keys keys = {s->access_key, s->secret_key, s->session_token};
    struct sigv4_scope scope = {"eu-test-1", "kms", s->now};
    char hash[SIGV4_HASH_MAX], date[SIGV4_DATE_MAX];
    struct buffer b = {0};
    size_t n = 1;
    for (size_t i = 0; i < q->n_headers && n < ARRAY_LEN(fields); i++) {
        if (strcmp(q->headers[i].name, "Authorization") != 0) {
            fields[n++] = (struct sigv4_field){q->headers[i].name, q->headers[i].value};
        }
    }
    struct sigv4_request again = {.method = q->method,
                                  .path = "/",
                                  .headers = fields,
                                  .n_headers = n,
                                  .payload = sigv4_hash(q->body, hash)};
    CHECK(sigv4_authorization(&b, &keys, &scope, &again) == OK);
    bool ok = strcmp(b.p, header(q, "Authorization")) == 0 &&
              strcmp(header(q, "X-Amz-Date"), sigv4_date(s->now, date)) == 0 &&
              strcmp(header(q, "Content-Type"), "application/x-amz-json-1.1") == 0;
    buffer_free(&b);
    return ok;
}

static int key_of(const json_t *o, const char *name) {
    const char *id = json_string_value(json_object_get(o, name));
    return id && strlen(id) == 5 && strncmp(id, "key-", 4) == 0 && id[4] >= '0' &&
                   id[4] < '0' + KMS_KEYS
               ? id[4] - '0'
               : -1;
}

static size_t decode(const json_t *o, const char *name, uint8_t *out) {
    const char *text = json_string_value(json_object_get(o, name));
    size_t len = text ? strlen(text) : 0;
    if (!len) {
        return 0;
    }
    int n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    return (size_t)n - (text[len - 1] == '=') - (text[len - 2] == '=');
}

static int answer(struct http_answer *ret, int status, json_t *o) {
    char *text = json_dumps(o, 0);
    buffer_str(&ret->body, text);
    ret->status = status;
    free(text);
    json_decref(o);
    return status;
}

static void refuse(struct http_answer *ret, int status, const char *type) {
    char name[128];
    snprintf(name, sizeof(name), "com.amazonaws.kms#%s", type);
    answer(ret, status, json_pack("{s:s,s:s}", "__type", name, "message", "by the stub"));
}

/* Blob: number of the key 1 | sealed. */
static void seal(struct kms_stub *s, int key, const json_t *context, struct bytes plain,
                 json_t *ret) {
    static struct rng_seeded state = {{1, 2, 3, 4}};
    struct rng rng = rng_from_seeded(&state);
    uint8_t blob[512];
    char text[1024], *aad = json_dumps(context, JSON_SORT_KEYS | JSON_COMPACT);
    struct aead a = {s->keys[key], bytes_of(aad, strlen(aad))};
    blob[0] = (uint8_t)key;
    CHECK(aead_seal(&a, &rng, plain, blob + 1) == OK);
    EVP_EncodeBlock((unsigned char *)text, blob, (int)(plain.n + AEAD_OVERHEAD + 1));
    snprintf((char *)blob, sizeof(blob), "arn:aws:kms:eu-test-1:111122223333:key/key-%d", key);
    json_object_set_new(ret, "CiphertextBlob", json_string(text));
    json_object_set_new(ret, "KeyId", json_string((char *)blob));
    free(aad);
}

static size_t unseal(struct kms_stub *s, int key, const json_t *o, const json_t *context,
                     uint8_t *out) {
    uint8_t blob[2048];
    size_t n = decode(o, "CiphertextBlob", blob);
    char *aad = json_dumps(context, JSON_SORT_KEYS | JSON_COMPACT);
    struct aead a = {s->keys[key], bytes_of(aad, strlen(aad))};
    bool ok = n > AEAD_OVERHEAD + 1 && blob[0] == key &&
              aead_open(&a, bytes_of(blob + 1, n - 1), out) == OK;
    free(aad);
    return ok ? n - 1 - AEAD_OVERHEAD : 0;
}

static void perform(struct kms_stub *s, const json_t *o, struct http_answer *ret) {
    uint8_t plain[512];
    char text[1024];
    json_t *out = json_object();
    bool encrypt = strcmp(s->verb, "Encrypt") == 0, decrypt = strcmp(s->verb, "Decrypt") == 0;
    int key = key_of(o, encrypt || decrypt ? "KeyId" : "SourceKeyId");
    int to = encrypt ? key : key_of(o, "DestinationKeyId");
    const json_t *context =
        json_object_get(o, encrypt || decrypt ? "EncryptionContext" : "SourceEncryptionContext");
    if (key < 0 || (!decrypt && to < 0)) {
        json_decref(out);
        refuse(ret, 400, "NotFoundException");
        return;
    }
    size_t n = encrypt ? decode(o, "Plaintext", plain) : unseal(s, key, o, context, plain);
    if (!n) {
        json_decref(out);
        refuse(ret, 400, "InvalidCiphertextException");
        return;
    }
    if (decrypt) {
        EVP_EncodeBlock((unsigned char *)text, plain, (int)n);
        json_object_set_new(out, "Plaintext", json_string(text));
    } else {
        seal(s, to, encrypt ? context : json_object_get(o, "DestinationEncryptionContext"),
             bytes_of(plain, n), out);
    }
    answer(ret, 200, out);
}

static enum err stub_ask(void *ctx, const struct http_request *q, struct http_answer *ret) {
    struct kms_stub *s = ctx;
    const char *target = header(q, "X-Amz-Target");
    s->asked++;
    http_answer_clear(ret);
    CHECK(strcmp(q->url, "https://" KMS_HOST) == 0 && strcmp(q->method, "POST") == 0);
    snprintf(s->verb, sizeof(s->verb), "%s",
             strncmp(target, "TrentService.", 13) == 0 ? target + 13 : "");
    if (s->dead) {
        snprintf(ret->why, sizeof(ret->why), "no route");
        return ERR_IO;
    }
    if (s->body) {
        buffer_str(&ret->body, s->body);
        ret->status = s->status;
        return OK;
    }
    if (s->type) {
        refuse(ret, s->status, s->type);
        return OK;
    }
    json_t *o = json_loadb((const char *)q->body.p, q->body.n, JSON_REJECT_DUPLICATES, NULL);
    if (!signature_is_right(s, q)) {
        refuse(ret, 400, "InvalidSignatureException");
    } else if (!json_is_object(o)) {
        refuse(ret, 400, "SerializationException");
    } else {
        perform(s, o, ret);
    }
    json_decref(o);
    return OK;
}

static wall_t wall(void *ctx) {
    return ((struct kms_stub *)ctx)->now;
}

void kms_stub_begin(struct kms_stub *s, const struct scratch *folder) {
    memset(s, 0, sizeof(*s));
    s->http = (struct http){s, stub_ask};
    s->now.us = INT64_C(1700000000000000);
    s->keys[0][0] = 1;
    s->keys[1][0] = 2;
    s->access_key = "AKIDEXAMPLE";
    s->secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    scratch_put(folder, "access", s->access_key, s->access_file);
    scratch_put(folder, "secret", s->secret_key, s->secret_file);
}

struct provider_kms_config kms_stub_config(struct kms_stub *s) {
    return (struct provider_kms_config){.endpoint = "https://" KMS_HOST,
                                        .region = "eu-test-1",
                                        .key = "key-0",
                                        .access_key_file = s->access_file,
                                        .secret_key_file = s->secret_file,
                                        .http = &s->http,
                                        .wall = wall,
                                        .wall_ctx = s};
}
