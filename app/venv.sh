#!/bin/sh
# Make .venv in this checkout, with Descent Lab and what it needs in it. Does nothing when that was done before.
#
#     sh app/venv.sh [EXTRAS]        EXTRAS of pyproject.toml, for example: test
#
# Works without root where Python can make virtual environments. Debian ships venv as a package of its own: with
# root (or sudo that asks nothing) it is installed; without, virtualenv or a pip outside the environment will do.
set -eu
cd "$(dirname "$0")/.."
extras=${1:-}

fail() { printf '%s\n' "$*" >&2; exit 1; }

python=
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "Descent Lab needs Python 3.11 or newer. Install it, or name one: PYTHON=/path/to/python3 $0"

wanted="$PWD [$extras] $(cksum < pyproject.toml)"
stamp=.venv/descentlab-$extras.stamp
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

pip=".venv/bin/python -m pip"
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "Making a virtual environment in .venv ..." >&2
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        if can_install; then
            echo "Installing Debian's python3-venv ..." >&2
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            { as_root apt-get update && {
                as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y "python$version-venv" ||
                as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y python3-venv
            }; } >/dev/null
            "$python" -m venv .venv
        elif "$python" -m virtualenv --version >/dev/null 2>&1; then
            "$python" -m virtualenv -q .venv
        elif "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip .venv; then
            pip="$python -m pip --python .venv/bin/python"
        else
            fail "Python cannot make virtual environments here, because Debian keeps that in a package of its own.
Ask someone with root to run: apt install python3-venv
Then run this again."
        fi
    fi
fi

echo "Installing Descent Lab into .venv (the first time takes a minute or two) ..." >&2
PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $pip install -q -e ".${extras:+[$extras]}"
printf '%s' "$wanted" > "$stamp"
