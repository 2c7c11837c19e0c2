# Shared by tools/demo and tools/test: where things are, and the build. Sourced, not run.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${WANE_BUILD:-$top/build}

say() { printf '\n== %s\n' "$*" >&2; }

build_targets=() # all

build_wane() {
  say "Building in $build"
  cmake -S "$top" -B "$build" -G Ninja "$@" &&
    ninja -C "$build" -j"$(nproc)" ${build_targets[@]+"${build_targets[@]}"}
}
