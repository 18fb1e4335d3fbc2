/*
 * From a Redis URL to a connection: through sentinels if there are any.
 */
#ifndef SE_SOURCE_REDIS_LINK_H
#define SE_SOURCE_REDIS_LINK_H

#include "source/redis_url.h"
#include "wire/redis.h"

/*
 * Connect to the server, or to the master that the first sentinel which answers
 * names. SE_E_CONNECT and the like; the message names host and port. User and
 * password are for the server: sentinels are asked without. The password of the
 * URL counts where none is given; stop_fd as in wire/redis.h.
 */
se_err se__redis_link(const se__redis_url *url, const char *password,
                      const char *ca_file, int stop_fd, int64_t deadline_ms,
                      se__redis **out, se_error *err);

#endif
