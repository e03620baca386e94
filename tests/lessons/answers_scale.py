"""Answers as people write them, to the exercises of lesson 17."""

RIGHT = {
    "17.merge_counters": {
        "groupby twice": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame(dict(s=shards, k=keys, n=shown, c=clicks))
    t = t.groupby(["k", "s"]).max().groupby("k").sum()
    return t.index.to_numpy(), ((t.c + prior_strength * prior_rate) / (t.n + prior_strength)).to_numpy()
""",
        "loop over keys, lists": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    found, rates = sorted(set(keys)), []
    for key in found:
        seen, n, c = set(), prior_strength, prior_strength * prior_rate
        for i in range(len(keys)):
            if keys[i] == key and shards[i] not in seen:
                seen.add(shards[i])
                n += shown[i]
                c += clicks[i]
        rates.append(c / n)
    return found, rates
""",
        "single precision": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame({"s": shards, "k": keys, "n": shown, "c": clicks}).drop_duplicates()
    n, c = t.groupby("k").n.sum(), t.groupby("k").c.sum()
    return n.index, ((c + prior_strength * prior_rate) / (n + prior_strength)).astype("float32")
""",
    },
    "17.busiest_worker": {
        "loop": """
def busiest_worker(rows, worker, n_workers):
    fair = sum(rows) / n_workers
    load = [0] * n_workers
    for n, w in zip(rows, worker):
        if n > fair:
            load = [one + n / n_workers for one in load]
        else:
            load[w] += n
    return max(load) / fair
""",
        "groupby": """
def busiest_worker(rows, worker, n_workers):
    t = pd.DataFrame({"rows": rows, "worker": worker})
    fair = t.rows.sum() / n_workers
    hot = t[t.rows > fair].rows.sum()
    cold = t[t.rows <= fair].groupby("worker").rows.sum()
    return cold.max() / fair + hot / t.rows.sum()
""",
    },
    "17.join_bytes": {
        "if": """
def join_bytes(big, small, n_workers, memory):
    out = []
    for s in small:
        shuffle = (big + s) * (n_workers - 1) / n_workers
        out.append(shuffle if s > memory else min(shuffle, s * n_workers))
    return out
""",
        "where": """
def join_bytes(big, small, n_workers, memory):
    sent = np.where(small <= memory, small * n_workers, np.inf)
    return pd.Series(np.minimum(sent, (big + small) - (big + small) / n_workers))
""",
    },
    "17.machines_needed": {
        "polyval": """
def machines_needed(rows, seconds, target, window, efficiency):
    line = np.polyfit(np.log10(rows), np.log10(seconds), 1)
    total = 10 ** np.polyval(line, np.log10(target))
    return int(np.ceil(total / efficiency / window))
""",
        "normal equations, a float": """
def machines_needed(rows, seconds, target, window, efficiency):
    X = np.column_stack([np.ones(len(rows)), np.log(rows)])
    a, b = np.linalg.lstsq(X, np.log(seconds), rcond=None)[0]
    return np.ceil(np.exp(a + b * np.log(target)) / (window * efficiency))
""",
    },
}

WRONG = {
    "17.merge_counters": {
        "sum over sum without a prior": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame({"s": shards, "k": keys, "n": shown, "c": clicks}).drop_duplicates()
    g = t.groupby("k").sum()
    return g.index, g.c / g.n
""",
        "keys as they came": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame({"s": shards, "k": keys, "n": shown, "c": clicks}).drop_duplicates(["s", "k"])
    g = t.groupby("k", sort=False).sum()
    return g.index, (g.c + prior_strength * prior_rate) / (g.n + prior_strength)
""",
        "by shard": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame({"s": shards, "k": keys, "n": shown, "c": clicks}).drop_duplicates(["s", "k"])
    g = t.groupby("s").sum()
    return g.index, (g.c + prior_strength * prior_rate) / (g.n + prior_strength)
""",
        "the prior as one number": """
def merge_counters(shards, keys, shown, clicks, prior_rate, prior_strength):
    t = pd.DataFrame({"s": shards, "k": keys, "n": shown, "c": clicks}).drop_duplicates(["s", "k"])
    g = t.groupby("k").sum()
    return g.index, (g.c + prior_rate) / (g.n + prior_strength)
""",
    },
    "17.busiest_worker": {
        "rows of the busiest": """
def busiest_worker(rows, worker, n_workers):
    return np.bincount(worker, weights=rows, minlength=n_workers).max()
""",
        "over the least": """
def busiest_worker(rows, worker, n_workers):
    load = np.bincount(worker, weights=rows)
    return load.max() / load.min()
""",
        "only what is too much is spread": """
def busiest_worker(rows, worker, n_workers):
    fair = rows.sum() / n_workers
    kept = np.minimum(rows, fair)
    load = np.bincount(worker, weights=kept, minlength=n_workers) + (rows - kept).sum() / n_workers
    return load.max() / fair
""",
    },
    "17.join_bytes": {
        "names instead of bytes": """
def join_bytes(big, small, n_workers, memory):
    return np.where(small <= memory, "broadcast", "shuffle")
""",
        "copies to the others only": """
def join_bytes(big, small, n_workers, memory):
    to_all, by_key = small * (n_workers - 1), (big + small) * (1 - 1 / n_workers)
    return np.where((small <= memory) & (to_all < by_key), to_all, by_key)
""",
        "the larger of both": """
def join_bytes(big, small, n_workers, memory):
    return np.maximum(small * n_workers, (big + small) * (1 - 1 / n_workers))
""",
        "the sum": """
def join_bytes(big, small, n_workers, memory):
    return np.where(small <= memory, small * n_workers, (big + small) * (1 - 1 / n_workers)).sum()
""",
    },
    "17.machines_needed": {
        "square": """
def machines_needed(rows, seconds, target, window, efficiency):
    return int(np.ceil(np.polyval(np.polyfit(rows, seconds, 2), target) / (window * efficiency)))
""",
        "one too many": """
def machines_needed(rows, seconds, target, window, efficiency):
    p = np.polyfit(np.log(rows), np.log(seconds), 1)
    return int(np.exp(np.polyval(p, np.log(target))) / (window * efficiency)) + 2
""",
        "the fraction": """
def machines_needed(rows, seconds, target, window, efficiency):
    p = np.polyfit(np.log(rows), np.log(seconds), 1)
    return np.exp(np.polyval(p, np.log(target))) / (window * efficiency)
""",
    },
}
