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

/* libcurl goes on with all that it is built on itself: its first word only. */
static void join_versions(void)
{
    const char *http = se__http_version();

    snprintf(dependencies, sizeof(dependencies), "%.*s cJSON/%s OpenSSL/%s",
             (int)strcspn(http, " "), http, se__json_version(),
             se__crypto_version());
}

const char *se_version_dependencies(void)
{
    pthread_once(&joined, join_versions);
    return dependencies;
}
