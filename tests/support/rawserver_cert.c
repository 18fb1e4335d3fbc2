/*
 * Self-signed certificates for the scripted server.
 */
#include "rawserver.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static bool add_names(X509 *cert, const char *host)
{
    X509_NAME *name = X509_get_subject_name(cert);
    char alt[128];
    X509_EXTENSION *extension;
    bool ok;

    snprintf(alt, sizeof(alt), "DNS:%s", host);
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
    ok = extension &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const unsigned char *)host, -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(cert, name) == 1 &&
         X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool write_pem(const char *path, EVP_PKEY *key, X509 *cert)
{
    FILE *file = fopen(path, "w");
    bool ok = file &&
              PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_X509(file, cert) == 1;

    return file && fclose(file) == 0 && ok;
}

bool rawserver_make_cert(const char *path, const char *host, long valid_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    bool ok = key && cert && X509_set_version(cert, 2) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(cert), -7200) &&
              X509_gmtime_adj(X509_getm_notAfter(cert), valid_s) &&
              X509_set_pubkey(cert, key) == 1 && add_names(cert, host) &&
              X509_sign(cert, key, EVP_sha256()) > 0 &&
              write_pem(path, key, cert);

    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}
