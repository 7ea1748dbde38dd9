#!/usr/bin/env bash
# Installs the programs that Tailor calls and pip can't bring, where that is allowed; else says what to install.
# Never fails: everything but Tesseract and the poppler renderer works without them.
#   scripts/system-packages.sh [--develop] [EXTRA_PACKAGE…]
# --develop: also the fonts that draw synthetic receipts in every script (about 100 MB), and what the tests of the page
# and of shared queues run against: Chromium, PostgreSQL and Redis (about 200 MB). Tests skip what isn't there.
set -uo pipefail

develop=no
if [ "${1-}" = --develop ]; then develop=yes; shift; fi
missing=("$@")
has_font() { find /usr/share/fonts /usr/local/share/fonts -name "$1" 2>/dev/null | grep -q .; }
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
if [ "$(uname)" = Linux ] && ! has_font DejaVuSansMono.ttf; then
    missing+=(fonts-dejavu-core)
fi
if [ $develop = yes ] && [ "$(uname)" = Linux ]; then
    has_font NotoSansDevanagari-Regular.ttf || missing+=(fonts-noto-core)
    has_font NotoSansCJK-Regular.ttc || missing+=(fonts-noto-cjk)
    has_font "Garuda.*" || missing+=(fonts-thai-tlwg)
    has_font NimbusSans-Regular.otf || missing+=(fonts-urw-base35)
    if ! command -v chromedriver >/dev/null; then missing+=(chromium chromium-driver); fi
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing+=(postgresql)
    command -v redis-server >/dev/null || missing+=(redis-server)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
may=yes
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else may=no; fi
fi
if [ $may = yes ] && command -v apt-get >/dev/null; then
    echo "Installing system packages: ${missing[*]}"
    log=$(mktemp)
    if ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get -qq update; apt-get -qq install -y --no-install-recommends "$@"' apt "${missing[@]}" \
        </dev/null >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    echo "apt-get could not install them:" >&2
    grep -E '^E:' "$log" >&2 || tail -n 3 "$log" >&2
    rm -f "$log"
fi

cat >&2 <<HINT
Please install these system packages yourself: ${missing[*]}
  Debian, Ubuntu:  sudo apt-get install ${missing[*]}
  Fedora:          sudo dnf install poppler-utils tesseract dejavu-sans-mono-fonts
  macOS:           brew install poppler tesseract
Going on without them: '--ocr tesseract' and the poppler renderer will not be there; everything else works.
HINT
exit 0
