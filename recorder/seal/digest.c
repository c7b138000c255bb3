#include "recorder/seal/digest.h"

#include "base/check.h"

#include <openssl/evp.h>

void sha256_of(struct bytes a, struct bytes b, uint8_t ret[SHA256_LEN]) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    unsigned n = 0;
    CHECK(c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
          EVP_DigestUpdate(c, a.p, a.n) == 1 && EVP_DigestUpdate(c, b.p, b.n) == 1 &&
          EVP_DigestFinal_ex(c, ret, &n) == 1 && n == SHA256_LEN);
    EVP_MD_CTX_free(c);
}
