# What the scripts of ../platforms share: messages, packages of Debian, roots that claims are tried in, compilers for other
# targets, rows of the table.
# shellcheck shell=bash

scripts=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$scripts/lib/tools.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$scripts/python/lib/guards.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$scripts/python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$scripts/python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$scripts/dev/lib/job.sh"
# shellcheck source=scripts/dev/lib/debian-root.sh
. "$scripts/dev/lib/debian-root.sh"
# shellcheck source=scripts/dev/lib/cross-toolchain.sh
. "$scripts/dev/lib/cross-toolchain.sh"
# shellcheck source=scripts/dev/lib/overlay-root.sh
. "$scripts/dev/lib/overlay-root.sh"
# shellcheck source=scripts/dev/lib/rows.sh
. "$scripts/dev/lib/rows.sh"
