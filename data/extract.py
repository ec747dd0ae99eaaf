"""Makes nuclides.csv, diabetes.csv and digits.csv beside this file; README.md says what they hold.

    python -m venv ~/data && ~/data/bin/pip install -r requirements.txt && ~/data/bin/python extract.py
"""

from pathlib import Path

import periodictable
from periodictable import constants, mass
from sklearn.datasets import load_diabetes, load_digits

HERE = Path(__file__).parent

# CODATA 2022, but for the speed of light and the electron volt, which define the SI.
SPEED_OF_LIGHT = 299_792_458.0  # m/s
MEV_PER_U = constants.atomic_mass_constant * SPEED_OF_LIGHT**2 / constants.electron_volt / 1e6
KEV_PER_U = 1e3 * MEV_PER_U


def nuclides():
    """Binding energies B = Z m(1H) + N m(n) - m(Z, N), from atomic masses that were measured."""
    hydrogen = periodictable.H[1].mass
    rows = []
    for line in mass.isotope_mass.split("\n"):
        name, value, *_ = line.split(",")
        # The table marks a mass that was extrapolated from its neighbours, not measured, with '#'.
        if "#" in value:
            continue
        z, symbol, a = name.split("-")
        z, a = int(z), int(a)
        n = a - z
        isotope = periodictable.elements[z][a]
        if a == 1:  # one nucleon is not bound to anything
            continue
        energy = MEV_PER_U * (z * hydrogen + n * constants.neutron_mass - isotope.mass)
        rows.append((z, n, symbol, f"{energy:.4f}", f"{KEV_PER_U * isotope._mass_unc:.3f}"))
    rows.sort(key=lambda row: row[:2])
    return "protons,neutrons,symbol,binding_energy,mass_uncertainty", rows


def diabetes():
    data = load_diabetes(scaled=False)
    rows = [[*map(shortest, x), shortest(y)] for x, y in zip(data.data, data.target)]
    return ",".join([*data.feature_names, "progression"]), rows


def digits():
    data = load_digits()
    rows = [[label, "".join(PIXELS[int(v)] for v in image)] for image, label in zip(data.data, data.target)]
    return "label,pixels", rows


# One character a pixel, so that the file stays small: 0 to 9, then a for 10 to g for 16.
PIXELS = "0123456789abcdefg"


def shortest(value):
    return f"{value:.10g}"


for table in (nuclides, diabetes, digits):
    header, rows = table()
    text = "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
    (HERE / f"{table.__name__}.csv").write_text(text, encoding="ascii", newline="\n")
    print(f"{table.__name__}.csv: {len(rows)} rows")
