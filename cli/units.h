/*
 * Amounts as people read them: "1.5 MiB", "12 ms". Below 0: "-".
 */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdint.h>

#define UNITS_SIZE 32

void units_bytes(char out[UNITS_SIZE], int64_t bytes);
void units_duration(char out[UNITS_SIZE], int64_t ms);

#endif
