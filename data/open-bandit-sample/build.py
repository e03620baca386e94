"""Rebuild the seven CSV files from the wheel of the Python package `obp` 0.4.1, and print their SHA-256.

Run it from the top of the checkout; it needs Python alone. The wheel is only opened, not installed:

    python -m pip download obp==0.4.1 --no-deps --dest build/rebuild
    python data/open-bandit-sample/build.py build/rebuild/obp-0.4.1-py3-none-any.whl

The CSV inside each file is the same on every machine. The compressed bytes are the same for every Python whose
`gzip` uses the classic zlib; one built on zlib-ng packs the same CSV into other bytes (then compare the CSV's hash).
"""

import csv
import gzip
import hashlib
import io
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WHEEL_SHA256 = "87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208"
POLICIES = {"random": "random", "bts": "thompson"}  # name in the wheel, name here
CAMPAIGNS = ("all", "men", "women")
USER_FEATURES = [f"user_feature_{i}" for i in range(4)]
ITEM_FEATURES = [f"item_feature_{i}" for i in range(4)]
IMPRESSIONS = {
    "timestamp": "timestamp",
    "item_id": "item_id",
    "position": "position",
    "click": "clicked",
    "propensity_score": "propensity",
    **{name: name for name in USER_FEATURES},
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compress(content: bytes) -> bytes:
    """Gzip bytes, with neither time nor file name in the header, so that the same content gives the same file."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(content)
    return buffer.getvalue()


def microseconds(time: str) -> int:
    """Whole microseconds since 1970-01-01 00:00 UTC: exact, which seconds as a float are not."""
    return (datetime.fromisoformat(time) - EPOCH) // timedelta(microseconds=1)


def rows_of(wheel: zipfile.ZipFile, policy: str, name: str, campaign: str) -> list[dict[str, str]]:
    """One table of the wheel, its fields as the text that they are."""
    content = wheel.read(f"obp/dataset/obd/{policy}/{campaign}/{name}.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(content)))


def save(name: str, header: list[str], rows: list[list[object]]) -> None:
    """Write one CSV, packed, beside this script, and print the sums of the file and of what is inside."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    content = text.getvalue().encode("utf-8")
    packed = compress(content)
    (FOLDER / f"{name}.csv.gz").write_bytes(packed)
    print(f"{hashlib.sha256(packed).hexdigest()}  {name}.csv.gz  ({len(packed):,} bytes, {len(rows):,} rows)")
    print(f"{hashlib.sha256(content).hexdigest()}  {name}.csv  (inside)")


def main(path: str) -> None:
    """Read the wheel's tables and write the impressions of each campaign and policy, and the items."""
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(f"{path}: SHA-256 is {found}, expected {WHEEL_SHA256}. Fix: pip download obp==0.4.1 --no-deps")
    with zipfile.ZipFile(path) as wheel:
        for campaign in CAMPAIGNS:
            for policy, name in POLICIES.items():
                impressions = rows_of(wheel, policy, campaign, campaign)
                rows: list[list[object]] = [[row[column] for column in IMPRESSIONS] for row in impressions]
                for row in rows:
                    row[0] = microseconds(str(row[0]))
                save(f"{campaign}-{name}", list(IMPRESSIONS.values()), rows)
        items: list[list[object]] = [
            [campaign, row["item_id"], *(row[column] for column in ITEM_FEATURES)]
            for campaign in CAMPAIGNS
            for row in rows_of(wheel, "random", "item_context", campaign)
        ]
        save("items", ["campaign", "item_id", *ITEM_FEATURES], items)


if __name__ == "__main__":
    main(sys.argv[1])
