"""Answers as people write them, to the exercises of lesson 13."""

RIGHT = {
    "13.calls_p99": {
        "sorted and interpolated": """
def calls_p99(times, n_calls, quantile):
    p = quantile ** (1 / np.sum(n_calls))
    out = []
    for one in np.sort(times, axis=1):
        place = p * (len(one) - 1)
        low = int(place)
        high = min(low + 1, len(one) - 1)
        out.append(one[low] + (place - low) * (one[high] - one[low]))
    return out
""",
        "DataFrame": """
def calls_p99(times, n_calls, quantile):
    return pd.DataFrame(times.T).quantile(quantile ** (1 / sum(n_calls)))
""",
        "single precision": """
def calls_p99(times, n_calls, quantile):
    return np.quantile(times, quantile ** (1 / n_calls.sum()), axis=1).astype("float32")
""",
    },
    "13.hedged_times": {
        "mask": """
def hedged_times(first, second, wait):
    late = first > wait
    times = first.copy()
    times[late] = np.minimum(first[late], wait + second[late])
    return times, (len(first) + late.sum()) / len(first)
""",
        "lists": """
def hedged_times(first, second, wait):
    times, calls = [], 0
    for a, b in zip(first, second):
        calls += 1 if a <= wait else 2
        times.append(min(a, wait + b) if a > wait else a)
    return [times, calls / len(times)]
""",
    },
    "13.probe_cells": {
        "DataFrame": """
def probe_cells(query, vectors, cells, centres, k, probes):
    read = pd.Series(centres @ query).nlargest(probes).index
    table = pd.DataFrame({"cell": cells, "score": vectors @ query})
    return table[table["cell"].isin(read)].nlargest(k, "score").index
""",
        "cell by cell": """
def probe_cells(query, vectors, cells, centres, k, probes):
    found = []
    for cell in (centres @ query).argsort()[::-1][:probes]:
        for item in np.where(cells == cell)[0]:
            found.append((vectors[item] @ query, item))
    return [item for score, item in sorted(found, reverse=True)[:k]]
""",
    },
    "13.favourites_recall": {
        "sets": """
def favourites_recall(favourites, candidates):
    out = []
    for f, c in zip(favourites, candidates):
        wanted = {i for i in f if i != -1}
        out.append(np.nan if not wanted else len(wanted & set(c)) / len(wanted))
    return pd.Series(out)
""",
        "masked": """
def favourites_recall(favourites, candidates):
    found = np.array([np.isin(f, c) for f, c in zip(favourites, candidates)], dtype=float)
    found[favourites < 0] = np.nan
    return np.array([row[~np.isnan(row)].mean() if (~np.isnan(row)).any() else np.nan for row in found])
""",
    },
}

WRONG = {
    "13.calls_p99": {
        "misses multiplied": """
def calls_p99(times, n_calls, quantile):
    return np.quantile(times, 1 - (1 - quantile) ** n_calls.sum(), axis=1)
""",
        "the slowest one measured": """
def calls_p99(times, n_calls, quantile):
    return times.max(axis=1)
""",
        "root of the times": """
def calls_p99(times, n_calls, quantile):
    return np.quantile(times, quantile, axis=1) ** (1 / n_calls.sum())
""",
        "quantile of the columns": """
def calls_p99(times, n_calls, quantile):
    return np.quantile(times, quantile ** (1 / n_calls.sum()), axis=0)
""",
    },
    "13.hedged_times": {
        "second replaces the first, and may be later": """
def hedged_times(first, second, wait):
    return np.where(first > wait, second, first), 1 + np.mean(first > wait)
""",
        "cuts late calls off": """
def hedged_times(first, second, wait):
    return np.minimum(first, wait), 1 + np.mean(first > wait)
""",
        "tuple the other way round": """
def hedged_times(first, second, wait):
    return 1 + np.mean(first > wait), np.minimum(first, wait + second)
""",
    },
    "13.probe_cells": {
        "cosine": """
def probe_cells(query, vectors, cells, centres, k, probes):
    read = np.argsort(-(centres @ query) / np.linalg.norm(centres, axis=1))[:probes]
    items = np.flatnonzero(np.isin(cells, read))
    return items[np.argsort(-(vectors[items] @ query) / np.linalg.norm(vectors[items], axis=1))[:k]]
""",
        "scores instead of items": """
def probe_cells(query, vectors, cells, centres, k, probes):
    read = np.argsort(-(centres @ query))[:probes]
    return np.sort((vectors @ query)[np.isin(cells, read)])[::-1][:k]
""",
        "not sorted": """
def probe_cells(query, vectors, cells, centres, k, probes):
    read = np.argsort(-(centres @ query))[:probes]
    items = np.flatnonzero(np.isin(cells, read))
    return np.sort(items[np.argsort(-(vectors[items] @ query))[:k]])
""",
    },
    "13.favourites_recall": {
        "mean of all users": """
def favourites_recall(favourites, candidates):
    return np.nanmean([np.isin(f[f >= 0], c).mean() if (f >= 0).any() else np.nan
                       for f, c in zip(favourites, candidates)])
""",
        "pooled": """
def favourites_recall(favourites, candidates):
    return [np.isin(f, candidates).mean() for f in favourites]
""",
        "as many hits as candidates": """
def favourites_recall(favourites, candidates):
    return np.array([np.isin(c, f).sum() / max((f >= 0).sum(), 1) for f, c in zip(favourites, candidates)])
""",
    },
}
