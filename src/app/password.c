/* SPDX-License-Identifier: Apache-2.0 */
#include "app/password.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

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

bool password_check(const char *password, struct err *err)
{
    size_t len = password ? strlen(password) : 0;

    if (len < PASSWORD_MIN)
        return err_field(err, "password", "has %zu characters, at least %d are needed", len,
                         PASSWORD_MIN);
    if (len > PASSWORD_MAX)
        return err_field(err, "password", "has %zu characters, at most %d are allowed", len,
                         PASSWORD_MAX);
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
