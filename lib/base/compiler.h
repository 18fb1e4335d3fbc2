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

#endif
