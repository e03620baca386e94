"""Answers as people write them, to the exercises of lesson 16."""

RIGHT = {
    "16.psi": {
        "histogram": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.linspace(0, 1, n_bins + 1))[1:-1]
    r = np.array([np.sum(np.digitize(reference, edges, right=True) == b) for b in range(n_bins)]) + 0.5
    c = np.array([np.sum(np.digitize(current, edges, right=True) == b) for b in range(n_bins)]) + 0.5
    r /= r.sum()
    c /= c.sum()
    return ((r - c) * np.log(r / c)).sum()
""",
        "both divergences": """
def psi(reference, current, n_bins):
    edges = pd.Series(reference).quantile(np.arange(1, n_bins) / n_bins).to_numpy()
    r, c = [pd.Series(np.searchsorted(edges, x)).value_counts().reindex(range(n_bins), fill_value=0) + 0.5
            for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return (c * np.log(c / r)).sum() + (r * np.log(r / c)).sum()
""",
        "the package": """
def psi(reference, current, n_bins):
    from mlpipe import monitoring
    return monitoring.psi(reference, current, n_bins=n_bins)
""",
        "edges that are values, open outer bins": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.linspace(0, 1, n_bins + 1), method="lower")
    edges[0], edges[-1] = -np.inf, np.inf
    r, c = [pd.cut(x, edges, labels=False) for x in (reference, current)]
    r, c = [(np.bincount(bins, minlength=n_bins) + 0.5) / (len(bins) + n_bins / 2) for bins in (r, c)]
    return ((c - r) * np.log(c / r)).sum()
""",
        "single precision": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return np.float32(((c - r) * np.log(c / r)).sum())
""",
    },
    "16.calibration_alarm": {
        "DataFrame": """
def calibration_alarm(p, shown, reported, now, wait):
    rows = pd.DataFrame({"p": p, "shown": shown, "reported": reported})
    rows = rows[rows["shown"] + wait <= now]
    clicks = (rows["reported"] - rows["shown"]).le(wait).sum()
    return (clicks - rows["p"].sum()) / np.sqrt((rows["p"] * (1 - rows["p"])).sum())
""",
        "missing reports as never": """
def calibration_alarm(p, shown, reported, now, wait):
    delay = np.where(np.isnan(reported), np.inf, reported - shown)
    old = now - shown >= wait
    y = (delay <= wait)[old]
    return (y - p[old]).sum() / (p[old] * (1 - p[old])).sum() ** 0.5
""",
    },
    "16.control_limit": {
        "Series": """
def control_limit(healthy, chance):
    from scipy.stats import t
    days = pd.Series(healthy).dropna()
    width = t.ppf(1 - chance / 2, len(days) - 1) * np.sqrt(days.var() * (1 + 1 / len(days)))
    return [days.mean() - width, days.mean() + width]
""",
        "nan functions": """
def control_limit(healthy, chance):
    from scipy.stats import t
    n = np.count_nonzero(~np.isnan(healthy))
    s = np.nanstd(healthy, ddof=1)
    return np.nanmean(healthy) + np.array([-1, 1]) * t.ppf(1 - chance / 2, n - 1) * s * np.sqrt((n + 1) / n)
""",
    },
    "16.cadence": {
        "loop": """
def cadence(lost, price):
    best, cheapest = None, np.inf
    for days in range(1, len(lost) + 1):
        cost = (price + sum(lost[:days])) / days
        if cost < cheapest:
            best, cheapest = days, cost
    return best, cheapest
""",
        "Series": """
def cadence(lost, price):
    costs = pd.Series(lost, index=range(1, len(lost) + 1)).expanding().mean()
    costs += price / costs.index
    return costs.idxmin(), costs.min()
""",
    },
}

WRONG = {
    "16.psi": {
        "sum of absolute differences": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    return np.abs(c / c.sum() - r / r.sum()).sum()
""",
        "one divergence": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return (c * np.log(c / r)).sum()
""",
        "counts instead of shares": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    return ((c - r) * np.log(c / r)).sum()
""",
        "values outside are lost, closed on the right": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.linspace(0, 1, n_bins + 1))
    r, c = [pd.Series(pd.cut(x, edges, labels=False, include_lowest=True)).value_counts() for x in (reference, current)]
    r, c = [x.reindex(range(n_bins), fill_value=0) + 0.5 for x in (r, c)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log(c / r)).sum()
""",
        "shares smoothed, not counts": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) / len(x) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log(c / r)).sum()
""",
        "normal bins": """
def psi(reference, current, n_bins):
    edges = reference.mean() + reference.std() * norm.ppf(np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log(c / r)).sum()
""",
        "mean over bins": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log(c / r)).mean()
""",
        "values outside the reference are lost": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.linspace(0, 1, n_bins + 1))
    r, c = [np.histogram(x, edges)[0] + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log(c / r)).sum()
""",
        "logarithm to base 2": """
def psi(reference, current, n_bins):
    edges = np.quantile(reference, np.arange(1, n_bins) / n_bins)
    r, c = [np.bincount(np.searchsorted(edges, x), minlength=n_bins) + 0.5 for x in (reference, current)]
    r, c = r / r.sum(), c / c.sum()
    return ((c - r) * np.log2(c / r)).sum()
""",
    },
    "16.calibration_alarm": {
        "click rate test": """
def calibration_alarm(p, shown, reported, now, wait):
    ripe = shown <= now - wait
    y = (reported - shown <= wait)[ripe]
    return (y.mean() - p[ripe].mean()) / np.sqrt(y.mean() * (1 - y.mean()) / len(y))
""",
        "all clicks of ripe rows": """
def calibration_alarm(p, shown, reported, now, wait):
    ripe = shown <= now - wait
    y = ~np.isnan(reported[ripe])
    return (y - p[ripe]).sum() / np.sqrt((p[ripe] * (1 - p[ripe])).sum())
""",
        "spread of all rows": """
def calibration_alarm(p, shown, reported, now, wait):
    ripe = shown <= now - wait
    y = (reported - shown <= wait)[ripe]
    return (y - p[ripe]).sum() / np.sqrt((p * (1 - p)).sum())
""",
    },
    "16.control_limit": {
        "standard error": """
def control_limit(healthy, chance):
    days = healthy[~np.isnan(healthy)]
    width = norm.isf(chance / 2) * days.std(ddof=1) / np.sqrt(len(days))
    return days.mean() - width, days.mean() + width
""",
        "smallest and largest": """
def control_limit(healthy, chance):
    return np.nanmin(healthy), np.nanmax(healthy)
""",
        "quantiles of the days": """
def control_limit(healthy, chance):
    return np.nanquantile(healthy, [chance / 2, 1 - chance / 2])
""",
    },
    "16.cadence": {
        "where the loss exceeds the price": """
def cadence(lost, price):
    days = int(np.argmax(np.cumsum(lost) > price)) + 1
    return days, (np.sum(lost[:days]) + price) / days
""",
        "ages from one on": """
def cadence(lost, price):
    costs = [(np.sum(lost[1:days + 1]) + price) / days for days in range(1, len(lost) + 1)]
    return int(np.argmin(costs)) + 1, min(costs)
""",
        "cost first": """
def cadence(lost, price):
    costs = (np.cumsum(lost) + price) / np.arange(1, len(lost) + 1)
    return costs.min(), np.argmin(costs) + 1
""",
    },
}
