/*
 * version.h - which library this is.
 */
#ifndef ARTSTORE_VERSION_H
#define ARTSTORE_VERSION_H

#include <artstore/export.h>

SE_BEGIN_DECLS

/* The version of these headers. */
#define SE_VERSION_MAJOR 0
#define SE_VERSION_MINOR 1
#define SE_VERSION_PATCH 0
#define SE_VERSION "0.1.0"

/*
 * Name the version of the library that is linked, e.g. "0.1.0".
 *
 * @return  view of a constant
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_version(void);

/*
 * Name the libraries in use and their versions as they run, e.g.
 * "libcurl/7.88.1 cJSON/1.7.15 OpenSSL/3.0.15".
 *
 * @return  view of a constant
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_version_dependencies(void);

SE_END_DECLS

#endif
