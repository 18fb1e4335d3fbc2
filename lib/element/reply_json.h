/*
 * What the parsers of replies share.
 */
#ifndef SE_ELEMENT_REPLY_JSON_H
#define SE_ELEMENT_REPLY_JSON_H

#include "wire/json.h"

/* SE_E_PROTOCOL unless the answer is a JSON object within the limits. */
se_err se__reply_object(const char *body, size_t length, se__json **out,
                        se_error *err);

#endif
