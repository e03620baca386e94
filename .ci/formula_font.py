"""Make the font of the site's formulas from STIX Two Math: a part of it, with the measures that browsers need.

    .venv/bin/python .ci/formula_font.py STIXTwoMath-Regular.ttf

needs fontTools (matplotlib brings it) and brotli. Chromium keeps space for the widest form of a radical, whichever it
draws, so all its forms become equally wide. It draws the bar of a radical, scripts of p, q, y and those of a bracket
lower or higher than TeX does, so these constants are set to what makes them stand as in TeX.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src/mlpipe/workshop/site/theme/fonts/formulas.woff2"
WIDTH = 840  # of each form of a radical, in thousandths of an em
CONSTANTS = {
    "RadicalVerticalGap": 250,
    "RadicalDisplayStyleVerticalGap": 250,
    "SubscriptBaselineDropMin": 0,
    "SuperscriptBaselineDropMax": 386,
}
CHARACTERS = (
    "20-7E A0 AC AF B0 B1 B7 D7 F7 2C6 2C7 2D8-2DC 391-3C9 3D1 3D5 3F5 2016 2026 2032-2034 2061-2063 210B-2133 "
    "2190-2199 21D0-21D5 2200-22FF 2308-230B 23DE 23DF 27E8 27E9 27F5-27FA 2A00-2A02 1D400-1D4CF 1D538-1D56B "
    "1D670-1D755 1D7CE-1D7E1 1D7F6-1D7FF"
)


def main(source: Path) -> None:
    """Write the font."""
    font = TTFont(source)
    for name, value in CONSTANTS.items():
        getattr(font["MATH"].table.MathConstants, name).Value = value
    for name in ("s1", "s2", "s3", "s4", "x", "t"):
        glyph = font["glyf"][f"uni221A.{name}"]
        glyph.coordinates.scale((WIDTH / font["hmtx"][f"uni221A.{name}"][0], 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][f"uni221A.{name}"] = (WIDTH, glyph.xMin)
    options = subset.Options(
        flavor="woff2",
        hinting=False,
        layout_features=["ssty", "dtls", "flac", "kern", "mark", "mkmk", "ccmp"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14],
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(CHARACTERS.replace(" ", ",")))
    subsetter.subset(font)
    subset.save_font(font, TARGET, options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
