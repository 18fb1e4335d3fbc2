/*
 * Words and numbers in the spellings that people use; whatever the locale.
 */
#ifndef SE_CONFIG_NUMBER_H
#define SE_CONFIG_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value that is being looked at, without the blanks around it. */
typedef struct se__trimmed {
    const char *at;
    size_t length;
} se__trimmed;

typedef struct se__unit {
    const char *name;
    int64_t factor;
} se__unit;

se__trimmed se__trim(const char *value);
/* Which of the words, separated by |, in any case; -1: none. */
int se__word_position(se__trimmed t, const char *words);
/* 60, 60.0, 60.125 in thousandths; further digits must be 0. */
bool se__take_thousandths(se__trimmed t, int64_t *out);
/* Digits with one of the units behind them. */
bool se__take_with_unit(se__trimmed t, const se__unit *units, size_t n,
                        int64_t *out);

#define SE__THOUSANDTHS_SIZE 32
/* 60125 as 60.125, 60000 as 60. */
void se__print_thousandths(int64_t value, char out[SE__THOUSANDTHS_SIZE]);

#endif
