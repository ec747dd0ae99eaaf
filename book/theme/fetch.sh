#!/bin/sh
# Fetches the typefaces and KaTeX from npm, at the versions named here, into fonts/ and katex/ beside this script.
# Their files are committed, so that a clone builds the book without a network; run this only to change a version.
# Needs npm, tar and sed. Afterwards `git diff --stat` shows what changed, and PROVENANCE.md says what came from where.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

package() { # package NAME@VERSION: unpacks it into $scratch/unpacked
    rm -rf "$scratch/unpacked"
    mkdir "$scratch/unpacked"
    tarball=$(npm pack --silent --pack-destination "$scratch" "$1")
    tar -xzf "$scratch/$tarball" -C "$scratch/unpacked" --strip-components 1
}

package katex@0.16.4 # the version that mdbook-katex 0.10 renders with
cp "$scratch"/unpacked/dist/fonts/*.woff2 fonts/
cp "$scratch/unpacked/LICENSE" fonts/KaTeX-LICENSE.txt
# The style sheet lies beside the fonts, and woff2 is all that today's browsers ask for.
sed -E 's#url\(fonts/([^)]*\.woff2)\) format\("woff2"\)(,url\([^)]*\) format\("[a-z]*"\))*#url(\1) format("woff2")#g' \
    "$scratch/unpacked/dist/katex.min.css" >fonts/katex.css
# For the library's documentation, whose formulas are rendered in the browser.
cp "$scratch/unpacked/dist/katex.min.js" "$scratch/unpacked/dist/contrib/auto-render.min.js" katex/

package @fontsource-variable/source-serif-4@5.3.1
for subset in latin latin-ext greek; do
    cp "$scratch/unpacked/files/source-serif-4-$subset-wght-normal.woff2" fonts/
    [ $subset = greek ] || cp "$scratch/unpacked/files/source-serif-4-$subset-wght-italic.woff2" fonts/
done
cp "$scratch/unpacked/LICENSE" fonts/SourceSerif4-LICENSE.txt

package @fontsource-variable/source-sans-3@5.3.0
cp "$scratch/unpacked/files/source-sans-3-latin-wght-normal.woff2" fonts/
cp "$scratch/unpacked/LICENSE" fonts/SourceSans3-LICENSE.txt

package @fontsource-variable/source-code-pro@5.3.0
for subset in latin greek; do
    cp "$scratch/unpacked/files/source-code-pro-$subset-wght-normal.woff2" fonts/
done
cp "$scratch/unpacked/LICENSE" fonts/SourceCodePro-LICENSE.txt
