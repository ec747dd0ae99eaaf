#!/bin/sh
# Runs what the book promises as other processors would, and prints a line for each: `tests/portable.sh [chapters]`, from the root.
#
# OpenBLAS sums in another order for each family of processors, so each of its kernels that this processor can run stands for
# one of them. A processor that would get a kernel without AVX2 also gets the C library's functions without it. At the
# end each chapter runs with every result of BLAS and LAPACK changed by up to one part in 10^15.
#
#   chapters   only the chapters' programs; without it, the library's tests and examples too
#   KERNELS    these kernels (as OPENBLAS_CORETYPE names them); without it, all. What cannot run here is skipped, and said.
#   THREADS    numbers of BLAS threads: "1 2" without it
#   SEEDS      ways to change the results: "1 2 3" without it
set -u

if [ "${1-}" = chapters ]; then packages="-p chapters"; else packages="-p downhill -p chapters"; fi
logs=${CARGO_TARGET_DIR:-target}/portable
mkdir -p "$logs"
# shellcheck disable=SC2086
cargo test --quiet --locked --no-run $packages || exit 1

passed=0 failed=0
# try NAME WHAT VARIABLE=VALUE…: the tests in this environment.
try() {
    name=$1 tested=$2
    shift 2
    log=$logs/$(printf '%s' "$name" | tr ' ' '-').log
    started=$(date +%s)
    # shellcheck disable=SC2086
    if env "$@" cargo test --quiet --locked --no-fail-fast $tested >"$log" 2>&1; then
        passed=$((passed + 1)) verdict=ok
    else
        failed=$((failed + 1)) verdict="FAILED, see $log"
    fi
    printf '%-28s %4d s  %s\n' "$name" $(($(date +%s) - started)) "$verdict"
}

runnable=$(book/blas.sh kernels 2>"$logs/skipped")
[ -n "${KERNELS-}" ] || sed 's/^/skipped: /' "$logs/skipped"
if [ -z "$runnable" ]; then
    echo "OpenBLAS does not say which kernels it has: only its own choice is run"
    for threads in ${THREADS-1 2}; do
        try "its own choice, $threads thread(s)" "$packages" OPENBLAS_NUM_THREADS="$threads"
    done
    KERNELS=
fi
for kernel in ${KERNELS-$runnable}; do
    case " $(echo $runnable) " in
    *" $kernel "*) ;;
    *)
        echo "skipped: $kernel cannot run here"
        continue
        ;;
    esac
    case $kernel in
    Haswell | Zen | SkylakeX | Cooperlake | SapphireRapids) hidden= ;;
    *) hidden=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4 ;;
    esac
    for threads in ${THREADS-1 2}; do
        try "$kernel, $threads thread(s)" "$packages" \
            OPENBLAS_CORETYPE="$kernel" OPENBLAS_NUM_THREADS="$threads" GLIBC_TUNABLES="$hidden"
    done
done

if [ -n "${SEEDS=1 2 3}" ] && [ "$(uname)" = Linux ]; then
    library=$logs/perturb.so program=${CARGO_TARGET_DIR:-target}/debug/chapters
    cc -O2 -shared -fPIC -o "$library" tests/chapters/perturb.c -ldl || exit 1
    cargo build --quiet --locked -p chapters || exit 1
    # A routine that the library calls and the hook does not know would make the next runs prove less.
    for routine in $(nm -D "$program" | sed -nE 's/^ *U (cblas_[a-z]+|[sd][a-z]{3,}_)$/\1/p'); do
        nm -D "$library" | grep -q " T $routine\$" || {
            echo "tests/chapters/perturb.c does not know $routine" >&2
            failed=$((failed + 1))
        }
    done
    for seed in $SEEDS; do
        try "perturbed, seed $seed" "-p chapters" PERTURB="$seed" LD_PRELOAD="$(cd "$logs" && pwd)/perturb.so"
    done
fi

echo "portable: $passed passed, $failed failed"
[ "$failed" = 0 ]
