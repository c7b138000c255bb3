/* The door to OpenSSL for the files of this folder. OpenSSL declares a type (unused by us) with the
 * name of our ERR_STATE, so it gets another one here. */
#ifndef ORIEL_MEDIA_SECURE_OPENSSL_H
#define ORIEL_MEDIA_SECURE_OPENSSL_H

#define ERR_STATE openssl_err_state
/* SHA1_* are marked deprecated in favour of EVP; hmac_sha1.h says why they are used. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#undef ERR_STATE

#endif
