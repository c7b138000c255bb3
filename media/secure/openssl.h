/* The door to OpenSSL for the files of this folder. */
#ifndef ORIEL_MEDIA_SECURE_OPENSSL_H
#define ORIEL_MEDIA_SECURE_OPENSSL_H

/* SHA1_* are marked deprecated in favour of EVP; hmac_sha1.h says why they are used. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#endif
