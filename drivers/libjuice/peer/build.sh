# libjuice comes inside a crate of libdatachannel's: the registry of crates is a source that every machine with Rust has.
set -eu
(cd sources && cargo fetch -q --locked)
juice=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/datachannel-sys-0.23.0*/libdatachannel/deps/libjuice)
found=$(sed -n 's/^[[:space:]]*VERSION \([0-9.]*\).*/\1/p' "$juice/CMakeLists.txt" | head -n 1)
test "$found" = "$VERSION" || { echo "the crate carries libjuice $found, not $VERSION" >&2; exit 1; }
echo "libjuice $found" >/out/package
# As its own CMakeLists.txt has it, without a cryptographic library; its own code is none of our warnings' business.
gcc -std=c11 -D_GNU_SOURCE -O2 -DNDEBUG -DJUICE_STATIC -DUSE_NETTLE=0 -I"$juice/include" -I"$juice/include/juice" -c "$juice"/src/*.c
gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Wno-unused-parameter -DJUICE_STATIC -I"$juice/include" -o /out/driver \
  driver.c rpc.c ./*.o -ljansson -lpthread
