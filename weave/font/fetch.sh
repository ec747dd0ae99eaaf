#!/bin/sh
# Makes figure-sans.ttf, beside this script, from Adobe's Source Sans 3. The file is committed; run this only to change it.
# Needs npm, tar and python3 with venv.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tarball=$(npm pack --silent --pack-destination "$scratch" source-sans@3.52.0)
tar -xzf "$scratch/$tarball" -C "$scratch"
cp "$scratch/package/LICENSE.md" LICENSE.txt
python3 -m venv "$scratch/python"
"$scratch/python/bin/pip" install --quiet --disable-pip-version-check fonttools==4.60.1
# Latin, Greek, superscripts and subscripts, arrows and the signs of mathematics that the typeface has; no hints.
"$scratch/python/bin/pyftsubset" "$scratch/package/TTF/SourceSans3-Regular.ttf" --output-file="$scratch/subset.ttf" \
    --unicodes="U+20-7E,U+A0-FF,U+131,U+2C6,U+2DC,U+300-308,U+391-3A9,U+3B1-3C9,U+3D1,U+3D5,U+1D2C-1D6A,U+2010-2016,U+2018-201E,U+2020-2022,U+2026,U+2032,U+2033,U+2070-209C,U+2190-2194,U+21D2,U+2200-22FF,U+27E8-27EB" \
    --layout-features=kern,mark --no-hinting --name-IDs=0,1,2,3,4,5,6,13,14
# The licence reserves the name `Source` to the typeface as Adobe made it.
"$scratch/python/bin/python" - "$scratch/subset.ttf" figure-sans.ttf <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

font = TTFont(sys.argv[1], recalcTimestamp=False)
names = {1: "Figure Sans", 3: "Figure Sans Regular, a subset", 4: "Figure Sans", 6: "FigureSans-Regular"}
for record in font["name"].names:
    if record.nameID in names:
        record.string = names[record.nameID]
font.save(sys.argv[2])
PYTHON
