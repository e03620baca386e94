"""A small world of two tastes, to be published and served."""

import numpy as np
import pandas as pd

from mlpipe.serving import artifact, service, store

N_USERS, N_ITEMS = 80, 150
PATIENT = dict.fromkeys(service.STAGES, 30.0)  # what is not late on a busy machine


def made(first_item=1000, seed=0):
    """Likes of users in two tastes, and the items; ids of users from 1."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(1, N_USERS + 1):
        half = np.arange(N_ITEMS // 2) + (user % 2) * (N_ITEMS // 2)
        rows += [(user, first_item + item) for item in rng.choice(half, 12, replace=False)]
    likes = pd.DataFrame(rows, columns=["user_id", "item_id"])
    likes["timestamp"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(len(likes)), "s")
    genres = np.array(["Comedy", "Drama|War", "(no genres listed)"])[np.arange(N_ITEMS) % 3]
    ids = first_item + np.arange(N_ITEMS)
    return likes, pd.DataFrame({"item_id": ids, "genres": genres, "year": 2000})


def settings(**changes):
    return service.Settings(**{"budgets": PATIENT, "total": 60.0, "exploration": 0.0, "random_state": 0, **changes})


def histories(folder):
    """The file that the current version reads."""
    return folder / artifact.read(folder).settings["histories"]


def publish_histories(folder, likes):
    """The same model with other histories."""
    found, name = artifact.read(folder), store.write(folder, likes).name
    return artifact.publish(folder, found.arrays, {**found.settings, "histories": name})
