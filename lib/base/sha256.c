#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"

/*
 * What OpenSSL says of an error stays in a queue of this thread; the program's
 * own TLS would take it for its own. Hence the mark, and back to it.
 */
se_err se__sha256_start(se__sha256 *sha, se_error *err)
{
    bool started;

    ERR_set_mark();
    if (!sha->context) {
        sha->context = EVP_MD_CTX_new();
    }
    started =
        sha->context && EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL);
    ERR_pop_to_mark();
    if (!started) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a checksum");
    }
    return SE_OK;
}

void se__sha256_update(se__sha256 *sha, const void *data, size_t length)
{
    EVP_DigestUpdate(sha->context, data, length);
}

void se__sha256_finish(se__sha256 *sha, char hex[SE__SHA256_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    EVP_DigestFinal_ex(sha->context, digest, &length);
    se__hex(hex, digest, length);
}

void se__sha256_fini(se__sha256 *sha)
{
    EVP_MD_CTX_free(sha->context);
    sha->context = NULL;
}

const char *se__crypto_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
