/*
 * What only some compilers check.
 */
#ifndef SE_BASE_COMPILER_H
#define SE_BASE_COMPILER_H

/* Arguments from `first_index` on are for the format at `format_index`. */
#if defined(__GNUC__) || defined(__clang__)
#define SE__PRINTF(format_index, first_index)                                  \
    __attribute__((format(printf, format_index, first_index)))
#else
#define SE__PRINTF(format_index, first_index)
#endif

/* Built for a sanitizer that finds memory errors or races. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SE__SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define SE__SANITIZED 1
#endif
#endif

#endif
