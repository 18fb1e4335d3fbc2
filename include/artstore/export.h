/*
 * export.h - which symbols leave the shared library.
 */
#ifndef ARTSTORE_EXPORT_H
#define ARTSTORE_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
#define SE_API __attribute__((visibility("default")))
#else
#define SE_API
#endif

#ifdef __cplusplus
#define SE_BEGIN_DECLS extern "C" {
#define SE_END_DECLS }
#else
#define SE_BEGIN_DECLS
#define SE_END_DECLS
#endif

#endif
