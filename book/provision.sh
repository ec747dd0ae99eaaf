#!/bin/sh
# Installs what is missing, and says what it installs: `book/provision.sh WHAT…`, from the root of the repository.
#
#   lapack    OpenBLAS and pkg-config, by the system's package manager
#   mdbook    mdBook and its KaTeX preprocessor, into target/tools
#   serve     the same mdBook with its server, which takes longer to build
#   kernel    the evcxr kernel for Jupyter, into target/tools and target/jupyter
#   python    a private Python environment with nbclient, in target/python
#   jupyter   JupyterLab, in the same environment
#   peers     the libraries that the speeds are compared with, in the same environment
#   browser   Chromium and npm, by the system's package manager; Playwright's library and axe-core, in target/browser
#   doctor    installs nothing: says what is here, what is missing, and which versions
set -eu

MDBOOK=0.5.4
MDBOOK_KATEX=0.10.0
EVCXR=0.22.0
PLAYWRIGHT=1.65.1
AXE=4.13.0
RUST=1.95

tools=$PWD/target/tools
python=$PWD/target/python
say() { printf '%s\n' "provision: $*" >&2; }
fail() {
    say "$@"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND…: runs it as root, or prints what to run where that is not possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null || { have sudo && [ -t 0 ]; }; then
        sudo "$@"
    else
        fail "this needs root and there is no sudo to ask. Please run: $*"
    fi
}

has_openblas() { have pkg-config && pkg-config --exists openblas; }

lapack() {
    has_openblas && return
    say "OpenBLAS or pkg-config is missing; installing them"
    if have apt-get; then
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libopenblas-dev pkg-config >&2
    elif have dnf; then
        as_root dnf install -y openblas-devel pkgconf-pkg-config >&2
    elif have pacman; then
        as_root pacman -S --noconfirm --needed blas-openblas pkgconf >&2
    elif have brew; then
        brew install openblas pkg-config >&2
    else
        fail "this system's package manager is unknown here. Please install OpenBLAS with its headers, and pkg-config."
    fi
    # Homebrew keeps OpenBLAS out of the default search path; the Makefile adds it.
    has_openblas || [ -d "${HOMEBREW_PREFIX:-/opt/homebrew}/opt/openblas" ] ||
        fail "OpenBLAS is installed, but pkg-config does not find it: is PKG_CONFIG_PATH set?"
}

rust() {
    have cargo || fail "Rust is missing. Please install it as https://rustup.rs describes, version $RUST or later."
    have cc || have gcc || have clang || fail "a C compiler is missing (on Debian and Ubuntu: apt install build-essential)."
}

# crate STAMP NAME VERSION FEATURES…: installs a program from crates.io into target/tools.
crate() {
    stamp=$tools/$1-$3 name=$2 version=$3
    shift 3
    [ -x "$tools/bin/$name" ] && [ -e "$stamp" ] && return
    say "installing $name $version into target/tools (once; some minutes)"
    CARGO_TARGET_DIR="$tools/build" cargo install --quiet --locked --force --root "$tools" "$name@$version" "$@" >&2
    : >"$stamp"
}

mdbook() {
    rust
    # Most of the wait is the optimiser's, and it would gain less than that on the pages.
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=1
    [ -e "$tools/mdbook-serve-$MDBOOK" ] || crate mdbook mdbook "$MDBOOK" --no-default-features --features search
    crate mdbook-katex mdbook-katex "$MDBOOK_KATEX"
    unset CARGO_PROFILE_RELEASE_OPT_LEVEL
}

serve() {
    mdbook
    crate mdbook-serve mdbook "$MDBOOK" --no-default-features --features search,serve,watch
}

kernel() {
    rust
    crate evcxr_jupyter evcxr_jupyter "$EVCXR" --no-default-features
    # The kernel writes its own description, with its version, without which it would write it again; ours then chooses BLAS's kernel.
    JUPYTER_PATH=$PWD/target/jupyter "$tools/bin/evcxr_jupyter" --install >/dev/null
    cat >"$PWD/target/jupyter/kernels/rust/kernel.json" <<JSON
{"argv": ["$PWD/book/blas.sh", "run", "$tools/bin/evcxr_jupyter", "--control_file", "{connection_file}"], "display_name": "Rust", "language": "rust", "interrupt_mode": "message"}
JSON
}

# environment REQUIREMENTS: a private Python environment with these packages.
environment() {
    have python3 || fail "python3 is missing (on Debian and Ubuntu: apt install python3 python3-venv)."
    if [ ! -x "$python/bin/python" ]; then
        say "making a private Python environment in target/python"
        python3 -m venv "$python" >&2 || fail "python3 -m venv failed (on Debian and Ubuntu: apt install python3-venv)."
    fi
    stamp=$python/$(printf '%s' "$1" | tr '/' '-')
    cmp -s "$1" "$stamp" && return
    say "installing $1 into target/python"
    "$python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1" >&2
    cp "$1" "$stamp"
}

python() { environment notebooks/requirements.txt; }
jupyter() { environment notebooks/requirements-lab.txt; }
peers() { environment benches/peers/requirements.txt; }

has_chromium() { [ -n "${CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome || have chrome; }

browser() {
    if ! has_chromium || ! have npm; then
        say "Chromium or npm is missing; installing them"
        if have apt-get; then
            as_root apt-get update -qq
            has_chromium || as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >&2
            have npm || as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq npm >&2
        elif have dnf; then
            as_root dnf install -y chromium npm >&2
        elif have pacman; then
            as_root pacman -S --noconfirm --needed chromium npm >&2
        elif have brew; then
            has_chromium || brew install --cask chromium >&2
            have npm || brew install node >&2
        fi
    fi
    has_chromium || fail "Chromium is missing. Please install it, or name it in CHROMIUM."
    have npm || fail "npm is missing. Please install Node.js with npm."
    stamp=target/browser/$PLAYWRIGHT-$AXE
    [ -e "$stamp" ] && return
    say "installing playwright-core $PLAYWRIGHT and axe-core $AXE into target/browser"
    mkdir -p target/browser
    npm install --silent --no-fund --no-audit --save-exact --prefix target/browser \
        "playwright-core@$PLAYWRIGHT" "@axe-core/playwright@$AXE" "axe-core@$AXE" >&2
    : >"$stamp"
}

# line NAME COMMAND… : one line of the doctor's report.
line() {
    name=$1
    shift
    if found=$("$@" 2>/dev/null | head -n 1) && [ -n "$found" ]; then
        printf '  %-16s %s\n' "$name" "$found"
    else
        printf '  %-16s missing\n' "$name"
    fi
}

# The kernel that OpenBLAS takes, and the better one where there is one.
blas_kernel() {
    taken=$(book/blas.sh kernel) better=$(book/blas.sh better)
    if [ -n "${OPENBLAS_CORETYPE-}" ]; then
        echo "$taken, as OPENBLAS_CORETYPE asks${better:+; this processor can do $better}"
    elif [ -n "$better" ]; then
        echo "$taken, beneath what this processor can do: make takes $better; in programs of yours set OPENBLAS_CORETYPE=$better"
    else
        echo "${taken:-unknown: ask OpenBLAS with OPENBLAS_VERBOSE=2}"
    fi
}

doctor() {
    echo "Needed to read and to test:"
    line rust rustc --version
    line "C compiler" cc --version
    line OpenBLAS pkg-config --modversion openblas
    line "its kernel" blas_kernel
    line mdbook "$tools/bin/mdbook" --version
    line mdbook-katex sh -c "cat '$tools'/.crates.toml | grep -o 'mdbook-katex [0-9.]*'"
    echo "Needed to run the notebooks:"
    line evcxr_jupyter sh -c "cat '$tools'/.crates.toml | grep -o 'evcxr_jupyter [0-9.]*'"
    line python3 python3 --version
    line nbclient "$python/bin/python" -c "import nbclient; print(nbclient.__version__)"
    line jupyterlab "$python/bin/python" -c "import jupyterlab; print(jupyterlab.__version__)"
    echo "Needed to look at the pages by program:"
    line chromium chromium --version
    line node node --version
    echo "The book wants Rust $RUST or later, mdbook $MDBOOK, mdbook-katex $MDBOOK_KATEX, evcxr_jupyter $EVCXR; make installs all but Rust."
}

for what in "$@"; do
    case $what in
    lapack | mdbook | serve | kernel | python | jupyter | peers | browser | doctor) "$what" ;;
    *) fail "what is \`$what\`? One of lapack, mdbook, serve, kernel, python, jupyter, peers, browser, doctor." ;;
    esac
done
