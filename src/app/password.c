/* SPDX-License-Identifier: Apache-2.0 */
#include "app/password.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/slice.h"

#define PASSES      2
#define MEMORY_SIZE (19 * 1024 * 1024)

/* Of a password that nobody has; the cost is the same as above. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$FWoSA0e0Rx6A3A3DAdzpGg$"
                             "g67KSJh2ejkmiB3xalP4UmW0W/XBRhgfOc56+azsgsk";

/* May be called again and again, from any thread. */
static void need_sodium(void)
{
    if (sodium_init() < 0)
        abort();
}

static size_t count_distinct(const char *text)
{
    bool is_seen[UCHAR_MAX + 1] = {false};
    size_t count = 0;

    for (; *text; text++) {
        count += !is_seen[(unsigned char)*text];
        is_seen[(unsigned char)*text] = true;
    }
    return count;
}

bool password_check(const char *password, const char *email, struct err *err)
{
    const char *text = password ? password : "";
    size_t len = strlen(text), characters = slice_characters(slice_str(text));

    if (characters < PASSWORD_MIN)
        return err_field(err, "password", "has %zu characters, at least %d are needed", characters,
                         PASSWORD_MIN);
    if (len > PASSWORD_MAX)
        return err_field(err, "password", "has %zu octets, at most %d are allowed", len,
                         PASSWORD_MAX);
    if (count_distinct(text) < PASSWORD_DISTINCT)
        return err_field(err, "password",
                         "has fewer than %d different characters: it is easily guessed",
                         PASSWORD_DISTINCT);
    if (strcasecmp(text, email) == 0)
        return err_field(err, "password", "is the address that you sign in with");
    return true;
}

bool password_hash(struct arena *mem, const char *password, const char **out, struct err *err)
{
    char *text = arena_alloc(mem, crypto_pwhash_STRBYTES);

    need_sodium();
    if (crypto_pwhash_str_alg(text, password, strlen(password), PASSES, MEMORY_SIZE,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(err, ERR_CRYPTO, "not enough memory to hash a password");
    *out = text;
    return true;
}

bool password_matches(const char *hash, const char *password)
{
    int rc;

    need_sodium();
    rc = crypto_pwhash_str_verify(hash ? hash : nobody, password, strlen(password));
    return hash && rc == 0;
}
