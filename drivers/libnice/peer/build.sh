set -eu
package=$(dpkg-query -W -f '${Version}' libnice-dev)
case "$package" in
"$VERSION"-*) ;;
*) echo "Debian carries libnice $package, not $VERSION: give the variant its new version." >&2; exit 1 ;;
esac
echo "libnice $package" >/out/package
# shellcheck disable=SC2046 # words
gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Wno-unused-parameter -o /out/driver *.c $(pkg-config --cflags --libs nice) -ljansson
