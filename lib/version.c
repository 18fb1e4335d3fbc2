#include <artstore/version.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "wire/http.h"
#include "wire/json.h"

const char *se_version(void)
{
    return SE_VERSION;
}

/* Written once; the libraries that run do not change. */
static char dependencies[256];
static pthread_once_t joined = PTHREAD_ONCE_INIT;

static void join_versions(void)
{
    const char *http = se__http_version();
    char crypto[64];

    snprintf(crypto, sizeof(crypto), " OpenSSL/%s", se__crypto_version());
    snprintf(dependencies, sizeof(dependencies), "%s cJSON/%s%s", http,
             se__json_version(),
             strstr(http, crypto) ? "" : crypto); /* libcurl names it as well */
}

const char *se_version_dependencies(void)
{
    pthread_once(&joined, join_versions);
    return dependencies;
}
