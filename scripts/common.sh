# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts: where things are, and how to say what happens.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -n "${FILIGREE_CACHE:-}" ]; then
  cache=$FILIGREE_CACHE
else
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/filigree
fi
export FILIGREE_CACHE=$cache
jobs=${FILIGREE_JOBS:-$(nproc)}
script=$(basename "$0")

say() { printf '%s: %s\n' "$script" "$*"; }
fail() {
  printf '%s: error: %s\n' "$script" "$*" >&2
  exit 1
}

# build PRESET [TARGET...]: configures when needed and builds under build/PRESET.
build() {
  local preset=$1
  shift
  if [ ! -f "$root/build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    (cd "$root" && cmake --preset "$preset" >"$cache/configure-$preset.log" 2>&1) || {
      cat "$cache/configure-$preset.log" >&2
      rm -f "$root/build/$preset/CMakeCache.txt"
      fail "configuring failed (the log is above)"
    }
  fi
  say "building build/$preset with $jobs jobs"
  cmake --build "$root/build/$preset" -j "$jobs" ${1:+--target "$@"}
}
