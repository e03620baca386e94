"""Answers as people write them, to the exercises of lessons 00 to 06."""

RIGHT = {
    "00.share_of_likes": {
        "Series": """
def share_of_likes(ratings):
    return pd.Series(ratings).ge(4).mean()
""",
        "single precision": """
def share_of_likes(ratings):
    return np.float32(np.count_nonzero(ratings.astype("float32") >= 4)) / ratings.size
""",
        "loop": """
def share_of_likes(ratings):
    likes = 0
    for stars in ratings:
        if not stars < 4:
            likes += 1
    return likes / len(ratings)
""",
    },
    "01.ab_sample_size": {
        "negative floor": """
def ab_group(base_rate, relative_lift, power, alpha):
    p = np.array([base_rate, base_rate + base_rate * relative_lift])
    z = norm.ppf([1 - alpha / 2, power]).sum()
    return -int(-(z ** 2) * np.sum(p - p * p) // (p[1] - p[0]) ** 2)
""",
        "standard library, a float": """
from statistics import NormalDist
def ab_group(base_rate, relative_lift, power, alpha):
    z = NormalDist().inv_cdf(power) - NormalDist().inv_cdf(alpha / 2)
    new = base_rate * (1 + relative_lift)
    variance = base_rate * (1 - base_rate) + new * (1 - new)
    return float(np.ceil(variance * (z / (base_rate * relative_lift)) ** 2))
""",
        "whole part and one": """
def ab_group(base_rate, relative_lift, power, alpha):
    a, b = base_rate, base_rate * (1 + relative_lift)
    z = norm.isf(alpha / 2) + norm.ppf(power)
    return int(z * z * (a * (1 - a) + b * (1 - b)) / (a - b) ** 2) + 1
""",
    },
    "01.discovery": {
        "Series": """
def discovery(shown, liked, popularity, head):
    obvious = pd.Series(popularity).sort_values(ascending=False, kind="stable").index[:head]
    return pd.Series(shown).isin(np.setdiff1d(liked, obvious)).mean()
""",
        "sets": """
def discovery(shown, liked, popularity, head):
    order = np.lexsort((np.arange(len(popularity)), -popularity))
    return len(set(shown) & set(liked) - set(order[:head])) / len(shown)
""",
        "loop, and the head found one by one": """
def discovery(shown, liked, popularity, head):
    left = popularity.astype("float32")
    for _ in range(head):
        left[left.argmax()] = -1
    return sum(1 for item in shown if item in liked and left[item] >= 0) / len(shown)
""",
    },
    "01.winner": {
        "list and Python": """
def winner(bid, p_click):
    earned = [1000 * b * p for b, p in zip(bid, p_click)]
    return [earned.index(max(earned)), max(earned)]
""",
        "Series": """
def winner(bid, p_click):
    ecpm = pd.Series(bid) * pd.Series(p_click) * 1000
    return ecpm.idxmax(), ecpm.max()
""",
        "single precision, sorted": """
def winner(bid, p_click):
    value = bid.astype("float32") * p_click.astype("float32")
    return np.argsort(value)[-1], np.sort(value)[-1] * 1000
""",
    },
    "02.gini": {
        "trapezoids": """
def gini(counts, n_items):
    x = np.r_[np.zeros(n_items - len(counts) + 1), np.sort(counts)].cumsum()
    x /= x[-1]
    return 1 - ((x[1:] + x[:-1]) / n_items).sum()
""",
        "mean difference of all pairs": """
def gini(counts, n_items):
    x = list(counts) + [0] * (n_items - len(counts))
    return sum(abs(a - b) for a in x for b in x) / (2 * n_items * sum(x))
""",
        "ranks": """
def gini(counts, n_items):
    x = pd.Series(counts).reindex(range(n_items), fill_value=0).astype("float32")
    rank = x.rank(method="first")
    return ((2 * rank - n_items - 1) * x).sum() / (n_items * x.sum())
""",
    },
    "02.mature_labels": {
        "table": """
def training_set(shown_at, reported_at, now, wait):
    log = pd.DataFrame({"shown": shown_at, "reported": reported_at})
    old = log[log["shown"] + wait <= now]
    return old.index, old["reported"].le(now).astype(float)
""",
        "lists": """
def training_set(shown_at, reported_at, now, wait):
    rows = [i for i in range(len(shown_at)) if shown_at[i] <= now - wait]
    return [rows, [bool(reported_at[i] <= now) for i in rows]]
""",
        "where, and NaN filled on a copy": """
def training_set(shown_at, reported_at, now, wait):
    rows = np.where(now - shown_at >= wait)[0]
    reported = np.nan_to_num(reported_at[rows], nan=np.inf)
    return rows, np.where(reported > now, 0, 1)
""",
    },
    "02.split_sessions": {
        "groups": """
def sessions(user, time, gap):
    log = pd.DataFrame({"user": user, "time": time})
    return (log.groupby("user")["time"].diff() > gap).groupby(user).sum() + 1
""",
        "loop": """
def sessions(user, time, gap):
    counts = {}
    last = {}
    for who, when in zip(user, time):
        if who not in last or when - last[who] > gap:
            counts[who] = counts.get(who, 0) + 1
        last[who] = when
    return list(counts.values())
""",
        "split and sum": """
def sessions(user, time, gap):
    by_user = np.split(time, np.flatnonzero(np.diff(user)) + 1)
    return np.array([1.0 + np.count_nonzero(np.diff(times) > gap) for times in by_user])
""",
    },
    "03.cross": {
        "the largest id and one": """
def cross(a, b):
    return pd.factorize(a * (b.max() + 1) + b)[0]
""",
        "text with a separator": """
def cross(a, b):
    return pd.factorize(pd.Series(a).astype(str) + "x" + pd.Series(b).astype(str))[0]
""",
        "dict, as a list": """
def cross(a, b):
    seen = {}
    return [seen.setdefault((first, second), len(seen)) for first, second in zip(a, b)]
""",
        "sorted, then by first appearance": """
def cross(a, b):
    _, first, number = np.unique(np.c_[b, a], axis=0, return_index=True, return_inverse=True)
    return first.argsort().argsort()[number.ravel()]
""",
    },
    "03.out_of_fold": {
        "table of each fold": """
def out_of_fold_mean(keys, y, fold):
    rows = pd.DataFrame({"key": keys, "y": y, "fold": fold})
    for own, part in rows.groupby("fold"):
        others = rows[rows["fold"] != own]
        means = others.groupby("key")["y"].mean()
        rows.loc[part.index, "mean"] = part["key"].map(means).fillna(others["y"].mean())
    return rows["mean"]
""",
        "sums less the own fold's": """
def out_of_fold_mean(keys, y, fold):
    rows = pd.DataFrame({"key": keys, "y": y, "fold": fold})
    all_, own = rows.groupby("key")["y"], rows.groupby(["key", "fold"])["y"]
    n = all_.transform("size") - own.transform("size")
    mean = (all_.transform("sum") - own.transform("sum")) / n.where(n > 0)
    other = [y[fold != f].mean() for f in fold]
    return mean.where(n > 0, other).astype("float32")
""",
        "matrices": """
def out_of_fold_mean(keys, y, fold):
    others = np.not_equal.outer(fold, fold)
    same = others & np.equal.outer(keys, keys)
    mask = np.where(same.any(axis=1, keepdims=True), same, others)
    return (mask * y).sum(axis=1) / mask.sum(axis=1)
""",
    },
    "03.past_rate": {
        "groups": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    by_key = pd.Series(clicked).groupby(keys)
    c = by_key.transform(lambda one: one.shift(fill_value=0).cumsum())
    return (c + prior_strength * prior_rate) / (by_key.cumcount() + prior_strength)
""",
        "all earlier rows": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    rates = []
    for i, key in enumerate(keys):
        earlier = clicked[:i][keys[:i] == key]
        rates.append((earlier.sum() + prior_strength * prior_rate) / (earlier.size + prior_strength))
    return rates
""",
        "moving mean, single precision": """
from collections import defaultdict
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    mean, n = defaultdict(lambda: np.float32(prior_rate)), defaultdict(lambda: prior_strength)
    rates = np.zeros(len(keys), "float32")
    for i, (key, click) in enumerate(zip(keys, clicked)):
        rates[i] = mean[key]
        n[key] += 1
        mean[key] += (click - mean[key]) / n[key]
    return rates
""",
    },
    "04.average_precision": {
        "loop over all lists so far": """
def average_precision(recommended, relevant, k):
    total = 0
    for p in range(1, k + 1):
        if recommended[p - 1] in relevant:
            total += np.isin(recommended[:p], relevant).mean()
    return total / min(k, len(relevant))
""",
        "expanding mean": """
def average_precision(recommended, relevant, k):
    hits = pd.Series(recommended[:k]).isin(relevant)
    return hits.expanding().mean()[hits].sum() / min(k, len(set(relevant)))
""",
        "places of the hits, single precision": """
def average_precision(recommended, relevant, k):
    places = 1 + np.flatnonzero(np.isin(recommended, relevant)[:k])
    return (np.arange(1, len(places) + 1) / places.astype("float32")).sum() / np.minimum(k, len(relevant))
""",
    },
    "04.ndcg": {
        "scikit-learn": """
from sklearn.metrics import dcg_score
def ndcg(recommended, relevant, k):
    hits = np.isin(recommended, relevant).astype(float)
    best = np.r_[np.ones(len(relevant)), np.zeros(k)]
    order = lambda gains: -np.arange(len(gains))[None]
    return dcg_score(hits[None], order(hits), k=k) / dcg_score(best[None], order(best), k=k)
""",
        "natural logarithms": """
def ndcg(recommended, relevant, k):
    wanted = set(relevant)
    dcg = sum(1 / np.log(p + 2) for p, film in enumerate(recommended[:k]) if film in wanted)
    return dcg / sum(1 / np.log(p + 2) for p in range(min(k, len(wanted))))
""",
        "single precision and a product": """
def ndcg(recommended, relevant, k):
    discount = (1 / np.log2(np.arange(k, dtype="float32") + 2))
    ideal = np.arange(k) < len(relevant)
    return discount @ np.isin(recommended[:k], relevant) / (discount @ ideal)
""",
    },
    "04.split_by_time": {
        "ranks": """
def fold_in_split(user, time, cut):
    rows = pd.DataFrame({"user": user, "time": time})
    later = rows[rows["time"] >= cut].sort_values("time")
    number = later.groupby("user").cumcount()
    half = later.groupby("user")["time"].transform("size") // 2
    return (1 + (number >= half)).reindex(rows.index, fill_value=0)
""",
        "lists and int()": """
def fold_in_split(user, time, cut):
    part = [0] * len(user)
    for one in set(user):
        later = sorted((t, i) for i, t in enumerate(time) if t >= cut and user[i] == one)
        for place, (_, i) in enumerate(later):
            part[i] = 1 if place < int(len(later) / 2) else 2
    return part
""",
        "median of each user": """
def fold_in_split(user, time, cut):
    part = np.where(time < cut, 0.0, 2.0)
    for one in np.unique(user):
        mine = (user == one) & (time >= cut)
        if mine.any():
            part[mine & (time < np.median(time[mine]))] = 1
    return part
""",
    },
    "05.nearest": {
        "scikit-learn": """
from sklearn.metrics.pairwise import cosine_similarity
def nearest(item_factors, film, k):
    closeness = cosine_similarity(item_factors[[film]], item_factors)[0]
    return [other for other in np.argsort(-closeness) if other != film][:k]
""",
        "distance on the sphere": """
def nearest(item_factors, film, k):
    unit = item_factors / np.sqrt((item_factors**2).sum(axis=1))[:, None]
    away = np.linalg.norm(unit - unit[film], axis=1)
    away[film] = np.inf
    return pd.Series(away).nsmallest(k).index
""",
        "single precision and scipy": """
from scipy.spatial.distance import cdist
def nearest(item_factors, film, k):
    vectors = item_factors.astype("float32")
    order = cdist(vectors[[film]], vectors, "cosine")[0].argsort()
    return order[order != film][:k].tolist()
""",
        "angles": """
def nearest(item_factors, film, k):
    cosine = lambda v: v @ item_factors[film] / (np.linalg.norm(v) * np.linalg.norm(item_factors[film]))
    others = np.delete(np.arange(len(item_factors)), film)
    return sorted(others, key=lambda i: np.arccos(np.clip(cosine(item_factors[i]), -1, 1)))[:k]
""",
    },
    "05.sgd_step": {
        "in place on copies": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    error = rating - mean - user_bias - item_bias - np.dot(p, q)
    new_p, new_q = p.copy(), q.copy()
    user_bias += rate * (error - regularization * user_bias)
    item_bias += rate * (error - regularization * item_bias)
    new_p += rate * (error * q - regularization * p)
    new_q += rate * (error * p - regularization * q)
    return user_bias, item_bias, new_p, new_q
""",
        "gradients, as a list": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    residual = mean + user_bias + item_bias + sum(p * q) - rating
    old = [user_bias, item_bias, p, q]
    slopes = [residual + regularization * user_bias, residual + regularization * item_bias,
              residual * q + regularization * p, residual * p + regularization * q]
    return [value - rate * slope for value, slope in zip(old, slopes)]
""",
        "shrink, then pull, in single precision": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    p, q = p.astype("float32"), q.astype("float32")
    pull = rate * (rating - (mean + user_bias + item_bias + p @ q))
    keep = 1 - rate * regularization
    return keep * user_bias + pull, keep * item_bias + pull, keep * p + pull * q, keep * q + pull * p
""",
    },
    "05.user_step": {
        "all weights in a diagonal": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    like = np.isin(np.arange(len(item_factors)), liked)
    W = np.diag(np.where(like, 1.0, unobserved_weight))
    A = item_factors.T @ W @ item_factors + np.diag([regularization] * item_factors.shape[1])
    return np.linalg.inv(A) @ item_factors.T @ W @ like
""",
        "loop over the films": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    n, f = item_factors.shape
    A, b = regularization * np.identity(f), np.zeros(f)
    for i in range(n):
        w = 1 if i in liked else unobserved_weight
        A += w * np.outer(item_factors[i], item_factors[i])
        b += (i in liked) * item_factors[i]
    return np.linalg.solve(A, b).tolist()
""",
        "scipy and single precision": """
from scipy.linalg import solve
def user_vector(liked, item_factors, unobserved_weight, regularization):
    Y = item_factors.astype("float32")
    A = unobserved_weight * (Y.T @ Y) + (1 - unobserved_weight) * (Y[liked].T @ Y[liked])
    A.flat[:: len(A) + 1] += regularization
    return solve(A, Y[liked].sum(axis=0), assume_a="pos")
""",
        "scikit-learn's ridge": """
from sklearn.linear_model import Ridge
def user_vector(liked, item_factors, unobserved_weight, regularization):
    target = np.zeros(len(item_factors))
    target[liked] = 1
    weight = np.where(target, 1, unobserved_weight)
    return Ridge(alpha=regularization, fit_intercept=False).fit(item_factors, target, weight).coef_
""",
    },
    "06.paired_interval": {
        "percentile in a loop": """
def paired_interval(a, b, resamples):
    means = []
    for users in resamples:
        means.append((a[users] - b[users]).mean())
    return np.mean(a) - np.mean(b), np.percentile(means, 2.5), np.percentile(means, 97.5)
""",
        "means subtracted draw by draw": """
def paired_interval(a, b, resamples):
    gains = pd.DataFrame(a[resamples]).mean(axis=1) - pd.DataFrame(b[resamples]).mean(axis=1)
    low, high = gains.quantile([0.025, 0.975])
    return [(a - b).mean(), low, high]
""",
        "single precision, counted": """
def paired_interval(a, b, resamples):
    gain = (a - b).astype("float32")
    means = np.sort(np.take(gain, resamples).mean(axis=1))
    cut = len(means) // 40
    return gain.mean(), means[cut], means[-cut - 1]
""",
    },
    "06.rerank": {
        "lists": """
def diverse_list(scores, vectors, dial, k):
    cosine = lambda i, j: vectors[i] @ vectors[j] / np.sqrt(vectors[i] @ vectors[i] * (vectors[j] @ vectors[j]))
    chosen = []
    while len(chosen) < k:
        def value(i):
            return (1 - dial) * scores[i] - dial * max([cosine(i, j) for j in chosen], default=0)
        chosen.append(max((i for i in range(len(scores)) if i not in chosen), key=value))
    return chosen
""",
        "scikit-learn": """
from sklearn.metrics.pairwise import cosine_similarity
def diverse_list(scores, vectors, dial, k):
    similarity = cosine_similarity(vectors)
    left, chosen = list(range(len(scores))), []
    for _ in range(k):
        closest = similarity[left][:, chosen].max(axis=1) if chosen else 0
        chosen.append(left.pop(np.argmax((1 - dial) * scores[left] - dial * closest)))
    return chosen
""",
        "single precision, rewards what is new": """
def diverse_list(scores, vectors, dial, k):
    unit = (vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype("float32")
    new = np.ones(len(scores))
    value = (1 - dial) * pd.Series(scores)
    order = []
    for _ in range(k):
        best = (value + dial * new).drop(order).idxmax()
        order.append(best)
        away = 1 - unit @ unit[best]
        new = away if len(order) == 1 else np.minimum(new, away)
    return pd.Series(order)
""",
    },
    "06.worst_slice": {
        "filter and sort": """
def worst_slice(slice_of, gain, least):
    users = pd.DataFrame({"slice": slice_of, "gain": gain}).dropna()
    users = users.groupby("slice").filter(lambda one: len(one) >= least)
    means = users.groupby("slice")["gain"].mean().sort_values()
    return means.index[0], (users["slice"] == means.index[0]).sum(), means.iloc[0]
""",
        "loop": """
def worst_slice(slice_of, gain, least):
    worst = None
    for name in set(slice_of):
        values = [g for s, g in zip(slice_of, gain) if s == name and not np.isnan(g)]
        if len(values) >= least and (worst is None or sum(values) / len(values) < worst[2]):
            worst = name, len(values), sum(values) / len(values)
    return worst
""",
        "arrays in single precision": """
def worst_slice(slice_of, gain, least):
    there = ~np.isnan(gain)
    names, number = np.unique(slice_of[there], return_inverse=True)
    counts = np.bincount(number)
    means = np.bincount(number, gain[there].astype("float32")) / counts
    worst = np.argmin(np.where(counts < least, np.inf, means))
    return [names[worst], float(counts[worst]), means[worst]]
""",
    },
}
WRONG = {
    "00.share_of_likes": {
        "rounded to whole stars": """
def share_of_likes(ratings):
    return (np.round(ratings) >= 4).mean()
""",
        "likes for each dislike": """
def share_of_likes(ratings):
    return (ratings >= 4).sum() / (ratings < 4).sum()
""",
        "mean rating": """
def share_of_likes(ratings):
    return ratings.mean() / 5
""",
    },
    "01.ab_sample_size": {
        "variance of the mean rate": """
def ab_group(base_rate, relative_lift, power, alpha):
    a, b = base_rate, base_rate * (1 + relative_lift)
    p = (a + b) / 2
    z = norm.isf(alpha / 2) + norm.ppf(power)
    return int(np.ceil(z * z * 2 * p * (1 - p) / (a - b) ** 2))
""",
        "variance of the first group twice": """
def ab_group(base_rate, relative_lift, power, alpha):
    z = norm.isf(alpha / 2) + norm.ppf(power)
    return int(np.ceil(z * z * 2 * base_rate * (1 - base_rate) / (base_rate * relative_lift) ** 2))
""",
        "quantile of the wrong tail": """
def ab_group(base_rate, relative_lift, power, alpha):
    a, b = base_rate, base_rate * (1 + relative_lift)
    z = norm.ppf(1 - alpha / 2) + norm.ppf(1 - power)
    return int(np.ceil(z * z * (a * (1 - a) + b * (1 - b)) / (a - b) ** 2))
""",
        "standard deviations added": """
def ab_group(base_rate, relative_lift, power, alpha):
    a, b = base_rate, base_rate * (1 + relative_lift)
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    return int(np.ceil((z * (np.sqrt(a * (1 - a)) + np.sqrt(b * (1 - b))) / (a - b)) ** 2))
""",
    },
    "01.discovery": {
        "above the threshold only": """
def discovery(shown, liked, popularity, head):
    limit = np.sort(popularity)[-head]
    return (np.isin(shown, liked) & (popularity[shown] <= limit)).mean()
""",
        "head of the list": """
def discovery(shown, liked, popularity, head):
    return np.isin(shown[head:], liked).sum() / len(shown)
""",
        "share of what is not obvious": """
def discovery(shown, liked, popularity, head):
    order = np.argsort(-popularity, kind="stable")
    new = shown[~np.isin(shown, order[:head])]
    return np.isin(new, liked).mean()
""",
        "as many as the list is long": """
def discovery(shown, liked, popularity, head):
    order = np.argsort(-popularity, kind="stable")
    return (np.isin(shown, liked) & ~np.isin(shown, order[: len(shown)])).mean()
""",
    },
    "01.winner": {
        "of all ads": """
def winner(bid, p_click):
    value = bid * p_click
    return value.argmax(), 1000 * value.sum()
""",
        "best bid for a click that is likely": """
def winner(bid, p_click):
    likely = np.where(p_click >= np.median(p_click), bid, 0)
    best = likely.argmax()
    return best, 1000 * p_click.mean() * bid[best]
""",
        "bid over probability": """
def winner(bid, p_click):
    value = bid / p_click
    return value.argmin(), 1000 * value.min()
""",
        "counted from one": """
def winner(bid, p_click):
    value = list(bid * p_click)
    return value.index(max(value)) + 1, 1000 * max(value)
""",
    },
    "02.gini": {
        "share of the top tenth": """
def gini(counts, n_items):
    x = np.sort(counts)[::-1]
    return x[: n_items // 10 + 1].sum() / x.sum()
""",
        "each count once": """
def gini(counts, n_items):
    x = np.unique(np.append(counts, np.zeros(n_items - len(counts))))
    i = np.arange(1, len(x) + 1)
    return ((2 * i - len(x) - 1) * x).sum() / (len(x) * x.sum())
""",
        "zeros in the sum, not in n": """
def gini(counts, n_items):
    x = np.sort(np.append(counts, np.zeros(n_items - len(counts))))
    i = np.arange(1, n_items + 1)
    return ((2 * i - n_items - 1) * x).sum() / (len(counts) * x.sum())
""",
        "spread over the mean": """
def gini(counts, n_items):
    x = np.append(counts, np.zeros(n_items - len(counts)))
    return x.std() / x.mean()
""",
    },
    "02.mature_labels": {
        "NaN taken for 0": """
def training_set(shown_at, reported_at, now, wait):
    rows = np.flatnonzero(now - shown_at >= wait)
    return rows, (np.nan_to_num(reported_at)[rows] <= now).astype(int)
""",
        "age measured from the report": """
def training_set(shown_at, reported_at, now, wait):
    rows = np.flatnonzero(now - np.fmax(shown_at, reported_at) >= wait)
    return rows, (reported_at[rows] <= now).astype(int)
""",
        "in order of time": """
def training_set(shown_at, reported_at, now, wait):
    order = np.argsort(shown_at)
    rows = order[shown_at[order] <= now - wait]
    return rows, (reported_at[rows] <= now).astype(int)
""",
        "labels of all rows": """
def training_set(shown_at, reported_at, now, wait):
    return np.flatnonzero(shown_at <= now - wait), (reported_at <= now).astype(int)
""",
    },
    "02.split_sessions": {
        "length over the gap": """
def sessions(user, time, gap):
    times = pd.Series(time).groupby(user)
    return 1 + (times.max() - times.min()) // gap
""",
        "last user forgotten": """
def sessions(user, time, gap):
    counts, n = [], 1
    for i in range(1, len(user)):
        if user[i] != user[i - 1]:
            counts.append(n)
            n = 1
        elif time[i] - time[i - 1] > gap:
            n += 1
    return counts
""",
        "mean pause": """
def sessions(user, time, gap):
    return pd.Series(time).groupby(user).apply(lambda t: 1 + (t.diff() > max(gap, t.diff().mean())).sum())
""",
    },
    "03.cross": {
        "the number of second ids": """
def cross(a, b):
    return pd.factorize(a * len(np.unique(b)) + b)[0]
""",
        "the largest first id": """
def cross(a, b):
    return pd.factorize(a * (a.max() + 1) + b)[0]
""",
        "the largest id less one": """
def cross(a, b):
    return pd.factorize(a * (b.max() - 1) + b)[0]
""",
        "product": """
def cross(a, b):
    return pd.factorize((a + 1) * (b + 1))[0]
""",
        "bits on top of each other": """
def cross(a, b):
    return pd.factorize((a << 10) | b)[0]
""",
    },
    "03.out_of_fold": {
        "mean of the folds' means": """
def out_of_fold_mean(keys, y, fold):
    rows = pd.DataFrame({"key": keys, "y": y, "fold": fold})
    means = rows.groupby(["key", "fold"])["y"].mean()
    out = []
    for key, own in zip(keys, fold):
        others = means[key].drop(own)
        out.append(others.mean() if len(others) else y[fold != own].mean())
    return out
""",
        "earlier folds": """
def out_of_fold_mean(keys, y, fold):
    out = []
    for i in range(len(y)):
        mask = (fold < fold[i]) & (keys == keys[i])
        out.append(y[mask].mean() if mask.any() else y[fold != fold[i]].mean())
    return out
""",
        "fallback of the key": """
def out_of_fold_mean(keys, y, fold):
    out = []
    for i in range(len(y)):
        mask = (fold != fold[i]) & (keys == keys[i])
        out.append(y[mask].mean() if mask.any() else y[keys == keys[i]].mean())
    return out
""",
    },
    "03.past_rate": {
        "no key": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    n = np.arange(len(keys))
    return (np.cumsum(clicked) - clicked + prior_strength * prior_rate) / (n + prior_strength)
""",
        "prior for new keys only": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    mean = groups.transform(lambda one: one.shift().expanding().mean())
    return mean.fillna(prior_rate)
""",
        "later rows": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked[::-1]).groupby(keys[::-1])
    rate = (groups.cumsum() - clicked[::-1] + prior_strength * prior_rate) / (groups.cumcount() + prior_strength)
    return rate.to_numpy()[::-1]
""",
        "weights added to the rates": """
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    n, c = groups.cumcount(), groups.cumsum() - clicked
    w = prior_strength / (n + prior_strength)
    return w * prior_rate + (c / n).fillna(0)
""",
    },
    "04.average_precision": {
        "precision at the last hit": """
def average_precision(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    last = np.flatnonzero(hits)[-1] + 1
    return hits.sum() / last / min(k, len(relevant))
""",
        "places from zero": """
def average_precision(recommended, relevant, k):
    found, total = 0, 0.0
    for place, film in enumerate(recommended[:k]):
        if film in relevant:
            total += found / max(place, 1)
            found += 1
    return total / min(k, len(relevant))
""",
        "in the order of relevance": """
def average_precision(recommended, relevant, k):
    hits = np.isin(relevant[:k], recommended[:k])
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return (precision * hits).sum() / min(k, len(relevant))
""",
        "sorted first": """
def average_precision(recommended, relevant, k):
    hits = np.isin(np.intersect1d(recommended, recommended)[:k], relevant)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return (precision * hits).sum() / min(k, len(relevant))
""",
    },
    "04.ndcg": {
        "places from zero": """
def ndcg(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    discount = 1 / np.log2(np.maximum(np.arange(k), 0.5) + 1)
    return (hits * discount).sum() / discount[: len(relevant)].sum()
""",
        "logarithm of one more only in the ideal": """
def ndcg(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    place = np.arange(1, k + 1)
    ideal = (1 / np.log2(place + 1))[: len(relevant)].sum()
    return (hits / np.log(place + 1)).sum() / ideal
""",
        "ideal of the whole list": """
def ndcg(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    discount = 1 / np.log2(np.arange(2, len(hits) + 2))
    return (hits * discount)[:k].sum() / (np.sort(hits)[::-1] * discount)[:k].sum()
""",
        "whole list": """
def ndcg(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    discount = 1 / np.log2(np.arange(2, len(hits) + 2))
    return (hits * discount).sum() / discount[: min(k, len(relevant))].sum()
""",
    },
    "04.split_by_time": {
        "half of the time": """
def fold_in_split(user, time, cut):
    part = np.where(time < cut, 0, 2)
    for one in np.unique(user):
        mine = (user == one) & (time >= cut)
        if mine.any():
            middle = (time[mine].min() + time[mine].max()) / 2
            part[mine & (time < middle)] = 1
    return part
""",
        "halves exchanged": """
def fold_in_split(user, time, cut):
    part = np.zeros(len(user), int)
    for one in np.unique(user):
        rows = np.flatnonzero((user == one) & (time >= cut))
        rows = rows[np.argsort(time[rows])]
        part[rows] = 1
        part[rows[: len(rows) // 2]] = 2
    return part
""",
        "the last like only": """
def fold_in_split(user, time, cut):
    later = pd.Series(time)[time >= cut]
    last = later.groupby(user[time >= cut]).transform("max") == later
    return (1 + last).reindex(range(len(user)), fill_value=0)
""",
        "at least one of each": """
def fold_in_split(user, time, cut):
    part = np.zeros(len(user), int)
    for one in np.unique(user):
        rows = np.flatnonzero((user == one) & (time >= cut))
        rows = rows[np.argsort(time[rows])]
        half = max(1, len(rows) // 2)
        part[rows[:half]], part[rows[half:]] = 1, 2
    return part
""",
    },
    "05.nearest": {
        "the first left out, ascending": """
def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    order = np.argsort(unit @ unit[film], kind="stable")
    return order[::-1][1 : k + 1]
""",
        "the first left out, descending": """
def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    return np.argsort(-(unit @ unit[film]), kind="stable")[1 : k + 1]
""",
        "either direction": """
def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=1, keepdims=True)
    closeness = np.abs(unit @ unit[film])
    closeness[film] = -1
    return np.argsort(-closeness)[:k]
""",
        "lengths along the wrong axis": """
def nearest(item_factors, film, k):
    unit = item_factors / np.linalg.norm(item_factors, axis=0)
    closeness = unit @ unit[film]
    closeness[film] = -np.inf
    return np.argsort(-closeness)[:k]
""",
        "correlation": """
def nearest(item_factors, film, k):
    closeness = np.corrcoef(np.c_[item_factors, item_factors[:, 0]])[film]
    closeness[film] = -np.inf
    return np.argsort(-closeness)[:k]
""",
    },
    "05.sgd_step": {
        "twice the error": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    e = 2 * (rating - mean - user_bias - item_bias - p @ q)
    return (user_bias + rate * (e - regularization * user_bias), item_bias + rate * (e - regularization * item_bias),
            p + rate * (e * q - regularization * p), q + rate * (e * p - regularization * q))
""",
        "each with its own": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    e = rating - mean - user_bias - item_bias - p @ q
    return (user_bias + rate * (e - regularization * user_bias), item_bias + rate * (e - regularization * item_bias),
            p + rate * (e * p - regularization * p), q + rate * (e * q - regularization * q))
""",
        "no penalty on the biases": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    e = rating - mean - user_bias - item_bias - p @ q
    return (user_bias + rate * e, item_bias + rate * e,
            p + rate * (e * q - regularization * p), q + rate * (e * p - regularization * q))
""",
        "the steps only": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    e = rating - mean - user_bias - item_bias - p @ q
    return (rate * (e - regularization * user_bias), rate * (e - regularization * item_bias),
            rate * (e * q - regularization * p), rate * (e * p - regularization * q))
""",
        "error anew after each step": """
def step(rating, mean, user_bias, item_bias, p, q, rate, regularization):
    error = lambda: rating - mean - user_bias - item_bias - p @ q
    user_bias = user_bias + rate * (error() - regularization * user_bias)
    item_bias = item_bias + rate * (error() - regularization * item_bias)
    p, q = p + rate * (error() * q - regularization * p), q + rate * (error() * p - regularization * q)
    return user_bias, item_bias, p, q
""",
    },
    "05.user_step": {
        "two ridges": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    Y, S, ridge = item_factors, item_factors[liked], regularization * np.eye(item_factors.shape[1])
    gram = unobserved_weight * Y.T @ Y + ridge
    return np.linalg.solve(gram + (1 - unobserved_weight) * S.T @ S + ridge, S.sum(axis=0))
""",
        "all films in the target": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    Y, S, ridge = item_factors, item_factors[liked], regularization * np.eye(item_factors.shape[1])
    A = unobserved_weight * Y.T @ Y + (1 - unobserved_weight) * S.T @ S + ridge
    return np.linalg.solve(A, Y.sum(axis=0))
""",
        "weight in the ridge": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    Y, S, ridge = item_factors, item_factors[liked], regularization * np.eye(item_factors.shape[1])
    return np.linalg.solve(unobserved_weight * (Y.T @ Y + ridge) + (1 - unobserved_weight) * S.T @ S, S.sum(axis=0))
""",
        "mean of the liked films": """
def user_vector(liked, item_factors, unobserved_weight, regularization):
    return item_factors[liked].mean(axis=0)
""",
    },
    "06.paired_interval": {
        "other draws for the second model": """
def paired_interval(a, b, resamples):
    means = a[resamples].mean(axis=1) - b[resamples[::-1]].mean(axis=1)
    return (a - b).mean(), *np.quantile(means, [0.025, 0.975])
""",
        "turned round at the estimate": """
def paired_interval(a, b, resamples):
    gain = a - b
    low, high = np.quantile(gain[resamples].mean(axis=1), [0.025, 0.975])
    return gain.mean(), 2 * gain.mean() - high, 2 * gain.mean() - low
""",
        "spread of the draws, times 1.96": """
def paired_interval(a, b, resamples):
    gain = a - b
    spread = 1.96 * gain[resamples].mean(axis=1).std()
    return gain.mean(), gain.mean() - spread, gain.mean() + spread
""",
        "smallest and largest": """
def paired_interval(a, b, resamples):
    means = (a - b)[resamples].mean(axis=1)
    return (a - b).mean(), means.min(), means.max()
""",
        "users drawn twice count once": """
def paired_interval(a, b, resamples):
    means = [(a - b)[np.unique(users)].mean() for users in resamples]
    return (a - b).mean(), *np.quantile(means, [0.025, 0.975])
""",
    },
    "06.rerank": {
        "cosines clipped at 0": """
def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    closest, chosen = np.zeros(len(scores)), []
    for _ in range(k):
        value = (1 - dial) * scores - dial * closest
        value[chosen] = -np.inf
        chosen.append(value.argmax())
        closest = np.maximum(closest, np.clip(unit @ unit[chosen[-1]], 0, None))
    return chosen
""",
        "in a fixed order: down the scores, past what is near": """
def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-scores).tolist()
    chosen = [film for n, film in enumerate(order) if n == 0 or (unit[order[:n]] @ unit[film]).max() < 1 - dial]
    return (chosen + [film for film in order if film not in chosen])[:k]
""",
        "new films at the front": """
def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = [scores.argmax()]
    for _ in range(k - 1):
        value = (1 - dial) * scores - dial * (unit @ unit[chosen].T).max(axis=1)
        value[chosen] = -np.inf
        chosen.insert(0, value.argmax())
    return chosen
""",
        "in the order of the films": """
def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = [scores.argmax()]
    for _ in range(k - 1):
        value = (1 - dial) * scores - dial * (unit @ unit[chosen].T).max(axis=1)
        value[chosen] = -np.inf
        chosen.append(value.argmax())
    return np.sort(chosen)
""",
        "smallest cosine": """
def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = [scores.argmax()]
    for _ in range(k - 1):
        value = (1 - dial) * scores - dial * (unit @ unit[chosen].T).min(axis=1)
        value[chosen] = -np.inf
        chosen.append(value.argmax())
    return chosen
""",
        "the best k, sorted for variety": """
def diverse_list(scores, vectors, dial, k):
    top = np.argsort(-scores)[:k]
    unit = vectors[top] / np.linalg.norm(vectors[top], axis=1, keepdims=True)
    chosen = [0]
    for _ in range(k - 1):
        value = (1 - dial) * scores[top] - dial * (unit @ unit[chosen].T).max(axis=1)
        value[chosen] = -np.inf
        chosen.append(value.argmax())
    return top[chosen]
""",
    },
    "06.worst_slice": {
        "largest loss of one user": """
def worst_slice(slice_of, gain, least):
    worst = slice_of[np.nanargmin(gain)]
    values = gain[slice_of == worst]
    return worst, np.sum(~np.isnan(values)), np.nanmean(values)
""",
        "support counts all users, the result those with a gain": """
def worst_slice(slice_of, gain, least):
    table = pd.Series(gain).groupby(slice_of).agg(["size", "count", "mean"])
    row = table[table["size"] >= least].sort_values("mean").iloc[0]
    return row.name, row["count"], row["mean"]
""",
        "position of the slice": """
def worst_slice(slice_of, gain, least):
    table = pd.Series(gain).groupby(slice_of).agg(["count", "mean"])
    table = table[table["count"] >= least]
    n = table["mean"].argmin()
    return n, table["count"].iloc[n], table["mean"].iloc[n]
""",
        "losers only": """
def worst_slice(slice_of, gain, least):
    losses = pd.Series(gain[gain < 0]).groupby(slice_of[gain < 0]).agg(["count", "mean"])
    losses = losses[losses["count"] >= least]
    worst = losses["mean"].idxmin()
    return worst, losses.loc[worst, "count"], losses.loc[worst, "mean"]
""",
    },
}
