/*
 * The table of settings.
 *
 * Names and types are those of the original's variables (wire-contract 6), then
 * come our own. Where semantics.md has another default than the original, it
 * stands here.
 */
#include "config/config.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define AT(member) .offset = offsetof(se__config_parts, member), .scale = 1
#define MS(member) .offset = offsetof(se__config_parts, member), .scale = 1000
#define BOOL .type = SE__SETTING_BOOL
#define INT(least, most) .type = SE__SETTING_INT, .low = (least), .high = (most)
#define SECONDS(least_ms, most_ms)                                             \
    .type = SE__SETTING_SECONDS, .low = (least_ms), .high = (most_ms)
#define TIMEOUT SECONDS(100, 600000)
#define CHOICE(list) .type = SE__SETTING_CHOICE, .words = (list)
#define TEXT .type = SE__SETTING_TEXT
#define SECRET .type = SE__SETTING_SECRET
#define URL .type = SE__SETTING_URL
#define LIST .type = SE__SETTING_LIST
#define COMMAND .use = SE__USE_COMMAND
#define SERVER .use = SE__USE_SERVER
#define NONE .use = SE__USE_NONE

#define OWN(name) "ARTSTORE_INGEST_" name
#define MONITOR(name) "CAPACITY_MONITOR_" name

const se__setting_row se__settings[] = {
    /* the list of storage elements */
    {OWN("SOURCE"), .type = SE__SETTING_SOURCES,
     .text = "where the list comes from, in order of preference; several are "
             "separated by blanks or stand one per line"},
    {"REDIS_HOST", TEXT, .service = "localhost",
     .text = "host of the Redis that is a source if no other is named"},
    {"REDIS_PORT", INT(1, 65535), .value = "6379",
     .text = "port of that Redis"},
    {"REDIS_DB", INT(0, 65535), .value = "0", .text = "database of that Redis"},
    {"REDIS_PASSWORD", SECRET, AT(options.redis_password),
     .text = "for every Redis whose URL holds none"},
    {"REDIS_SOCKET_TIMEOUT", TIMEOUT, .value = "5",
     .text = "an upper bound for one source, which gets 2 s in all"},
    {"REDIS_SOCKET_CONNECT_TIMEOUT", TIMEOUT, .value = "5",
     .text = "another upper bound for that"},
    {MONITOR("CONFIG_RELOAD_ENABLED"), BOOL, .value = "on",
     .text = "off: no periodic reload"},
    {MONITOR("CONFIG_RELOAD_INTERVAL"), INT(10, 600), .value = "60",
     MS(registry.reload_interval_ms), .text = "seconds between reloads"},
    {MONITOR("PUBSUB_ENABLED"), BOOL, .value = "on",
     .text = "off: no source is listened to"},
    {MONITOR("PUBSUB_CHANNEL"), TEXT, .value = SE_REDIS_UPDATES_CHANNEL,
     AT(options.redis_updates_channel),
     .text = "where whole lists are published"},
    {"SERVICE_DISCOVERY_REDIS_CHANNEL", TEXT, .value = SE_REDIS_EVENTS_CHANNEL,
     AT(options.redis_events_channel),
     .text = "where changes are announced; listened to as well"},

    /* the Admin Module */
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", URL,
     .service = "http://artstore_admin_module:8000",
     .text = "a source behind that Redis; for tokens unless a source is one"},
    {"SERVICE_ACCOUNT_CLIENT_ID", TEXT, AT(options.client_id),
     .text = "account for tokens, unless there is a token file"},
    {"SERVICE_ACCOUNT_CLIENT_SECRET", SECRET, AT(options.client_secret),
     .text = "secret of that account"},
    {"SERVICE_ACCOUNT_TIMEOUT", TIMEOUT, .value = "10",
     AT(options.admin_timeout_ms), .text = "one answer of the Admin Module"},
    {OWN("TOKEN_FILE"), TEXT, AT(options.token_file),
     .text = "bearer token, instead of the account"},

    /* storage elements */
    {"STORAGE_ELEMENT_TIMEOUT", TIMEOUT, .value = "30",
     .text = "a transfer that stands still; less than 3 s is also all that "
             "connecting gets, more than 120 s what the answer gets"},
    {OWN("POLICY"), CHOICE("sequential|most-free|weighted-free|round-robin"),
     .value = "sequential", AT(selector.policy),
     .text = "which of the elements that could take a file"},
    {OWN("HEADROOM"), .type = SE__SETTING_SIZE, .high = INT64_MAX, .value = "0",
     AT(selector.headroom_bytes), .text = "kept free on every element"},
    {OWN("CA_FILE"), TEXT, AT(options.ca_file),
     .text = "certificates that are trusted, PEM; else the system's"},

    /* capacity monitor */
    {MONITOR("ENABLED"), BOOL, .value = "on",
     .text = "off: elements are only asked when they are needed"},
    {MONITOR("LEADER_LOCK_KEY"), TEXT, .value = "capacity_monitor:leader_lock",
     AT(monitor.lock_key), .text = "the lease in Redis"},
    {MONITOR("LEADER_TTL"), INT(3, 300), .value = "30",
     MS(monitor.lease_ttl_ms), .text = "seconds that the lease lasts"},
    {MONITOR("LEADER_RENEWAL_INTERVAL"), INT(1, 100), .value = "10",
     .text = "seconds between renewals; at most a third of LEADER_TTL, rounded "
             "up, which it is if only that is set"},
    {MONITOR("BASE_INTERVAL"), INT(1, 3600), .value = "30",
     MS(monitor.poll_base_ms), .text = "seconds between polls of an element"},
    {MONITOR("HTTP_TIMEOUT"), TIMEOUT, .value = "5",
     AT(monitor.poll_timeout_ms), .text = "one answer to a poll"},
    {MONITOR("RETRY_BASE_DELAY"), TIMEOUT, .value = "5", AT(monitor.suspect_ms),
     .text = "until an element that did not answer is asked again"},
    {MONITOR("CACHE_TTL"), INT(10, 86400), .value = "600",
     AT(monitor.cache_ttl_s), .text = "seconds that Redis keeps capacities"},
    {MONITOR("HEALTH_TTL"), INT(10, 86400), .value = "600",
     AT(monitor.health_ttl_s), .text = "seconds that Redis keeps health"},

    /* the process */
    {OWN("CONFIG"), TEXT, .text = "file with settings, JSON or NAME=value"},
    {OWN("STATE_DIR"), TEXT, AT(options.state_dir),
     .text = "keeps what must survive a restart; what was read from other "
             "sources lies apart"},
    {OWN("INSTANCE_ID"), TEXT, AT(options.instance_id),
     .text = "name of this process among the others; else a random one"},
    {"LOG_LEVEL", OWN("LOG_LEVEL"), CHOICE("debug|info|warning|error|critical"),
     .value = "error", .service = "info", .text = "what is logged"},
    {"LOG_FORMAT", OWN("LOG_FORMAT"), CHOICE("json|flat|text"), .value = "text",
     .service = "json", .text = "how it is logged"},
    {OWN("JSON"), BOOL, COMMAND, .value = "off",
     .text = "one JSON object per line on standard output"},
    {OWN("QUIET"), BOOL, COMMAND, .value = "off", .text = "errors only"},
    {OWN("VERBOSE"), BOOL, COMMAND, .value = "off",
     .text = "every attempt is shown"},
    {OWN("PROGRESS"), CHOICE("auto|bar|plain|json|none"), COMMAND,
     .value = "auto", .text = "how progress is shown"},
    {OWN("DEADLINE"), .type = SE__SETTING_DURATION, COMMAND, .low = 1,
     .high = INT32_MAX, .text = "for the whole command: 500ms 30s 5m 1h"},

    /* the server */
    {"APP_NAME", TEXT, SERVER, .value = "artstore-ingester",
     .text = "how it calls itself"},
    {"APP_VERSION", TEXT, SERVER, .value = "0.1.0",
     .text = "and which version"},
    {"APP_DEBUG", BOOL, SERVER, .value = "off", .text = "details in answers"},
    {"APP_SWAGGER_ENABLED", BOOL, SERVER, .value = "off",
     .text = "the page that describes its interface"},
    {"APP_HOST", TEXT, SERVER, .value = "0.0.0.0",
     .text = "address that it listens on"},
    {"APP_PORT", INT(1, 65535), SERVER, .value = "8020",
     .text = "port that it listens on"},
    {"AUTH_PUBLIC_KEY_PATH", TEXT, SERVER, .value = "/app/keys/public_key.pem",
     .text = "checks callers' tokens"},
    {"AUTH_ALGORITHM", CHOICE("RS256"), SERVER, .value = "RS256",
     .text = "how those are signed"},
    {"LOG_FILE", TEXT, SERVER, .text = "the log goes there as well"},
    {"CORS_ENABLED", BOOL, SERVER, .value = "on",
     .text = "answers pages of other origins"},
    {"CORS_ALLOW_ORIGINS", LIST, SERVER,
     .value = "[\"http://localhost:4200\", \"http://localhost:8000\"]",
     .text = "origins of such pages"},
    {"CORS_ALLOW_CREDENTIALS", BOOL, SERVER, .value = "on",
     .text = "whether they may send cookies"},
    {"CORS_ALLOW_METHODS", LIST, SERVER,
     .value = "[\"GET\", \"POST\", \"PUT\", \"DELETE\", \"PATCH\", "
              "\"OPTIONS\"]",
     .text = "methods that they may use"},
    {"CORS_ALLOW_HEADERS", LIST, SERVER,
     .value = "[\"Content-Type\", \"Authorization\", \"X-Request-ID\", "
              "\"X-Trace-ID\"]",
     .text = "headers that they may send"},
    {"CORS_EXPOSE_HEADERS", LIST, SERVER, .value = "[]",
     .text = "headers that they may see"},
    {"CORS_MAX_AGE", INT(0, 86400), SERVER, .value = "600",
     .text = "seconds that they may rely on it"},
    {"ENVIRONMENT", TEXT, SERVER, .value = "development",
     .text = "production: no origin may be *"},

    /* what the original reads and does not use, or reads for what is built
     * differently here */
    {"AUTH_ENABLED", BOOL, NONE, .value = "on", .text = "always on"},
    {"AUTH_ADMIN_MODULE_URL", URL, NONE,
     .text = "see SERVICE_ACCOUNT_ADMIN_MODULE_URL"},
    {"STORAGE_ELEMENT_MAX_RETRIES", INT(0, 1000), NONE, .value = "3",
     .text = "attempts follow the outcome of each"},
    {"STORAGE_ELEMENT_CONNECTION_POOL_SIZE", INT(1, 100000), NONE,
     .value = "100", .text = "connections follow the uploads"},
    {"REDIS_POOL_SIZE", INT(1, 100000), NONE, .value = "10",
     .text = "there is no pool"},
    {"REDIS_FAILURE_THRESHOLD", INT(1, 1000000), NONE, .value = "5",
     .text = "there is no such breaker"},
    {"REDIS_RECOVERY_TIMEOUT", INT(1, 1000000), NONE, .value = "60",
     .text = "there is no such breaker"},
    {"REDIS_HALF_OPEN_MAX_CALLS", INT(1, 1000000), NONE, .value = "3",
     .text = "there is no such breaker"},
    {"COMPRESSION_ENABLED", BOOL, NONE, .value = "on",
     .text = "files are sent as they are"},
    {"COMPRESSION_ALGORITHM", TEXT, NONE, .value = "gzip",
     .text = "files are sent as they are"},
    {"COMPRESSION_LEVEL", INT(0, 11), NONE, .value = "6",
     .text = "files are sent as they are"},
    {"COMPRESSION_MIN_SIZE", INT(0, INT32_MAX), NONE, .value = "1024",
     .text = "files are sent as they are"},
    {MONITOR("MAX_INTERVAL"), INT(1, 3600), NONE, .value = "300",
     .text = "the schedule goes from 10 to 300 s"},
    {MONITOR("MIN_INTERVAL"), INT(1, 3600), NONE, .value = "10",
     .text = "the schedule goes from 10 to 300 s"},
    {MONITOR("HTTP_RETRIES"), INT(0, 100), NONE, .value = "3",
     .text = "it is asked again until it answers"},
    {MONITOR("FAILURE_THRESHOLD"), INT(1, 1000), NONE, .value = "3",
     .text = "misses until an element is down"},
    {MONITOR("RECOVERY_THRESHOLD"), INT(1, 1000), NONE, .value = "2",
     .text = "answers until it is up"},
    {MONITOR("STABILITY_THRESHOLD"), INT(1, 1000), NONE, .value = "5",
     .text = "polls alike until they are fewer"},
    {MONITOR("CHANGE_THRESHOLD"), SECONDS(0, 100000), NONE, .value = "5",
     .text = "percent that are no longer alike"},
    {MONITOR("USE_FOR_SELECTION"), BOOL, NONE, .value = "on",
     .text = "what is known is always used"},
    {"MAX_FILE_SIZE_MB", TEXT, NONE, .text = "read by nobody"},
    {"MAX_BATCH_FILES", TEXT, NONE, .text = "read by nobody"},
    {"CHUNK_SIZE_MB", TEXT, NONE, .text = "read by nobody"},
    {"COMPRESSION_MIN_SIZE_MB", TEXT, NONE, .text = "read by nobody"},
    {"REDIS_URL", SECRET, NONE,
     .text = "read by nobody; see "
             "ARTSTORE_INGEST_SOURCE"},
    {"REDIS_MAX_CONNECTIONS", TEXT, NONE, .text = "read by nobody"},
    {"SERVICE_DISCOVERY_CHANNEL", TEXT, NONE, .text = "read by nobody"},
    {"JWT_PUBLIC_KEY_PATH", TEXT, NONE, .text = "read by nobody"},
    {"JWT_ALGORITHM", TEXT, NONE, .text = "read by nobody"},
    {"CIRCUIT_BREAKER_*", TEXT, NONE, .text = "read by nobody"},
};
const size_t se__n_settings = SE__COUNT(se__settings);

/* "X_*" stands for all names that begin with X_. */
static bool is_name(const char *name, const char *text, size_t length)
{
    size_t own = strlen(name);

    if (own > 0 && name[own - 1] == '*') {
        return length >= own && strncasecmp(name, text, own - 1) == 0;
    }
    return own == length && strncasecmp(name, text, length) == 0;
}

int se__setting_find(const char *name, size_t length)
{
    for (size_t i = 0; i < se__n_settings; i++) {
        const se__setting_row *row = &se__settings[i];

        if (is_name(row->name, name, length) ||
            (row->above && is_name(row->above, name, length))) {
            return (int)i;
        }
    }
    return -1;
}
