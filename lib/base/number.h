/*
 * Numbers as text, whatever the program's locale is.
 */
#ifndef SE_BASE_NUMBER_H
#define SE_BASE_NUMBER_H

/* Room for any double. */
#define SE__DOUBLE_SIZE 40

/* The shortest text that reads back as this finite double: "1", "0.25". */
void se__double_print(double value, char out[SE__DOUBLE_SIZE]);

#endif
