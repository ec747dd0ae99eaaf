#!/bin/sh
# OpenBLAS holds a kernel for each family of processors and picks one at start. An old OpenBLAS does not know a new processor
# and picks one far beneath it: products then take several times as long. From the root of the repository:
#
#   book/blas.sh kernel         the kernel that OpenBLAS takes as things stand
#   book/blas.sh better         a faster kernel that this processor can run, where there is one; else nothing
#   book/blas.sh run COMMAND…   runs a command with the better kernel, unless OPENBLAS_CORETYPE is set
#   book/blas.sh kernels        every kernel that this processor can run; on standard error, why not the others
#
# Where the system keeps the answer to itself (no Linux, no OpenBLAS yet), the first two print nothing.
set -eu

# The kernels of OpenBLAS, from the oldest, with what each asks of a processor in the words of /proc/cpuinfo.
KERNELS='Opteron 3dnowext
Opteron_SSE3 3dnowext pni
Prescott pni
Core2 ssse3
Atom ssse3
Nano ssse3
Penryn sse4_1
Dunnington sse4_1
Nehalem sse4_2
Barcelona sse4a
Bobcat sse4a ssse3
Sandybridge avx
Bulldozer avx fma4 xop
Piledriver avx fma4 xop fma
Steamroller avx fma4 xop fma
Excavator avx2 fma4 xop fma
Haswell avx2 fma
Zen avx2 fma
SkylakeX avx512f avx512bw avx512dq avx512vl
Cooperlake avx512f avx512bw avx512dq avx512vl avx512_bf16
SapphireRapids avx512f avx512bw avx512dq avx512vl avx512_bf16 amx_tile
ARMV8 asimd
CORTEXA57 asimd
NEOVERSEN1 asimd asimddp
NEOVERSEV1 asimd sve'

flags=$(sed -n 's/^\(flags\|Features\)[^:]*://p; T; q' /proc/cpuinfo 2>/dev/null || true)

# can FLAG…: whether the processor has all of them.
can() {
    for flag in "$@"; do
        case " $flags " in *" $flag "*) ;; *) return 1 ;; esac
    done
}

# kernel [NAME]: the kernel that OpenBLAS takes, when asked for NAME. A library says it as it is loaded.
kernel() {
    [ -n "$flags" ] || return 0
    OPENBLAS_VERBOSE=2 LD_PRELOAD=libopenblas.so.0 env ${1:+"OPENBLAS_CORETYPE=$1"} /bin/true 2>&1 |
        sed -n 's/^Core: //p' | tail -n 1
}

# rank KERNEL: how wide it computes.
rank() {
    case $1 in
    SkylakeX | Cooperlake | SapphireRapids) echo 2 ;;
    Haswell | Zen | Excavator) echo 1 ;;
    *) echo 0 ;;
    esac
}

better() {
    taken=$(kernel)
    [ -n "$taken" ] || return 0
    for name in SkylakeX Haswell; do
        # Unquoted, so that each word is a flag.
        # shellcheck disable=SC2046
        if can $(needs "$name") && [ "$(rank $name)" -gt "$(rank "$taken")" ] && [ "$(kernel $name)" = $name ]; then
            echo $name
            return
        fi
    done
}

# needs KERNEL: the flags it needs.
needs() { printf '%s\n' "$KERNELS" | sed -n "s/^$1 //p"; }

kernels() {
    for name in $(printf '%s\n' "$KERNELS" | cut -d ' ' -f 1); do
        # shellcheck disable=SC2046
        if ! can $(needs "$name"); then
            echo "$name: this processor cannot run it" >&2
        elif [ "$(kernel "$name")" != "$name" ]; then
            echo "$name: this OpenBLAS has no such kernel" >&2
        else
            echo "$name"
        fi
    done
}

case ${1-} in
kernel | better | kernels) "$1" ;;
run)
    shift
    if [ -z "${OPENBLAS_CORETYPE-}" ]; then
        name=$(better)
        [ -z "$name" ] || export OPENBLAS_CORETYPE="$name"
    fi
    exec "$@"
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
