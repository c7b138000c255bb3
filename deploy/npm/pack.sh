#!/bin/bash
# The browser library as an npm package: web/lib with its types, made by tsc from what the sources say.
# Usage: deploy/npm/pack.sh [FOLDER]   writes oriel-client-VERSION.tgz there (build/npm) and says its path.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
out=$(mkdir -p "${1:-$root/build/npm}" && readlink -f "${1:-$root/build/npm}")
tsc=$root/tests/integ/node_modules/.bin/tsc
version=$(sed -n 's/^project(oriel VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")

grep -q "\"version\": \"$version\"" "$here/package.json" || {
    echo "pack.sh: deploy/npm/package.json has another version than CMakeLists.txt, $version" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/lib"
cp "$root"/web/lib/*.js "$work/lib/"
cp "$here/package.json" "$here/README.md" "$root/LICENSE" "$work/"
sed 's|"declaration": true,|"declaration": true, "rootDir": "lib", "outDir": "types",|; $s|}|, "include": ["lib/*.js"] }|' \
    "$here/tsconfig.json" >"$work/tsconfig.json"
"$tsc" -p "$work"
node "$here/strip_internal.mjs" "$root/tests/integ/node_modules/typescript" "$work"/types/*.d.ts
rm "$work/tsconfig.json"
cd "$work"
npm pack --silent --offline --pack-destination "$out" >/dev/null
echo "$out/oriel-client-$version.tgz"
