# Sourced by run.sh: `find_toolchain FOLDER` puts a Rust for the targets into the environment, or sets $missing to the
# reason why there is none.
#
# With rustup, that is what `rustup target add` has installed. Where only Debian's packages can be reached, it is
# Debian 13's compiler (`rustc-web`) with the sources of the same version (`rust-web-src`), from which cargo builds `core`
# for each target, and the linker of the toolchain that is there. These packages are unpacked into FOLDER with the
# libraries that they need, and run there on any Linux of the same processor: nothing is installed.

targets=(thumbv7em-none-eabihf riscv32imac-unknown-none-elf wasm32-unknown-unknown)

find_toolchain() {
  missing=
  if targets_installed; then
    return
  elif ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null || [ "$(uname -m)" != x86_64 ]; then
    missing="no \`core\` for ${targets[*]}: rustup target add ${targets[*]}"
  elif [ ! -x "$1/rustc" ] && ! unpack_debian "$1"; then
    missing="no \`core\` for ${targets[*]}, neither from rustup (rustup target add ..) nor from Debian's packages"
  else
    use_debian "$1"
  fi
}

targets_installed() {
  local target libraries
  for target in "${targets[@]}"; do
    libraries=$(rustc --print target-libdir --target "$target") || return 1
    [ -d "$libraries" ] || return 1
  done
}

# By apt with a configuration of its own, which leaves the machine's alone.
unpack_debian() {
  local apt=$1/apt root=$1/root package
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$root"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >"$apt/sources.list"
  cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Acquire::Languages "none";
APT::Sandbox::User "root";
END
  (
    export APT_CONFIG=$apt/apt.conf
    apt-get update -qq &&
      # The libraries of the compiler, with all that they depend on; of the compiler itself, which asks for gcc, no more.
      apt-get install -qq -y --no-install-recommends --download-only libstd-rust-web-dev rust-web-src >/dev/null &&
      cd "$apt/archives" && apt-get download -qq rustc-web
  ) || return 1
  for package in "$apt"/archives/*.deb; do
    case $package in
      # Of the sources, the standard library's.
      */rust-web-src_*) dpkg --fsys-tarfile "$package" | tar x -C "$root" --wildcards './usr/src/rustc-*/library' './usr/lib' ;;
      *) dpkg -x "$package" "$root" ;;
    esac || return 1
  done
  rm -r "$apt"
  cat >"$1/rustc" <<END
#!/bin/sh
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/rustc" "\$@"
END
  chmod +x "$1/rustc"
}

use_debian() {
  local linker target name
  linker=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld
  for target in "${targets[@]}"; do
    name=${target^^}
    export "CARGO_TARGET_${name//-/_}_LINKER=$linker"
  done
  export RUSTC=$1/rustc RUSTC_BOOTSTRAP=1
  export CARGO_UNSTABLE_BUILD_STD=core,compiler_builtins CARGO_UNSTABLE_BUILD_STD_FEATURES=compiler-builtins-mem
  # These would choose another compiler's flags.
  unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
}
