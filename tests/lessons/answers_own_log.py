"""Answers as people write them, to the exercises of lesson 15."""

RIGHT = {
    "15.judge_policy": {
        "DataFrame": """
def judge_policy(clicked, context, shown, logged, wanted):
    log = pd.DataFrame({"y": clicked, "w": [wanted[c, a] for c, a in zip(context, shown)] / logged})
    return np.average(log.y, weights=log.w), log.w.sum() ** 2 / log.w.pow(2).sum(), (log.w / log.w.sum()).max()
""",
        "weights of mean 1": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = wanted[context, shown] / logged
    w = w / w.mean()
    return [np.mean(w * clicked), len(w) / np.mean(w ** 2), np.max(w) / len(w)]
""",
        "single precision": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = (wanted[context, shown] / logged).astype("float32")
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w @ w), w.max() / w.sum()
""",
    },
    "15.exploring_slate": {
        "loop with a counter": """
def exploring_slate(slate, outside, dice, epsilon):
    shown, p, used = list(slate), [1 - epsilon] * len(slate), 0
    for place in range(len(slate)):
        if dice[place] < epsilon:
            shown[place] = outside[used]
            p[place] = epsilon / len(outside)
            used += 1
    return shown, p
""",
        "cumsum": """
def exploring_slate(slate, outside, dice, epsilon):
    other = dice < epsilon
    number = np.cumsum(other) - 1
    return np.where(other, outside[number], slate), np.where(other, epsilon / outside.size, 1 - epsilon)
""",
        "Series": """
def exploring_slate(slate, outside, dice, epsilon):
    places = np.flatnonzero(dice < epsilon)
    shown, p = pd.Series(slate), pd.Series(1 - epsilon, range(len(slate)))
    shown.iloc[places] = outside[: len(places)]
    p.iloc[places] = epsilon / len(outside)
    return shown, p
""",
    },
    "15.cut_range": {
        "clip": """
def cut_range(clicked, logged, target, largest):
    w = target / logged
    low = np.mean(np.clip(w, 0, largest) * clicked)
    high = low + np.mean(np.maximum(w - largest, 0))
    return low, high
""",
        "every heavy row clicked": """
def cut_range(clicked, logged, target, largest):
    w = pd.Series(target / logged)
    cut = w.clip(upper=largest)
    return (cut * clicked).mean(), (cut * clicked + w - cut).mean()
""",
    },
    "15.replay_learner": {
        "lists": """
def replay_learner(shown, clicked, n_items):
    clicks, looks = [0] * n_items, [0] * n_items
    for a, y in zip(shown, clicked):
        rates = [(c + 1) / (n + 2) for c, n in zip(clicks, looks)]
        if rates.index(max(rates)) != a:
            continue
        clicks[a] += y
        looks[a] += 1
    return sum(clicks) / sum(looks), sum(looks)
""",
        "only the wanted one is looked up": """
def replay_learner(shown, clicked, n_items):
    rate, looks, clicks = np.full(n_items, 0.5), np.zeros(n_items, int), np.zeros(n_items, int)
    want = 0
    for a, y in zip(shown, clicked):
        if a == want:
            looks[a] += 1
            clicks[a] += y
            rate[a] = (clicks[a] + 1) / (looks[a] + 2)
            want = rate.argmax()
    return [clicks.sum() / looks.sum(), looks.sum()]
""",
    },
}

WRONG = {
    "15.judge_policy": {
        "keeps the rows where it agrees": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = (wanted.argmax(axis=1)[context] == shown) / logged + 1e-12
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w ** 2).sum(), w.max() / w.sum()
""",
        "mean of the policy over rows": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = wanted[context, shown] / wanted[context].mean(axis=1)
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w ** 2).sum(), w.max() / w.sum()
""",
        "heaviest row over the rows": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = wanted[context, shown] / logged
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w ** 2).sum(), w.argmax() / len(w)
""",
        "effective rows as a share": """
def judge_policy(clicked, context, shown, logged, wanted):
    w = wanted[context, shown] / logged
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w ** 2).sum() / len(w), w.max() / w.sum()
""",
    },
    "15.exploring_slate": {
        "takes the item of the place's number": """
def exploring_slate(slate, outside, dice, epsilon):
    explores = dice < epsilon
    other = np.resize(outside, len(slate))[::-1]
    return np.where(explores, other, slate), np.where(explores, epsilon / len(outside), 1 - epsilon)
""",
        "explored items go last": """
def exploring_slate(slate, outside, dice, epsilon):
    n = (dice < epsilon).sum()
    shown = np.r_[slate[dice >= epsilon], outside[:n]]
    return shown, np.r_[np.full(len(slate) - n, 1 - epsilon), np.full(n, epsilon / len(outside))]
""",
        "one propensity for all": """
def exploring_slate(slate, outside, dice, epsilon):
    explores = dice < epsilon
    shown = slate.copy()
    shown[explores] = outside[: explores.sum()]
    return shown, np.full(len(slate), 1 - epsilon)
""",
        "the chance of the whole list": """
def exploring_slate(slate, outside, dice, epsilon):
    explores = dice < epsilon
    shown = slate.copy()
    shown[explores] = outside[: explores.sum()]
    return shown, np.full(len(slate), np.prod(np.where(explores, epsilon / len(outside), 1 - epsilon)))
""",
    },
    "15.cut_range": {
        "normalised at both ends": """
def cut_range(clicked, logged, target, largest):
    w = target / logged
    cut = np.minimum(w, largest)
    low = (cut * clicked).sum() / cut.sum()
    return low, low + (w - cut).sum() / w.sum()
""",
        "standard error instead": """
def cut_range(clicked, logged, target, largest):
    v = np.minimum(target / logged, largest) * clicked
    half = 1.96 * v.std() / np.sqrt(len(v))
    return v.mean() - half, v.mean() + half
""",
        "largest over all": """
def cut_range(clicked, logged, target, largest):
    w = np.minimum(target / logged, largest)
    return (w * clicked).mean(), (w * clicked).mean() + largest / len(w)
""",
    },
    "15.replay_learner": {
        "rate without a prior": """
def replay_learner(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for a, y in zip(shown, clicked):
        if a == np.argmax(clicks / np.maximum(looks, 1)):
            clicks[a] += y
            looks[a] += 1
    return clicks.sum() / max(looks.sum(), 1), looks.sum()
""",
        "mean over the items": """
def replay_learner(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for a, y in zip(shown, clicked):
        if a == np.argmax((clicks + 1) / (looks + 2)):
            clicks[a] += y
            looks[a] += 1
    return np.mean(clicks / np.maximum(looks, 1)), looks.sum()
""",
        "weighted by the number of items": """
def replay_learner(shown, clicked, n_items):
    clicks, looks = np.zeros(n_items), np.zeros(n_items)
    for a, y in zip(shown, clicked):
        if a == np.argmax((clicks + 1) / (looks + 2)):
            clicks[a] += y
            looks[a] += 1
    return n_items * clicks.sum() / len(shown), looks.sum()
""",
    },
}
