/*
 * Base URLs. What is accepted is normalised once and for all, holds nothing
 * that could be read in two ways, and names no address that is refused, however
 * a resolver reads it.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/text.h"
#include "wire/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_address(int family, const char *host)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (family == AF_INET && inet_aton(host, &v4.sin_addr)) {
        char text[INET_ADDRSTRLEN];

        must(se__address_allowed((const struct sockaddr *)&v4, NULL));
        /* In its usual form, which everybody reads alike. */
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
        must(strcmp(text, host) == 0);
    }
    if (family == AF_INET6) {
        must(inet_pton(AF_INET6, host, &v6.sin6_addr) == 1);
        must(se__address_allowed((const struct sockaddr *)&v6, NULL));
    }
}

/* As a transfer will read it, with all the guessing that libcurl does. */
static void check_host(const char *url)
{
    CURLU *handle = curl_url();
    char *host = NULL;
    char *user = NULL;

    must(handle != NULL);
    must(curl_url_set(handle, CURLUPART_URL, url,
                      CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) ==
         CURLUE_OK);
    must(curl_url_get(handle, CURLUPART_HOST, &host, 0) == CURLUE_OK);
    must(curl_url_get(handle, CURLUPART_USER, &user, 0) == CURLUE_NO_USER);
    must(strncmp(strstr(url, "://") + 3, host, strlen(host)) == 0);
    if (host[0] == '[') {
        host[strlen(host) - 1] = '\0';
        check_address(AF_INET6, host + 1);
    } else {
        if (host[strlen(host) - 1] == '.') {
            host[strlen(host) - 1] = '\0';
        }
        check_address(AF_INET, host);
    }
    curl_free(host);
    curl_url_cleanup(handle);
}

static void check_normal(const char *url)
{
    char again[SE__URL_SIZE];
    size_t length = strlen(url);

    must(length < SE__URL_SIZE);
    must(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
    must(url[length - 1] != '/');
    must(strpbrk(url, "@?#\\ ") == NULL);
    must(se__text_is_clean(url, length));
    for (size_t i = 0; i < length; i++) {
        must((unsigned char)url[i] < 0x80);
    }
    must(se__url_normalize(url, again, NULL) == SE_OK);
    must(strcmp(url, again) == 0);
    check_host(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[SE__URL_SIZE] = "untouched";
    char *url = malloc(size + 1);
    se_error err = SE_ERROR_INIT;
    se_err rc;

    must(url != NULL);
    memcpy(url, data, size);
    url[size] = '\0';
    rc = se__url_normalize(url, out, &err);
    if (rc == SE_OK) {
        check_normal(out);
        must(err.message[0] == '\0');
    } else {
        must(rc == SE_E_INVALID && err.code == rc);
        must(strncmp(err.message, "URL ", 4) == 0);
        must(strcmp(out, "untouched") == 0);
    }
    free(url);
    return 0;
}
