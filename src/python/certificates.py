"""Finds the system's certificates where the bundled OpenSSL's default place has none; run when `ssl` is first imported.

OpenSSL's default place is the build distribution's; Fedora, SUSE and Alpine keep theirs elsewhere. OpenSSL's own variable
carries the answer.
"""

# The bundles of the distributions, in the order of https://go.dev/src/crypto/x509/root_linux.go
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/pki/tls/cacert.pem",  # OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # CentOS, RHEL 7 and later
    "/etc/ssl/cert.pem",  # Alpine
)


def use_system_store():
    import os

    try:
        import _ssl
    except ImportError:
        return  # `import ssl` says it better
    file_variable, file, directory_variable, directory = _ssl.get_default_verify_paths()
    if file_variable in os.environ or directory_variable in os.environ:
        return
    if has_bundle(file) or has_hashed_names(directory):
        return
    bundle = next(filter(has_bundle, BUNDLES), None)
    if bundle is not None:
        os.environ[file_variable] = bundle


def has_bundle(file):
    import os

    return os.path.isfile(file) and os.path.getsize(file) > 0


def has_hashed_names(directory):
    """OpenSSL looks a certificate up as `<8 hex digits>.<number>`; any other name is invisible to it."""
    import os

    def is_hashed(name):
        stem, dot, number = name.partition(".")
        return len(stem) == 8 and number.isdigit() and all(digit in "0123456789abcdef" for digit in stem)

    try:
        return any(map(is_hashed, os.listdir(directory)))
    except OSError:
        return False
