/* build-from-source.sh appends this to CPython's `_ssl` and `_hashlib`, the modules that load OpenSSL.

   The distribution's libcrypto would read the openssl.cnf of the machine that it runs on, and load the providers and engines
   of another build that are named there. The user's own OPENSSL_CONF is obeyed. */

#include <openssl/crypto.h>
#include <stdlib.h>

__attribute__((constructor)) static void
ignore_system_configuration(void)
{
    if (secure_getenv("OPENSSL_CONF") == NULL) {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    }
}
