"""Load and check the course's data, and turn a table of interactions into a users x items matrix."""

import gzip
import hashlib
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

from mlpipe import arguments, paths

MOVIELENS_SHA256 = {
    "ratings.csv.gz": "5cb3549cfca47f1db5f3b0b71d625ee886d02d00530da38778838647e38f3d96",
    "movies.csv.gz": "6e54c9215b434c9ebebcef73fa67ed009095afec288fca1c0859ebeab21fcf85",
}
MOVIELENS_FIX = paths.restore("data/movielens-small")
# The first rating and the day after the last one of the edition of October 2016.
MOVIELENS_PERIOD = (pd.Timestamp("1995-01-09"), pd.Timestamp("2016-10-17"))
# The oldest film that survives is of 1888; no film is newer than the edition.
MOVIELENS_YEARS = (1888, 2016)
RATING_TYPES = {"user_id": "int64", "item_id": "int64", "rating": "float64", "timestamp": "datetime64[s]"}
ITEM_TYPES = {"item_id": "int64", "title": "str", "year": "Int64", "genres": "str"}

OPEN_BANDIT_SHA256 = {
    "all-random.csv.gz": "9fe6dc55e9bc5a64be7d818cbbe36b2847665eb29b6ea827b5e0ec03740fd457",
    "all-thompson.csv.gz": "9105933cfc3c4ef98f881b57b03f88a487795b8c4d117b7b48c7f0119489e324",
    "men-random.csv.gz": "a54af76e044693223b651e7cdbf2ce7c7e8309d88df94c547ea3456ec8a96d29",
    "men-thompson.csv.gz": "6f5f2e8dcc904dd49e0fe9f05bb402f6c4251d3013aee0e7410b93faa7dc86b6",
    "women-random.csv.gz": "aaad2f671f5ccb97e8ff86d135c983578a279c2638ace4da7f85ebaebd949d5e",
    "women-thompson.csv.gz": "7b0b4e51026ca664966230f69f64056e263850d3ad91aeaf7da2c704cca7f6fc",
    "items.csv.gz": "d37d99737839a5a37ca980e2ffbe36f1d917ebbb0f47e7bc7d952384453b82c0",
}
OPEN_BANDIT_FIX = paths.restore("data/open-bandit-sample")
OPEN_BANDIT_CAMPAIGNS = ("all", "men", "women")
OPEN_BANDIT_POLICIES = ("random", "thompson")
# The week of the experiment, from its first day to the day after its last one.
OPEN_BANDIT_PERIOD = (pd.Timestamp("2019-11-24"), pd.Timestamp("2019-12-01"))
# Of each data set in `data`: the SHA-256 of its files, and what brings them back.
STORED = {
    "movielens-small": (MOVIELENS_SHA256, MOVIELENS_FIX),
    "open-bandit-sample": (OPEN_BANDIT_SHA256, OPEN_BANDIT_FIX),
}
IMPRESSION_TYPES = {
    "campaign": "str",
    "policy": "str",
    "timestamp": "datetime64[us]",
    "item_id": "int64",
    "position": "int64",
    "clicked": "int64",
    "propensity": "float64",
    **{f"user_feature_{i}": "str" for i in range(4)},
}
CAMPAIGN_ITEM_TYPES = {
    "campaign": "str",
    "item_id": "int64",
    "item_feature_0": "float64",
    **{f"item_feature_{i}": "str" for i in range(1, 4)},
}


@dataclass(frozen=True, eq=False)
class MovieLens:
    """What `movielens()` returns.

    Attributes
    ----------
    ratings : one row a rating, by user, then item
        `user_id`, `item_id` (int64), `rating` (0.5 to 5 stars in half stars, float64), `timestamp` (datetime64[s], UTC
        without a time zone).
    items : one row a film, by item
        `item_id` (int64), `title` (str), `year` (Int64), `genres` (str, the field's usual form "Action|Comedy";
        `.str.get_dummies("|")` gives one column a genre; "(no genres listed)" where there are none). Five films, with
        seven ratings, have neither title nor year (NaN, NA). Titles repeat: show title and year, and join by `item_id`.
    """

    ratings: pd.DataFrame
    items: pd.DataFrame


@dataclass(frozen=True, eq=False)
class OpenBandit:
    """What `open_bandit()` returns.

    Attributes
    ----------
    impressions : one row an impression, by campaign, policy, time
        `campaign`, `policy` (str); `timestamp` (datetime64[us], UTC without a time zone); `item_id`, from 0 within the
        campaign; `position`, 1 to 3 from left to right; `clicked`, 0 or 1 (all int64); `propensity` (float64), the
        probability with which the policy chose this item for this position; `user_feature_0` to `user_feature_3` (str,
        hashed by the publisher). There is no user id.
    items : one row an item, by campaign, item
        `campaign` (str), `item_id` (int64), `item_feature_0` (float64), `item_feature_1` to `item_feature_3` (str,
        hashed).
    """

    impressions: pd.DataFrame
    items: pd.DataFrame


@dataclass(frozen=True, eq=False)
class InteractionMatrix:
    """A users x items matrix that knows its users and items.

    Attributes
    ----------
    matrix : CSR float32 (n_users, n_items)
    user_ids, item_ids : the id of each row and of each column, sorted
    """

    matrix: sparse.csr_matrix
    user_ids: np.ndarray
    item_ids: np.ndarray


def movielens(folder: str | os.PathLike[str] | None = None) -> MovieLens:
    """MovieLens latest-small, edition of October 2016: 100,004 ratings of 9,066 films by 671 users, verified.

    Parameters
    ----------
    folder : of the two files
        By default `movielens-small` in the folder that the environment variable `MLPIPE_DATA` names, else in the `data`
        folder of the checkout that this package is installed from.

    Returns
    -------
    MovieLens

    Raises
    ------
    FileNotFoundError
        For a file that is not there.
    ValueError
        For one that is damaged or altered.

    References
    ----------
    Harper and Konstan 2015, doi:10.1145/2827872; terms of use in data/movielens-small/README.md.

    Examples
    --------
    >>> movielens().ratings.shape
    (100004, 4)
    """
    where = _folder(folder, "movielens-small")
    stored_types = RATING_TYPES | {"timestamp": "int64"}
    ratings = _read_csv(where / "ratings.csv.gz", stored_types, "movielens-small")
    ratings["timestamp"] = ratings["timestamp"].astype("datetime64[s]")
    items = _read_csv(where / "movies.csv.gz", ITEM_TYPES, "movielens-small")
    check_movielens(ratings, items)
    return MovieLens(ratings, items)


def check_movielens(ratings: pd.DataFrame, items: pd.DataFrame) -> None:
    """Check the schema of the tables of `movielens()`: columns, types, ranges, unique keys, nothing missing.

    Parameters
    ----------
    ratings, items : as in `MovieLens`

    Raises
    ------
    ValueError
        That names the file, what was found, what was expected, and the fix.

    Examples
    --------
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


def open_bandit(
    campaign: str | None = None, policy: str | None = None, *, folder: str | os.PathLike[str] | None = None
) -> OpenBandit:
    """Open Bandit Dataset, small size version: 60,000 impressions of a fashion shop, 287 of them clicked; verified.

    Real impressions of one week of November 2019, 10,000 of each campaign and policy.

    Parameters
    ----------
    campaign : "all" (items of all kinds), "men" or "women"; None takes all of them
    policy : "random" (uniform) or "thompson" (Bernoulli Thompson sampling); None takes both
    folder : of the seven files
        By default `open-bandit-sample`, found as that of `movielens`.

    Returns
    -------
    OpenBandit

    Raises
    ------
    FileNotFoundError
        For a file that is not there.
    ValueError
        For a campaign or policy that does not exist and for a file that is damaged or altered.

    References
    ----------
    Saito, Aihara, Matsutani and Narita 2020, arXiv:2008.07146; licence (Apache 2.0) in data/open-bandit-sample.

    Examples
    --------
    >>> open_bandit("men", "thompson").impressions["clicked"].agg(["size", "sum"]).tolist()
    [10000, 69]
    """
    campaigns = _chosen("campaign", campaign, OPEN_BANDIT_CAMPAIGNS)
    policies = _chosen("policy", policy, OPEN_BANDIT_POLICIES)
    where = _folder(folder, "open-bandit-sample")
    stored_types = {name: kind for name, kind in IMPRESSION_TYPES.items() if name not in ("campaign", "policy")}
    stored_types |= {"timestamp": "int64"}
    parts = []
    for shown_in in campaigns:
        for chosen_by in policies:
            part = _read_csv(where / f"{shown_in}-{chosen_by}.csv.gz", stored_types, "open-bandit-sample")
            parts.append(part.assign(campaign=shown_in, policy=chosen_by))
    impressions = pd.concat(parts, ignore_index=True)[list(IMPRESSION_TYPES)].astype(IMPRESSION_TYPES)
    items = _read_csv(where / "items.csv.gz", CAMPAIGN_ITEM_TYPES, "open-bandit-sample")
    items = items[items["campaign"].isin(campaigns)].reset_index(drop=True)
    check_open_bandit(impressions, items)
    return OpenBandit(impressions, items)


def check_open_bandit(impressions: pd.DataFrame, items: pd.DataFrame) -> None:
    """Check the schema of the tables of `open_bandit()`: columns, types, ranges, unique keys, nothing missing.

    Parameters
    ----------
    impressions, items : as in `OpenBandit`

    Raises
    ------
    ValueError
        That names the table, what was found, what was expected, and the fix.

    Examples
    --------
    >>> data = open_bandit()
    >>> check_open_bandit(data.impressions, data.items)
    """

    def refuse(bad: Any, expected: str, name: str = "impressions", frame: pd.DataFrame = impressions) -> None:
        _refuse_rows(name, frame, bad, expected, OPEN_BANDIT_FIX)

    item, shown = ["campaign", "item_id"], ["campaign", "policy", "timestamp", "position"]
    for name, frame, types, key in (
        ("items", items, CAMPAIGN_ITEM_TYPES, item),
        ("impressions", impressions, IMPRESSION_TYPES, shown),
    ):
        _check_columns(name, frame, types, OPEN_BANDIT_FIX)
        refuse((frame.isna() | (frame == "")).any(axis=1), "no missing value", name, frame)
        campaigns = frame["campaign"].isin(OPEN_BANDIT_CAMPAIGNS)
        refuse(~campaigns, f"a campaign of {', '.join(OPEN_BANDIT_CAMPAIGNS)}", name, frame)
        refuse(frame["item_id"] < 0, "an item_id of 0 or more", name, frame)
        refuse(frame.duplicated(key), f"one row for each {', '.join(key)}", name, frame)

    refuse(~impressions["policy"].isin(OPEN_BANDIT_POLICIES), f"a policy of {', '.join(OPEN_BANDIT_POLICIES)}")
    first, end = OPEN_BANDIT_PERIOD
    in_period = impressions["timestamp"].between(first, end, inclusive="left")
    refuse(~in_period, f"a timestamp (UTC) from {first:%Y-%m-%d} to before {end:%Y-%m-%d}")
    refuse(~impressions["position"].between(1, 3), "a position of 1 to 3")
    refuse(~impressions["clicked"].isin([0, 1]), "clicked of 0 or 1")
    refuse(~impressions["propensity"].between(0, 1, inclusive="right"), "a propensity above 0, at most 1")
    known = pd.MultiIndex.from_frame(impressions[item]).isin(pd.MultiIndex.from_frame(items[item]))
    refuse(~known, "a campaign and item_id that the items have too")


def to_matrix(
    frame: pd.DataFrame,
    *,
    value: str | None = None,
    user: str = "user_id",
    item: str = "item_id",
    user_ids: Any = None,
    item_ids: Any = None,
) -> InteractionMatrix:
    """Users x items matrix of a table with one row for each pair of user and item.

    Parameters
    ----------
    frame : one row a pair
    value : column of the entries; None gives ones, for implicit feedback
        A value of zero is stored as an entry.
    user, item : columns of ids
    user_ids, item_ids : sorted and unique, they fix the rows and columns; None takes those of `frame`
        So two tables, such as train and test, get aligned matrices.

    Returns
    -------
    InteractionMatrix
        Its CSR matrix has sorted indices.

    Raises
    ------
    ValueError
        For a missing column, a missing id or value, a pair that occurs twice, an id that is not among the given ones,
        given ids that are not sorted and unique, and an empty table without given ids.

    Examples
    --------
    >>> likes = pd.DataFrame({"user_id": [7, 7, 9], "item_id": [20, 30, 20]})
    >>> to_matrix(likes).matrix.toarray().tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    rows, known_users = _codes(arguments.column(frame, user), user, user_ids, "user_ids")
    columns, known_items = _codes(arguments.column(frame, item), item, item_ids, "item_ids")
    values = np.ones(len(frame), np.float32) if value is None else _finite_values(arguments.column(frame, value), value)
    shape = (len(known_users), len(known_items))
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    if matrix.nnz < len(frame):
        # SciPy adds up the values of a pair that occurs twice, which would turn two ratings of 4 into one of 8.
        twice = frame.duplicated([user, item])
        pair = frame.loc[twice, [user, item]].iloc[0].to_dict()
        raise ValueError(
            f"frame repeats a pair of user and item in {twice.sum():,} rows (first: {pair}); expected one row a pair: "
            f"frame.drop_duplicates([{user!r}, {item!r}]), or sum with frame.groupby([{user!r}, {item!r}])"
        )
    matrix.sort_indices()
    return InteractionMatrix(matrix, known_users, known_items)


def _codes(column: pd.Series, name: str, known: Any, argument: str) -> tuple[np.ndarray, np.ndarray]:
    """Position of each id of `column` among the sorted ids `known` (None: those of the column), and these ids."""
    fix = f"decide what these rows mean; frame.dropna(subset=[{name!r}]) leaves them out"
    arguments.none_missing(f"column {name!r}", column.isna(), f"an id in each row: {fix}")
    column = arguments.id_column(f"column {name!r}", column)
    if known is None:
        if column.empty:
            raise ValueError(f"frame has no rows; expected at least one: check the filter, or give {argument}=")
        known_ids, codes = np.unique(column.to_numpy(), return_inverse=True)
        return codes, known_ids
    known_column, known_ids = arguments.id_column(argument, known), np.asarray(known)
    if not np.array_equal(known_ids, np.unique(known_ids)):
        raise ValueError(f"{argument} has unsorted or repeated ids; expected sorted and unique: np.unique({argument})")
    codes = pd.Index(known_column).get_indexer(pd.Index(column))
    if (codes < 0).any():
        raise ValueError(
            f"column {name!r} holds {column[codes < 0].iloc[0]!r} (first of {(codes < 0).sum():,} such rows); expected "
            f"ids of {argument}: frame[frame[{name!r}].isin({argument})] keeps the rows that can be placed"
        )
    return codes, known_ids


def _finite_values(column: pd.Series, name: str) -> np.ndarray:
    """The column as float32, refused where a value is missing, infinite or no number."""
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(f"column {name!r} holds {column.dtype}; expected numbers: convert it with pd.to_numeric")
    values = column.to_numpy(dtype=np.float32, na_value=np.nan)
    fix = "decide what these rows mean, then drop or fill them"
    arguments.inside(f"column {name!r}", values, np.isfinite(values), "finite numbers", fix)
    return values


def _chosen(argument: str, value: str | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """The one of `names` that was asked for, or all of them."""
    if value is None:
        return names
    arguments.one_of(argument, value, names, ", or None for all")
    return (value,)


def _folder(given: str | os.PathLike[str] | None, name: str) -> Path:
    """Folder of a data set: the given one, else `name` in that of `MLPIPE_DATA`, else in the checkout's `data`."""
    if given is not None:
        return Path(given)
    named = os.environ.get("MLPIPE_DATA")
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(
                f"MLPIPE_DATA: {named} is not a folder. Fix: name the checkout's `data` folder, or unset"
            )
        return Path(named) / name
    if not (paths.FILES / "data" / name).is_dir():
        raise FileNotFoundError(
            f"data/{name}: not found in {paths.FILES}. Fix: install the checkout itself (pip install --no-deps -e .), "
            "or set MLPIPE_DATA to the checkout's `data` folder"
        )
    return paths.FILES / "data" / name


def _read_csv(path: Path, types: Mapping[str, str], name: str) -> pd.DataFrame:
    """Read one gzip-compressed CSV of the data set `name`, bytes and header verified, each column as the type given."""
    sha256, fix = STORED[name]
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected {path.name} of {name}. Fix: {fix}")
    packed = path.read_bytes()
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        _refuse(str(path), f"a truncated or damaged gzip file ({error})", f"{path.name} as committed", fix)
    found = hashlib.sha256(packed).hexdigest()
    if found != sha256[path.name]:
        _refuse(str(path), f"an altered file, SHA-256 {found}", f"SHA-256 {sha256[path.name]}", fix)
    header = content.partition(b"\n")[0].decode("utf-8").split(",")
    if header != list(types):
        _refuse(str(path), f"columns {header}", f"columns {list(types)}", fix)
    try:
        # pandas would read a film called "NA" or "None" as missing: only an empty field is.
        empty = {"title": [""], "year": [""]}
        return pd.read_csv(io.BytesIO(content), dtype=dict(types), keep_default_na=False, na_values=empty)
    except ValueError as error:
        _refuse(str(path), f"a field that does not convert ({error})", f"columns of the types {dict(types)}", fix)


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
