import gzip
import hashlib
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe import datasets, paths
from mlpipe.datasets import check_movielens, check_open_bandit, movielens, open_bandit, to_matrix

DATA = Path(__file__).resolve().parents[1] / "data"
SHIPPED = DATA / "movielens-small"
RATINGS, MOVIES = "ratings.csv.gz", "movies.csv.gz"
CAMPAIGN, ITEMS = "men-thompson.csv.gz", "items.csv.gz"
LOADERS = {"movielens-small": movielens, "open-bandit-sample": open_bandit}
every_file = pytest.mark.parametrize(
    ("data_set", "name"), [(data_set, name) for data_set in LOADERS for name in datasets.STORED[data_set][0]]
)


@pytest.fixture(scope="module")
def data():
    return movielens()


@pytest.fixture(scope="module")
def bandit():
    return open_bandit()


def copy_of(data_set, folder):
    for name in datasets.STORED[data_set][0]:
        shutil.copy(DATA / data_set / name, folder)
    return folder


@pytest.fixture
def copy(tmp_path):
    return copy_of("movielens-small", tmp_path)


# --- the data as shipped ---


def test_movielens_is_the_edition_of_october_2016(data):
    ratings, items = data.ratings, data.items
    assert (len(ratings), ratings["user_id"].nunique(), ratings["item_id"].nunique()) == (100_004, 671, 9_066)
    assert len(items) == 9_066
    assert set(items["item_id"]) == set(ratings["item_id"])
    assert ratings["user_id"].value_counts().min() == 20
    assert str(ratings["timestamp"].min()) == "1995-01-09 11:46:49"
    assert str(ratings["timestamp"].max()) == "2016-10-16 17:57:24"
    assert ratings["rating"].value_counts()[[4.0, 0.5]].tolist() == [28_750, 1_101]
    assert ratings[["user_id", "item_id"]].equals(ratings.sort_values(["user_id", "item_id"])[["user_id", "item_id"]])


def test_movielens_types_are_those_documented(data):
    found = {**data.ratings.dtypes.astype(str), **data.items.dtypes.astype(str)}
    assert found == {
        "user_id": "int64",
        "item_id": "int64",
        "rating": "float64",
        "timestamp": "datetime64[s]",
        "title": "str",
        "year": "Int64",
        "genres": "str",
    }


def test_films_without_title_are_those_without_year(data):
    items = data.items.set_index("item_id")
    nameless = items.index[items["title"].isna()]
    assert nameless.tolist() == [108548, 108583, 143410, 151307, 162376]
    assert items.index[items["year"].isna()].equals(nameless)
    assert data.ratings["item_id"].isin(nameless).sum() == 7


def test_titles_and_genres_survive_the_csv(data):
    items = data.items.set_index("item_id")
    assert items.loc[293, "title"] == "Léon: The Professional (a.k.a. The Professional) (Léon)"
    assert items.loc[51372, "title"] == '"Great Performances" Cats'
    assert items.loc[1203, "title"] == "12 Angry Men"
    assert items["title"].isin(["300", "9", "1984"]).sum() == 4
    assert items.loc[1, "genres"] == "Adventure|Animation|Children|Comedy|Fantasy"
    genres = items["genres"].str.get_dummies("|")
    assert genres.shape[1] == 20
    assert genres["(no genres listed)"].sum() == 17
    assert (genres[genres["(no genres listed)"] == 1].sum(axis=1) == 1).all()


def test_open_bandit_is_the_sample_of_the_wheel(bandit):
    impressions, items = bandit.impressions, bandit.items
    counts = impressions.groupby(["campaign", "policy"])["clicked"].agg(["size", "sum"])
    assert counts["size"].tolist() == [10_000] * 6
    assert counts["sum"].to_dict() == {
        ("all", "random"): 38,
        ("all", "thompson"): 42,
        ("men", "random"): 46,
        ("men", "thompson"): 69,
        ("women", "random"): 46,
        ("women", "thompson"): 46,
    }
    assert items["campaign"].value_counts().to_dict() == {"all": 80, "men": 34, "women": 46}
    order = ["campaign", "policy", "timestamp"]
    assert impressions[order].equals(impressions.sort_values(order, kind="stable")[order])
    assert str(impressions["timestamp"].min()) == "2019-11-24 00:00:17.004101"
    assert str(impressions["timestamp"].max()) == "2019-11-30 23:59:47.022892"
    assert [impressions[f"user_feature_{i}"].nunique() for i in range(4)] == [3, 5, 9, 10]


def test_open_bandit_propensities_are_those_of_the_policy(bandit):
    impressions = bandit.impressions.merge(bandit.items.groupby("campaign").size().rename("n_items"), on="campaign")
    random = impressions["policy"] == "random"
    assert (impressions["propensity"] == 1 / impressions["n_items"])[random].all()
    assert impressions.loc[~random, "propensity"].agg(["min", "max"]).tolist() == [1e-6, 0.9628]
    # Among the rows that show an item, its probability is higher than among all rows, of which it has this share.
    shown = impressions[~random].groupby(["campaign", "item_id"])["propensity"].agg(["size", "mean"])
    often = shown[shown["size"] >= 1_000]
    assert len(often) >= 5
    assert (often["mean"] > often["size"] / 10_000).all()


def test_open_bandit_types_are_those_documented(bandit):
    whole, text = dict.fromkeys(["item_id", "position", "clicked"], "int64"), "str"
    assert {**bandit.impressions.dtypes.astype(str)} == {
        "campaign": text,
        "policy": text,
        "timestamp": "datetime64[us]",
        **whole,
        "propensity": "float64",
        **{f"user_feature_{i}": text for i in range(4)},
    }
    assert bandit.items.dtypes.astype(str).tolist() == [text, "int64", "float64", text, text, text]


def test_open_bandit_gives_the_campaign_and_policy_asked_for(bandit):
    women = open_bandit("women")
    assert women.impressions["policy"].value_counts().to_dict() == {"random": 10_000, "thompson": 10_000}
    assert women.items["item_id"].tolist() == list(range(46))
    one = open_bandit(campaign="men", policy="thompson")
    wanted = bandit.impressions.query("campaign == 'men' and policy == 'thompson'").reset_index(drop=True)
    pd.testing.assert_frame_equal(one.impressions, wanted)
    assert set(open_bandit(policy="random").impressions["campaign"]) == {"all", "men", "women"}


def test_open_bandit_names_a_campaign_or_policy_that_does_not_exist():
    with pytest.raises(
        ValueError, match=r"^campaign is 'kids'; expected one of 'all', 'men', 'women', or None for all"
    ):
        open_bandit("kids")
    with pytest.raises(ValueError, match=r"^policy is 'bts'; expected one of 'random', 'thompson', or None for all"):
        open_bandit(policy="bts")


# --- where the files are looked for ---


def make(folder):
    folder.mkdir(parents=True)
    return folder


def test_folder_comes_before_the_variable_and_the_variable_before_the_checkout(copy, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "movielens-small").mkdir(parents=True)
    monkeypatch.setenv("MLPIPE_DATA", str(elsewhere))
    with pytest.raises(
        FileNotFoundError, match=r"elsewhere.movielens-small.ratings\.csv\.gz: no such file.*git checkout"
    ):
        movielens()
    assert len(movielens(copy).ratings) == 100_004
    assert len(movielens(str(copy)).ratings) == 100_004
    for name in (RATINGS, MOVIES):
        shutil.copy(SHIPPED / name, elsewhere / "movielens-small")
    assert len(movielens().items) == 9_066


def test_a_variable_that_names_no_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"^MLPIPE_DATA: .*nowhere is not a folder\. Fix: "):
        movielens()


def test_a_package_outside_a_checkout_says_how_to_find_the_data(monkeypatch, tmp_path):
    monkeypatch.delenv("MLPIPE_DATA", raising=False)
    monkeypatch.setattr(paths, "FILES", tmp_path / "site-packages")
    for data_set, load in LOADERS.items():
        expected = rf"^data/{data_set}: not found.*pip install --no-deps -e \..*set MLPIPE_DATA"
        with pytest.raises(FileNotFoundError, match=expected):
            load()
        copy_of(data_set, make(tmp_path / "elsewhere" / data_set))
        monkeypatch.setenv("MLPIPE_DATA", str(tmp_path / "elsewhere"))
        load()
        monkeypatch.delenv("MLPIPE_DATA")


# --- damaged files ---


@every_file
def test_a_missing_file_is_named(tmp_path, data_set, name):
    (copy_of(data_set, tmp_path) / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name}: no such file.*{data_set}.*git checkout -- data/{data_set}$"):
        LOADERS[data_set](folder=tmp_path)


@pytest.mark.parametrize("keep", [10, 2_000, -1])
@every_file
def test_a_truncated_file_is_named(tmp_path, data_set, name, keep):
    path = copy_of(data_set, tmp_path) / name
    path.write_bytes(path.read_bytes()[:keep])
    expected = rf"{name}: found a truncated or damaged gzip file.*git checkout -- data/{data_set}$"
    with pytest.raises(ValueError, match=expected):
        LOADERS[data_set](folder=tmp_path)


def test_a_file_that_is_no_gzip_or_has_a_flipped_bit_is_damaged(copy):
    packed = (copy / MOVIES).read_bytes()
    middle = len(packed) // 2
    flipped_bit = packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]
    no_such_block_type = packed[:10] + b"\xff" + packed[11:]
    for content in (b"<!DOCTYPE html>", flipped_bit, no_such_block_type):
        (copy / MOVIES).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{MOVIES}: found a truncated or damaged gzip file"):
            movielens(copy)


@every_file
def test_an_altered_file_is_named(tmp_path, data_set, name):
    path = copy_of(data_set, tmp_path) / name
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]))
    sha256 = datasets.STORED[data_set][0][name]
    expected = rf"{name}: found an altered file.*expected SHA-256 {sha256}.*git checkout -- data/{data_set}$"
    with pytest.raises(ValueError, match=expected):
        LOADERS[data_set](folder=tmp_path)


def test_an_empty_file_is_altered(copy):
    (copy / RATINGS).write_bytes(b"")
    with pytest.raises(ValueError, match=rf"{RATINGS}: found an altered file"):
        movielens(copy)


def replace_and_trust(folder, name, old, new, monkeypatch):
    """Alter a file and record its new checksum: what a careless rebuild of the data would do."""
    content = gzip.decompress((folder / name).read_bytes())
    assert old in content
    packed = gzip.compress(content.replace(old, new, 1))
    (folder / name).write_bytes(packed)
    (sha256,) = (sums for sums, _ in datasets.STORED.values() if name in sums)
    monkeypatch.setitem(sha256, name, hashlib.sha256(packed).hexdigest())


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            RATINGS,
            b"rating,",
            b"stars,",
            r"found columns \['user_id', 'item_id', 'stars', .*expected columns \['user_id'",
        ),
        (MOVIES, b",year", b"", r"found columns \['item_id', 'title', 'genres'\]"),
        (RATINGS, b"1,31,2.5,", b"1,31,good,", "found a field that does not convert"),
        (RATINGS, b"1,31,2.5,", b"1,31,,", "found a field that does not convert"),
        (RATINGS, b"1,31,2.5,", b"1,31,7.0,", r"'rating': 7\.0.*expected a rating of 0\.5 to 5 in half steps"),
        (RATINGS, b"\n1,1029,", b"\n1,31,", "expected one row for each user_id and item_id"),
        (MOVIES, b"Jumanji,1995,", b"Jumanji,19955,", "'title': 'Jumanji'.*expected a year from 1888 to 2016"),
    ],
)
def test_a_file_rebuilt_wrong_is_refused_for_its_content(copy, monkeypatch, name, old, new, message):
    replace_and_trust(copy, name, old, new, monkeypatch)
    with pytest.raises(ValueError, match=f"{name}: .*{message}.*Fix: git checkout -- data/movielens-small"):
        movielens(copy)


def test_a_film_called_na_has_a_title(copy, monkeypatch):
    replace_and_trust(copy, MOVIES, b",Toy Story,", b",NA,", monkeypatch)
    assert movielens(copy).items.loc[0, "title"] == "NA"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (CAMPAIGN, b"clicked,", b"click,", r"found columns \['timestamp', .*'click'.*expected columns \['timestamp'"),
        (CAMPAIGN, b",2,2,0,0.045525,", b",2,2,0,often,", "found a field that does not convert"),
        (CAMPAIGN, b",2,2,0,0.045525,", b",2,2,0,0.0,", "'propensity': 0.0.*expected a propensity above 0, at most 1"),
        (CAMPAIGN, b",2,2,0,0.045525,", b",2,4,0,0.045525,", "'position': 4.*expected a position of 1 to 3"),
        (CAMPAIGN, b"\n1574553663979311,", b"\n1574553663979,", r"expected a timestamp \(UTC\) from 2019-11-24"),
        (ITEMS, b"\nmen,2,", b"\nmen,1,", "expected one row for each campaign, item_id"),
        (ITEMS, b"\nmen,33,", b"\nmen,34,", "expected a campaign and item_id that the items have too"),
    ],
)
def test_an_open_bandit_file_rebuilt_wrong_is_refused_for_its_content(tmp_path, monkeypatch, name, old, new, message):
    replace_and_trust(copy_of("open-bandit-sample", tmp_path), name, old, new, monkeypatch)
    with pytest.raises(ValueError, match=f"{message}.*Fix: git checkout -- data/open-bandit-sample$"):
        open_bandit("men", folder=tmp_path)


# --- the schema ---


def edit(frame, column, value):
    frame = frame.copy()
    frame.loc[frame.index[3], column] = value
    return frame


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        (RATINGS, lambda f: f.drop(columns="timestamp"), "columns"),
        (RATINGS, lambda f: f[["item_id", "user_id", "rating", "timestamp"]], "columns"),
        (RATINGS, lambda f: f.astype({"rating": "str"}), "columns"),
        (RATINGS, lambda f: f.astype({"timestamp": "int64"}), "columns"),
        (RATINGS, lambda f: edit(f, "rating", 7.0), "a rating of 0.5 to 5 in half steps"),
        (RATINGS, lambda f: edit(f, "rating", 0.0), "a rating of 0.5 to 5 in half steps"),
        (RATINGS, lambda f: edit(f, "rating", 3.25), "a rating of 0.5 to 5 in half steps"),
        (RATINGS, lambda f: edit(f, "rating", np.nan), "no missing value in user_id, item_id, rating, timestamp"),
        (RATINGS, lambda f: edit(f, "timestamp", pd.NaT), "no missing value in user_id, item_id, rating, timestamp"),
        (RATINGS, lambda f: edit(f, "timestamp", pd.Timestamp(0)), "a timestamp (UTC) from 1995-01-09 to 2016-10-17"),
        (RATINGS, lambda f: edit(f, "timestamp", pd.Timestamp("2030-01-01")), "a timestamp (UTC) from"),
        (RATINGS, lambda f: edit(f, "user_id", 0), "positive user_id and item_id"),
        (RATINGS, lambda f: edit(f, "item_id", -5), "positive user_id and item_id"),
        (RATINGS, lambda f: edit(f, "item_id", 999_999), "an item_id that movies.csv.gz has too"),
        (RATINGS, lambda f: pd.concat([f, f[:1]]), "one row for each user_id and item_id"),
        (MOVIES, lambda f: f.drop(columns="year"), "columns"),
        (MOVIES, lambda f: f.astype({"year": "float64"}), "columns"),
        (MOVIES, lambda f: pd.concat([f, f[:1]]), "one row for each item_id"),
        (MOVIES, lambda f: edit(f, "item_id", 0), "positive item_id"),
        (MOVIES, lambda f: edit(f, "genres", np.nan), "no missing value in item_id, genres"),
        (MOVIES, lambda f: edit(f, "genres", ""), "no empty title or genres"),
        (MOVIES, lambda f: edit(f, "title", ""), "no empty title or genres"),
        (MOVIES, lambda f: edit(f, "year", 1066), "a year from 1888 to 2016, or none"),
        (MOVIES, lambda f: edit(f, "year", 2017), "a year from 1888 to 2016, or none"),
    ],
)
def test_each_rule_of_the_schema_has_its_message(data, table, change, expected):
    ratings, items = data.ratings, data.items
    if table == RATINGS:
        ratings = change(ratings)
    else:
        items = change(items)
    with pytest.raises(ValueError, match=r"\.csv\.gz: found .*Fix: git checkout -- data/movielens-small$") as error:
        check_movielens(ratings, items)
    assert f"expected {expected}" in str(error.value)
    assert str(error.value).startswith(table)


def test_a_rated_film_that_is_not_among_the_items_is_refused(data):
    with pytest.raises(ValueError, match=r"^ratings\.csv\.gz: found 247 row\(s\) .*expected an item_id that movies"):
        check_movielens(data.ratings, data.items[1:])


def test_a_refused_row_is_shown(data):
    with pytest.raises(ValueError, match=r"1 row\(s\) .*'user_id': 1, 'item_id': 1129, 'rating': 7\.0"):
        check_movielens(edit(data.ratings, "rating", 7.0), data.items)


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        ("impressions", lambda f: f.drop(columns="policy"), "columns"),
        ("impressions", lambda f: f.astype({"clicked": "bool"}), "columns"),
        ("impressions", lambda f: edit(f, "propensity", np.nan), "no missing value"),
        ("impressions", lambda f: edit(f, "user_feature_2", ""), "no missing value"),
        ("impressions", lambda f: edit(f, "campaign", "kids"), "a campaign of all, men, women"),
        ("impressions", lambda f: edit(f, "policy", "bts"), "a policy of random, thompson"),
        ("impressions", lambda f: edit(f, "item_id", -1), "an item_id of 0 or more"),
        ("impressions", lambda f: edit(f, "item_id", 80), "a campaign and item_id that the items have too"),
        ("impressions", lambda f: pd.concat([f, f[:1]]), "one row for each campaign, policy, timestamp, position"),
        (
            "impressions",
            lambda f: edit(f, "timestamp", pd.Timestamp("2019-12-01")),
            "a timestamp (UTC) from 2019-11-24",
        ),
        ("impressions", lambda f: edit(f, "position", 0), "a position of 1 to 3"),
        ("impressions", lambda f: edit(f, "clicked", 2), "clicked of 0 or 1"),
        ("impressions", lambda f: edit(f, "propensity", 0.0), "a propensity above 0, at most 1"),
        ("impressions", lambda f: edit(f, "propensity", 1.01), "a propensity above 0, at most 1"),
        ("items", lambda f: f.drop(columns="item_feature_3"), "columns"),
        ("items", lambda f: edit(f, "item_feature_0", np.nan), "no missing value"),
        ("items", lambda f: pd.concat([f, f[:1]]), "one row for each campaign, item_id"),
    ],
)
def test_each_rule_of_open_bandit_has_its_message(bandit, table, change, expected):
    tables = {"impressions": bandit.impressions, "items": bandit.items}
    tables[table] = change(tables[table])
    with pytest.raises(ValueError, match=rf"^{table}: found .*Fix: git checkout -- data/open-bandit-sample$") as error:
        check_open_bandit(**tables)
    assert f"expected {expected}" in str(error.value)


# --- the build scripts ---


def build_script(data_set):
    spec = importlib.util.spec_from_file_location(f"build_{data_set}", DATA / data_set / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("data_set", LOADERS)
def test_packed_bytes_depend_on_the_content_only(data_set):
    packed = build_script(data_set).compress(b"user_id\n1\n")
    assert gzip.decompress(packed) == b"user_id\n1\n"
    assert packed[3] == 0, "a flag says that the header holds a file name"
    assert packed[4:8] == bytes(4), "the header holds a time"


@every_file
def test_shipped_files_have_no_time_or_name_and_their_hash_is_in_the_readme(data_set, name):
    packed = (DATA / data_set / name).read_bytes()
    readme = (DATA / data_set / "README.md").read_text(encoding="utf-8")
    assert packed[3:8] == bytes(5)
    assert f"| `{name}` | `{hashlib.sha256(packed).hexdigest()}` |" in readme
    unpacked = hashlib.sha256(gzip.decompress(packed)).hexdigest()
    assert f"| `{name.removesuffix('.gz')}` (unpacked) | `{unpacked}` |" in readme


@pytest.mark.parametrize("data_set", LOADERS)
def test_a_folder_of_data_holds_what_its_loader_reads_and_its_conditions(data_set):
    found = {path.name for path in (DATA / data_set).iterdir() if path.is_file()}
    assert found - {"LICENSE"} == {*datasets.STORED[data_set][0], "README.md", "build.py"}
    readme = (DATA / data_set / "README.md").read_text(encoding="utf-8")
    assert ("LICENSE" in found) == ("[LICENSE](LICENSE)" in readme)
    assert f"mlpipe.datasets.{LOADERS[data_set].__name__}()" in readme


def test_open_bandit_comes_with_the_licence_of_its_wheel():
    text = (DATA / "open-bandit-sample" / "LICENSE").read_bytes()
    # the sum that the wheel's RECORD holds
    assert hashlib.sha256(text).hexdigest() == "6bc32ef299d465f98043edc6e487a6e72a69600f3a2144f4e69be8f1b36be9f7"


def test_times_of_open_bandit_are_exact():
    build = build_script("open-bandit-sample")
    assert build.microseconds("2019-11-24 00:00:34.762830+00:00") == 1_574_553_634_762_830
    assert build.microseconds("1970-01-01 09:00:00.000001+09:00") == 1


def test_open_bandit_is_built_from_the_reviewed_wheel_only(tmp_path):
    (tmp_path / "obp.whl").write_bytes(b"another")
    with pytest.raises(SystemExit, match=r"SHA-256 is .*expected 87dec9caf4.*pip download obp==0\.4\.1 --no-deps"):
        build_script("open-bandit-sample").main(str(tmp_path / "obp.whl"))


# --- to_matrix ---


def test_to_matrix_puts_each_rating_at_its_user_and_item(data):
    result = to_matrix(data.ratings.sample(frac=1, random_state=0), value="rating")
    matrix = result.matrix
    assert matrix.format == "csr"
    assert matrix.dtype == np.float32
    assert matrix.shape == (671, 9_066)
    assert matrix.nnz == 100_004
    assert matrix.has_sorted_indices
    assert all((np.diff(matrix.indices[a:b]) > 0).all() for a, b in zip(matrix.indptr, matrix.indptr[1:], strict=False))
    row = np.searchsorted(result.user_ids, 547)
    item = data.ratings.query("user_id == 547").set_index("item_id")["rating"]
    assert dict(zip(result.item_ids[matrix[row].indices], matrix[row].data, strict=True)) == item.to_dict()


def test_to_matrix_without_value_gives_ones(data):
    matrix = to_matrix(data.ratings).matrix
    assert matrix.dtype == np.float32
    assert (matrix.data == 1).all()
    assert matrix.sum() == 100_004


def test_to_matrix_takes_other_columns_and_string_ids():
    clicks = pd.DataFrame({"who": ["b", "a", "b"], "what": ["x", "y", "y"], "n": [3, 0, 2]}, index=[5, 5, 5])
    result = to_matrix(clicks, value="n", user="who", item="what")
    assert result.user_ids.tolist() == ["a", "b"]
    assert result.item_ids.tolist() == ["x", "y"]
    assert result.matrix.toarray().tolist() == [[0, 0], [3, 2]]
    assert result.matrix.nnz == 3, "a value of zero is an entry"


LIKES = pd.DataFrame({"user_id": [7, 7, 9], "item_id": [20, 30, 20], "rating": [4.0, 2.0, 5.0]})


def test_given_ids_fix_rows_and_columns():
    result = to_matrix(LIKES, value="rating", user_ids=[5, 7, 9], item_ids=np.array([10, 20, 30, 40]))
    assert result.matrix.toarray().tolist() == [[0, 0, 0, 0], [0, 4, 2, 0], [0, 5, 0, 0]]
    assert result.user_ids.tolist() == [5, 7, 9]
    assert result.item_ids.tolist() == [10, 20, 30, 40]
    empty = to_matrix(LIKES[:0], user_ids=[5, 7, 9], item_ids=[10])
    assert empty.matrix.shape == (3, 1)
    assert empty.matrix.nnz == 0


@pytest.mark.parametrize("dtype", ["uint8", "float16", "Float64", "Int16", "object", "category", "double[pyarrow]"])
def test_ids_are_the_same_in_every_dtype(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    frame = LIKES.astype({"user_id": dtype, "item_id": dtype})
    for known in ({}, {"user_ids": [7, 9], "item_ids": [20, 30]}):
        result = to_matrix(frame, value="rating", **known)
        assert result.matrix.toarray().tolist() == [[4, 2], [5, 0]]
        assert result.user_ids.tolist() == [7, 9]
        assert result.item_ids.tolist() == [20, 30]


@st.composite
def interactions(draw):
    pairs = draw(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, unique=True))
    values = draw(st.lists(st.integers(1, 1000), min_size=len(pairs), max_size=len(pairs)))
    users, items = zip(*pairs, strict=True)
    return pd.DataFrame({"user_id": users, "item_id": items, "rating": values})


@given(interactions())
def test_the_matrix_holds_the_table_and_nothing_else(frame):
    result = to_matrix(frame, value="rating")
    coo = result.matrix.tocoo()
    back = pd.DataFrame(
        {"user_id": result.user_ids[coo.row], "item_id": result.item_ids[coo.col], "rating": coo.data.astype(int)}
    )
    expected = frame.sort_values(["user_id", "item_id"], ignore_index=True)
    pd.testing.assert_frame_equal(back, expected)


@given(interactions(), st.data())
def test_one_repeated_pair_is_refused(frame, draw):
    again = draw.draw(st.integers(0, len(frame) - 1))
    with pytest.raises(ValueError, match=r"^frame repeats a pair of user and item in 1 rows"):
        to_matrix(pd.concat([frame, frame[again : again + 1]]), value="rating")


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        (LIKES, {"value": "stars"}, r"^the frame has no column 'stars', only \['user_id'.*pass the name of yours"),
        (LIKES, {"user": "who", "item": "what"}, "^the frame has no column 'who'"),
        (
            LIKES.assign(rating=[4, np.nan, 5]),
            {"value": "rating"},
            r"^column 'rating' holds nan .first of 1 such rows.; expected finite .*drop or fill",
        ),
        (
            LIKES.assign(rating=[4, 5, np.inf]),
            {"value": "rating"},
            r"^column 'rating' holds inf .first of 1 such rows.; expected finite",
        ),
        (LIKES.assign(rating=pd.array([4, 5, None])), {"value": "rating"}, r"^column 'rating' holds nan .first of 1"),
        (
            LIKES.assign(rating=["4", "5", "1"]),
            {"value": "rating"},
            r"^column 'rating' holds str; expected numbers: convert",
        ),
        (LIKES.assign(rating=pd.Timestamp(0)), {"value": "rating"}, r"^column 'rating' holds datetime64"),
        (
            LIKES.assign(user_id=pd.Series([7, "7", 9], dtype=object)),
            {},
            "^column 'user_id' holds .* 7 and '7'; expected",
        ),
        (LIKES.assign(item_id=[[20], [30], [20]]), {}, r"^column 'item_id' holds .* \[20\]; expected integers"),
        (LIKES.assign(item_id=[0.5, 1.5, 2]), {}, r"^column 'item_id' holds .* 0\.5; expected integers"),
        (LIKES, {"user_ids": [7, "9"]}, "^user_ids holds .* 7 and '9'; expected integers"),
        (pd.concat([LIKES, LIKES[["user_id"]]], axis=1), {}, "^the frame has 2 columns 'user_id'"),
        (
            LIKES.assign(user_id=[7, None, 9]),
            {},
            r"^column 'user_id' has 1 missing values; expected an id in each row: .*dropna",
        ),
        (
            LIKES.assign(item_id=[None, "a", "b"]),
            {},
            r"^column 'item_id' has 1 missing values; expected an id in each row: .*dropna",
        ),
        (
            LIKES,
            {"user_ids": [7, 8]},
            r"^column 'user_id' holds .*9.* .first of 1 such rows.; expected ids of user_ids: frame",
        ),
        (LIKES, {"item_ids": [30]}, r"^column 'item_id' holds .*20.* .first of 2 such rows.; expected ids of item_ids"),
        (
            LIKES,
            {"user_ids": [9, 7]},
            r"^user_ids has unsorted or repeated ids; expected sorted and unique: np\.unique",
        ),
        (LIKES, {"item_ids": [20, 20, 30]}, r"^item_ids has unsorted or repeated ids; expected sorted and unique"),
        (LIKES[:0], {}, r"^frame has no rows; expected at least one: check the filter, or give user_ids="),
        (LIKES[:0], {"user_ids": [7]}, r"^frame has no rows.*give item_ids="),
        (
            LIKES.assign(user_id=7, item_id=20),
            {},
            r"^frame repeats a pair .* in 2 rows .*'user_id': 7, 'item_id': 20.*expected one row a pair: frame\.dro",
        ),
    ],
)
def test_to_matrix_names_what_is_wrong_and_the_fix(frame, arguments, message):
    with pytest.raises(ValueError, match=message):
        to_matrix(frame, **arguments)
