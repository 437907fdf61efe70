"""Signs Mach-O files by apple-codesign, and has a dist notarized: the part of sign-macos.sh that calls the library."""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

from apple_platform import certificates, errors, models, notarize, reading, signing

ENTITLEMENTS = Path(__file__).with_name("entitlements.plist")


def fail(what, why, hint=None):
    print(f"error: {what}\n  {why}" + (f"\nhint: {hint}" if hint else ""), file=sys.stderr)
    sys.exit(1)


def existing(variable):
    """The file that a variable names, or None if the variable is not set."""
    path = os.environ.get(variable)
    if path and not os.path.isfile(path):
        fail(f"`{variable}={path}` is not a file", "wanted a file that can be read", f"unset {variable}")
    return path or None


def signer():
    """The certificate and its team; neither for ad-hoc signatures."""
    certificate, password = existing("MACOS_CERTIFICATE"), existing("MACOS_CERTIFICATE_PASSWORD")
    if certificate is None:
        return None, None
    if password is None:
        fail("the certificate has no password", "wanted MACOS_CERTIFICATE_PASSWORD, which names a file with it")
    words = Path(password).read_text().rstrip("\n")
    # The library takes the team over from certificates of Apple only.
    team = certificates.parse_p12(Path(certificate).read_bytes(), words).get("team_id")
    return models.Signer(p12=models.P12Key(certificate, password=words)), team


def sign(lines):
    """Signs each file in place. A certificate's signatures get Apple's time, unless MACOS_TIMESTAMP is `none`, for tests."""
    who, team = signer()
    for line in lines:
        kind, path = line.rstrip("\n").split("\t", 1)
        try:
            signing.sign(
                path,
                signer=who,
                team_name=team,
                code_signature_flags=["runtime"],
                entitlements_xml_file=ENTITLEMENTS if kind == "program" else None,
                timestamp_url=os.environ.get("MACOS_TIMESTAMP") or None,
            )
        except errors.ApplePlatformError as error:
            fail(f"`{path}` cannot be signed", error)


def submit(dist):
    """Has Apple check a dist. Nothing is stapled: a ticket fits into an app, a disk image or a package, not into a folder, so
    Gatekeeper asks Apple when the dist is first started."""
    key = existing("MACOS_NOTARY_KEY")
    if key is None:
        fail("the dist cannot be notarized", "wanted MACOS_NOTARY_KEY, the JSON file of an App Store Connect key")
    credentials = notarize.NotaryCredentials(api_key_path=key)
    with tempfile.TemporaryDirectory() as work:
        archive = Path(work) / "dist.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
            for path in sorted(Path(dist).rglob("*")):
                if path.is_file():
                    pack.write(path, path.relative_to(dist))
        answer = notarize.submit(archive, credentials, wait_seconds=3600)
    print(f"notary: {answer['response'] or answer['submission_id']}")


def inspect(paths):
    """Prints what the tool finds. It always misses the CMS part, which no ad-hoc signature has."""
    found, ad_hoc = False, ("CMS error", "no cryptographic signature present")
    for path in paths:
        for problem in reading.verify_macho(path):
            if not problem["description"].startswith(ad_hoc):
                found = True
                print(f"{path}: {problem['description']}")
    sys.exit(1 if found else 0)


def main(arguments):
    match arguments:
        case []:
            sign(sys.stdin)
        case ["--notarize", dist]:
            submit(dist)
        case ["--inspect", *paths]:
            inspect(paths)
        case _:
            fail("unexpected arguments", "wanted none, `--notarize DIST` or `--inspect FILE…`", "scripts/dist/sign-macos.sh --help")


if __name__ == "__main__":
    main(sys.argv[1:])
