/* Who may sign what: issuers, each with its rules and its keys of now. A set of keys is replaced
 * whole, by the thread that checks tokens, so that nothing has to be locked. Owner: that thread,
 * the control thread. */
#ifndef ORIEL_SERVER_AUTH_KEYRING_H
#define ORIEL_SERVER_AUTH_KEYRING_H

#include "server/auth/jws.h"
#include "server/auth/keyset.h"
#include "server/config/issuer_config.h"

struct keyring;

#define KEYRING_MAX (ISSUERS_MAX + 1)

/* Empty. NULL when memory is out. */
struct keyring *keyring_new(void);
/* NULL allowed; returns NULL. Frees the sets. */
struct keyring *keyring_free(struct keyring *r);
/* One issuer more, without keys yet: number keyring_len - 1. c, which has no ISSUER_DEFAULT left,
 * is copied. ERR_NOMEM; ERR_FULL: beyond KEYRING_MAX. */
enum err keyring_add(struct keyring *r, const struct issuer_config *c);
size_t keyring_len(const struct keyring *r);
const struct issuer_config *keyring_issuer(const struct keyring *r, size_t i);
/* NULL: none (yet). */
const struct keyset *keyring_keys(const struct keyring *r, size_t i);
/* From now on keys, which the ring takes (NULL: none), are those of issuer i. */
void keyring_replace(struct keyring *r, size_t i, struct keyset *keys);
/* The keys of issuer i, which are the caller's from now on; it has none. */
struct keyset *keyring_take(struct keyring *r, size_t i);

/* Whose token it is, by its iss: *ret_i, and the signature is its own. Nothing else was looked at.
 * CODE_TOKEN_ISSUER: nobody we know, *ret_i is untouched. With *ret_i: CODE_TOKEN_ALGORITHM: not
 * one that this issuer may use; CODE_TOKEN_NO_KEYS: there are no keys of it now;
 * CODE_TOKEN_KEY_UNKNOWN: it has no such key; CODE_TOKEN_SIGNATURE. */
enum code keyring_verify(const struct keyring *r, const struct jws *j, size_t *ret_i);

#endif
