"""Takes digests by every algorithm that is always there, and derives a key."""

import hashlib, hmac, secrets

for name in sorted(hashlib.algorithms_guaranteed):
    digest = hashlib.new(name, b"abc", usedforsecurity=False)
    assert len(digest.digest(8) if name.startswith("shake") else digest.digest()) >= 8
assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf8f01cfea414140de5dae2223")
assert hmac.digest(b"key", b"text", "sha512") != hmac.digest(b"yek", b"text", "sha512")
assert len(hashlib.scrypt(b"password", salt=secrets.token_bytes(16), n=1024, r=8, p=1)) == 64
print("ok digests.py")
