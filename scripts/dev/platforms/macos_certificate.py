"""Makes a self-signed certificate for macos.sh, and looks who has signed a file by it."""

import sys
from pathlib import Path

from apple_platform import certificates, reading

TEAM, PASSWORD = "TEAM123456", "for tests"


def make(stem):
    certificate = certificates.generate_self_signed("A Test", team_id=TEAM, profile="developer-id-application")
    Path(stem + ".p12").write_bytes(certificate.to_p12(PASSWORD))
    Path(stem + ".password").write_text(PASSWORD)


def check(paths):
    for path in paths:
        entities = reading.read_signature(path)
        teams = reading.find_values(entities, "team_name")
        if not reading.has_cms_signature(entities) or TEAM not in teams:
            sys.exit(f"{path}: wanted a signature of the team {TEAM}, found {teams}")


def main(arguments):
    match arguments:
        case ["make", stem]:
            make(stem)
        case ["check", *paths]:
            check(paths)
        case _:
            sys.exit("usage: macos_certificate.py make STEM | check FILE…")


if __name__ == "__main__":
    main(sys.argv[1:])
