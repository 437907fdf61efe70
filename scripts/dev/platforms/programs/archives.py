"""Compresses by every method, and reads zip and tar files back."""

import bz2, gzip, io, lzma, tarfile, zipfile, zlib

data = b"the same again " * 1000
for module in (bz2, gzip, lzma, zlib):
    assert module.decompress(module.compress(data)) == data, module
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
    archive.writestr("é/a", data)
assert zipfile.ZipFile(packed).read("é/a") == data
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:xz") as archive:
    entry = tarfile.TarInfo("a")
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
packed.seek(0)
assert tarfile.open(fileobj=packed).extractfile("a").read() == data
print("ok archives.py")
