"""Answers as people write them, to the exercises of lessons 07 to 11, 18 and 19."""

RIGHT = {
    "07.first_rows": {
        "stable sort and count": """
def first_rows(users, times, n):
    rows = pd.DataFrame({"user": users, "time": times}).sort_values("time", kind="stable")
    return (rows.groupby("user").cumcount() < n).sort_index()
""",
        "loop over users, as a list": """
def first_rows(users, times, n):
    keep = [False] * len(users)
    for user in set(users):
        rows = sorted((times[i], i) for i in range(len(users)) if users[i] == user)
        for _, i in rows[:n]:
            keep[i] = True
    return keep
""",
    },
    "07.not_beaten": {
        "broadcast": """
def not_beaten(quality, cost):
    no_worse = (quality[:, None] >= quality) & (cost[:, None] <= cost)
    better = (quality[:, None] > quality) | (cost[:, None] < cost)
    return np.flatnonzero(~(no_worse & better).any(axis=0))
""",
        "no better at this price or below": """
def not_beaten(quality, cost):
    return [i for i in range(len(cost)) if quality[i] == quality[cost <= cost[i]].max()
            and cost[i] == cost[quality >= quality[i]].min()]
""",
    },
    "07.machines": {
        "seconds first": """
def machines(requests_per_second, milliseconds, cores, utilization):
    seconds = milliseconds / 1000
    return float(np.ceil(requests_per_second * seconds / utilization / cores))
""",
        "negative floor": """
def machines(requests_per_second, milliseconds, cores, utilization):
    return -int(-(requests_per_second * milliseconds) // (1000 * cores * utilization))
""",
    },
    "08.ad_rates": {
        "bincount and single precision": """
def ad_rates(ads, clicked, new_ads, strength):
    size = max(ads.max(), new_ads.max()) + 1
    c = np.bincount(ads, clicked, minlength=size).astype("float32")
    n = np.bincount(ads, minlength=size)
    return ((c + strength * clicked.mean()) / (n + strength))[new_ads]
""",
        "dict and list": """
def ad_rates(ads, clicked, new_ads, strength):
    seen = {}
    for ad, click in zip(ads.tolist(), clicked.tolist()):
        seen.setdefault(ad, []).append(click)
    prior = sum(clicked) / len(clicked)
    return [(sum(seen.get(ad, [])) + strength * prior) / (len(seen.get(ad, [])) + strength) for ad in new_ads.tolist()]
""",
    },
    "08.report": {
        "scikit-learn": """
from sklearn.metrics import log_loss
def entropy_of_report(shown, clicks, p, background):
    labels = np.repeat([1, 0], len(shown))
    weights = np.concatenate([clicks, shown - clicks])
    model, plain = np.tile(p, 2), np.full(2 * len(p), background)
    return log_loss(labels, model, sample_weight=weights) / log_loss(labels, plain, sample_weight=weights)
""",
        "scipy and base 2": """
from scipy.special import xlog1py, xlogy
def entropy_of_report(shown, clicks, p, background):
    bits = lambda q: (xlogy(clicks, q) + xlog1py(shown - clicks, -q)).sum() / np.log(2)
    return np.float32(bits(p) / bits(background))
""",
    },
    "08.undo_weights": {
        "log-odds of scipy": """
from scipy.special import expit, logit
def undo_weights(p, weight):
    return expit(logit(p) - np.log(weight))
""",
        "list": """
def undo_weights(p, weight):
    odds = [one / (1 - one) / weight for one in p]
    return [one / (1 + one) for one in odds]
""",
        "in place on a copy": """
def undo_weights(p, weight):
    odds = p.copy()
    odds /= (1 - odds) * weight
    odds /= 1 + odds
    return odds
""",
    },
    "09.ftrl_step": {
        "mask and in place on copies": """
def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    z, n = z.copy(), n.copy()
    w = np.zeros(len(z))
    big = np.abs(z) > l1
    w[big] = (np.sign(z[big]) * l1 - z[big]) / ((beta + n[big] ** 0.5) / alpha + l2)
    g = (1 / (1 + np.exp(-np.dot(x, w))) - clicked) * x
    z += g - (np.sqrt(n + g * g) - np.sqrt(n)) / alpha * w
    n += g * g
    return [z, n]
""",
        "single precision": """
def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    x, z, n = (one.astype("float32") for one in (x, z, n))
    w = -np.sign(z) * np.clip(np.abs(z) - l1, 0, None) / ((beta + np.sqrt(n)) / alpha + l2)
    g = (1 / (1 + np.exp(-w @ x)) - clicked) * x
    return z + g - (np.sqrt(n + g**2) - np.sqrt(n)) / alpha * w, n + g**2
""",
    },
    "09.score_ads": {
        "all pairs in a loop": """
from itertools import combinations
def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    among = sum(a @ b for a, b in combinations(vectors, 2))
    return [bias + sum(weights) + w + among + sum(v @ a for v in vectors) for w, a in zip(ad_weights, ad_vectors)]
""",
        "einsum": """
def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    gram = vectors @ vectors.T
    pairs = np.tril(gram, -1).sum()
    return bias + weights.sum() + pairs + ad_weights + np.einsum("nk,mk->n", ad_vectors, vectors)
""",
    },
    "09.worth_discussing": {
        "broadcast, as a Series": """
def worth_discussing(gain, cost):
    as_good = (gain[None] >= gain[:, None]) & (cost[None] <= cost[:, None])
    better = (gain[None] > gain[:, None]) | (cost[None] < cost[:, None])
    return pd.Series(~(as_good & better).any(axis=1))
""",
        "zeros and ones": """
def worth_discussing(gain, cost):
    out = []
    for i in range(len(gain)):
        beaten = 0
        for j in range(len(gain)):
            if gain[j] >= gain[i] and cost[j] <= cost[i] and (gain[j], cost[j]) != (gain[i], cost[i]):
                beaten = 1
        out.append(1 - beaten)
    return out
""",
    },
    "10.page_prices": {
        "table": """
def page_prices(bid, p, n_slots, reserve):
    page = pd.DataFrame({"p": p, "score": bid * p}).sort_values("score", ascending=False)
    page["next"] = page["score"].shift(-1, fill_value=0.0).clip(lower=reserve)
    page = page[page["score"] >= reserve].head(n_slots)
    return page["next"] / page["p"]
""",
        "price by price": """
def page_prices(bid, p, n_slots, reserve):
    ads = sorted(range(len(bid)), key=lambda ad: bid[ad] * p[ad], reverse=True)
    prices = []
    for place in range(min(n_slots, len(ads))):
        ad = ads[place]
        if bid[ad] * p[ad] >= reserve:
            following = bid[ads[place + 1]] * p[ads[place + 1]] if place + 1 < len(ads) else 0.0
            prices.append(max(following / p[ad], reserve / p[ad]))
    return tuple(prices)
""",
    },
    "10.slice_factors": {
        "groupby and map": """
def correct_slices(slices, p, clicked, strength):
    rows = pd.DataFrame({"slice": slices, "p": p, "y": clicked})
    sums = rows.groupby("slice")[["p", "y"]].sum() + strength
    return rows["p"] * rows["slice"].map(sums["y"] / sums["p"])
""",
        "codes and bincount": """
def correct_slices(slices, p, clicked, strength):
    _, code = np.unique(slices, return_inverse=True)
    factor = (np.bincount(code, clicked) + strength) / (np.bincount(code, p.astype("float32")) + strength)
    return p * factor[code]
""",
    },
    "10.undo_sampling": {
        "ratio of the shares": """
def undo_sampling(p, clicks_kept, others_kept):
    odds = p / (1 - p) * others_kept / clicks_kept
    return pd.Series(odds / (1 + odds))
""",
        "log-odds in single precision": """
from scipy.special import expit, logit
def undo_sampling(p, clicks_kept, others_kept):
    return expit(logit(p.astype("float32")) + np.log(others_kept / clicks_kept))
""",
    },
    "11.ad_relevance": {
        "loop over ads": """
def ad_relevance(ad, slot, clicked, examined, n_ads):
    return [clicked[ad == a].sum() / examined[slot[ad == a] - 1].sum() for a in range(n_ads)]
""",
        "add.at": """
def ad_relevance(ad, slot, clicked, examined, n_ads):
    above, below = np.zeros(n_ads), np.zeros(n_ads, dtype="float32")
    np.add.at(above, ad, clicked)
    np.add.at(below, ad, np.r_[np.nan, examined][slot])
    return above / below
""",
    },
    "11.other_policy": {
        "clip and average": """
def other_policy(clicked, logged, target, largest):
    w = (target / logged).clip(max=largest)
    return np.average(clicked, weights=w), w.sum() / np.average(w, weights=w)
""",
        "normalised first": """
def other_policy(clicked, logged, target, largest):
    w = np.where(target > largest * logged, largest, target / logged).astype("float32")
    w = w / w.sum()
    return [w[clicked == 1].sum(), 1 / np.square(w).sum()]
""",
    },
    "11.rate_now": {
        "broadcast": """
def rate_now(shown_at, reported_at, delays, now):
    age = (now - shown_at)[shown_at <= now]
    return np.nansum(reported_at <= now) / (delays[None, :] <= age[:, None]).mean(axis=1).sum()
""",
        "loop": """
def rate_now(shown_at, reported_at, delays, now):
    clicks, seen = 0, 0.0
    for start, report in zip(shown_at, reported_at):
        if start <= now:
            clicks += report <= now
            seen += sum(delays <= now - start) / len(delays)
    return clicks / seen
""",
    },
    "18.group_size": {
        "isf and effect first": """
def group_size(rate, lift, views, correlation):
    z = norm.isf([0.025, 0.2]).sum()
    rates = rate * np.array([1, 1 + lift])
    worth = (1 + (views - 1) * correlation) / views
    return int(np.ceil(worth * z**2 * (rates * (1 - rates)).sum() / np.ptp(rates) ** 2))
""",
        "the package's function": """
from mlpipe.envelope import ab_sample_size
def group_size(rate, lift, views, correlation):
    return np.ceil(ab_sample_size(rate, lift, power=0.8, alpha=0.05) * (1 + (views - 1) * correlation) / views)
""",
    },
    "18.peak_qps": {
        "a day of seconds": """
def peak_requests(daily_users, requests_per_user, busiest_hour):
    return daily_users * requests_per_user / 86_400 * (24 * busiest_hour)
""",
        "a whole number of cores is not asked": """
def peak_requests(daily_users, requests_per_user, busiest_hour):
    return np.float32(daily_users * requests_per_user * busiest_hour / 60 / 60)
""",
    },
    "18.tail_recall": {
        "sets": """
def tail_recall(lists, hidden, counts, n_head):
    head = set(sorted(range(len(counts)), key=lambda item: (-counts[item], item))[:n_head])
    values = []
    for shown, row in zip(lists, hidden):
        wanted = set(np.flatnonzero(row)) - head
        if wanted:
            values.append(len(wanted & set(shown)) / len(wanted))
    return sum(values) / len(values)
""",
        "matrix of lists": """
def tail_recall(lists, hidden, counts, n_head):
    shown = np.zeros_like(hidden)
    np.put_along_axis(shown, lists, True, axis=1)
    tail = pd.Series(counts).rank(method="first", ascending=False).to_numpy() > n_head
    wanted = hidden & tail
    return np.nanmean((wanted & shown).sum(1)[wanted.any(1)] / wanted.sum(1)[wanted.any(1)])
""",
    },
    "19.lost_revenue": {
        "take_along_axis": """
def lost_revenue(bids, true, predicted):
    chosen = np.argmax(bids * predicted, axis=1, keepdims=True)
    got = np.take_along_axis(bids * true, chosen, axis=1).sum()
    return (1 - got / (bids * true).max(1).sum()).astype("float32")
""",
    },
}

WRONG = {
    "07.first_rows": {
        "sorts by user, too, and returns the mask in that order": """
def first_rows(users, times, n):
    rows = pd.DataFrame({"user": users, "time": times}).sort_values(["user", "time"], kind="stable")
    return (rows.groupby("user").cumcount() < n).to_numpy()
""",
        "later rows first where times are equal": """
def first_rows(users, times, n):
    order = np.lexsort((-np.arange(len(times)), times))
    rows = pd.Series(users[order], index=order)
    return (rows.groupby(rows).cumcount() < n).sort_index().to_numpy()
""",
    },
    "07.not_beaten": {
        "the beaten": """
def not_beaten(quality, cost):
    return np.array([i for i in range(len(cost)) if ((quality >= quality[i]) & (cost <= cost[i])
            & ((quality > quality[i]) | (cost < cost[i]))).any()])
""",
        "in the order of cost": """
def not_beaten(quality, cost):
    kept = [i for i in range(len(cost)) if not ((quality >= quality[i]) & (cost <= cost[i])
            & ((quality > quality[i]) | (cost < cost[i]))).any()]
    return sorted(kept, key=lambda i: (cost[i], i))
""",
    },
    "07.machines": {
        "the share that stays free": """
def machines(requests_per_second, milliseconds, cores, utilization):
    return np.ceil(requests_per_second * milliseconds / 1000 / (cores * (1 - utilization)))
""",
        "whole requests a machine": """
def machines(requests_per_second, milliseconds, cores, utilization):
    return np.ceil(requests_per_second / int(cores * utilization * 1000 / milliseconds))
""",
    },
    "08.ad_rates": {
        "one entry an ad": """
def ad_rates(ads, clicked, new_ads, strength):
    base = clicked.mean()
    return {ad: (clicked[ads == ad].sum() + strength * base) / ((ads == ad).sum() + strength) for ad in new_ads}
""",
        "prior of the ads that are asked for": """
def ad_rates(ads, clicked, new_ads, strength):
    base = clicked[np.isin(ads, new_ads)].mean()
    return np.array([(clicked[ads == ad].sum() + strength * base) / ((ads == ad).sum() + strength) for ad in new_ads])
""",
    },
    "08.report": {
        "entropy of the rates, not of the clicks": """
def entropy_of_report(shown, clicks, p, background):
    q = clicks / shown
    loss = lambda r: -(shown * (q * np.log(q) + (1 - q) * np.log(1 - q))).sum() if r is p else -(
        clicks * np.log(background) + (shown - clicks) * np.log(1 - background)).sum()
    return loss(p) / loss(background)
""",
    },
    "08.undo_weights": {
        "square root of the weight": """
def undo_weights(p, weight):
    odds = p / (1 - p) / np.sqrt(weight)
    return odds / (1 + odds)
""",
    },
    "09.ftrl_step": {
        "n grows by the gradient, not its square": """
def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    w = -np.sign(z) * np.maximum(np.abs(z) - l1, 0) / ((beta + np.sqrt(n)) / alpha + l2)
    g = (1 / (1 + np.exp(-w @ x)) - clicked) * x
    return z + g - (np.sqrt(n + g**2) - np.sqrt(n)) / alpha * w, n + np.abs(g)
""",
        "features that are absent also move": """
def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    w = -np.sign(z) * np.maximum(np.abs(z) - l1, 0) / ((beta + np.sqrt(n)) / alpha + l2)
    g = (1 / (1 + np.exp(-w @ x)) - clicked) * np.where(x == 0, 1, x)
    return z + g - (np.sqrt(n + g**2) - np.sqrt(n)) / alpha * w, n + g**2
""",
    },
    "09.score_ads": {
        "the sum over factors before the product": """
def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    total = vectors.sum(axis=0)
    among = 0.5 * ((total**2).sum() - (vectors**2).sum())
    return bias + weights.sum() + among + ad_weights + ad_vectors.sum(axis=1) * total.sum()
""",
        "no pairs with the ad": """
def score_ads(bias, weights, vectors, ad_weights, ad_vectors):
    among = np.triu(vectors @ vectors.T, 1).sum()
    return bias + weights.sum() + among + ad_weights
""",
    },
    "09.worth_discussing": {
        "positions, not a mask": """
def worth_discussing(gain, cost):
    return np.array([i for i in range(len(gain)) if not (((gain >= gain[i]) & (cost <= cost[i]))
                     & ((gain > gain[i]) | (cost < cost[i]))).any()])
""",
        "cheapest of each gain": """
def worth_discussing(gain, cost):
    return np.array([c == cost[gain == g].min() for g, c in zip(gain, cost)])
""",
    },
    "10.page_prices": {
        "nobody follows the last ad": """
def page_prices(bid, p, n_slots, reserve):
    order = np.argsort(-bid * p)
    score = (bid * p)[order]
    shown = [place for place in range(min(n_slots, len(order))) if score[place] >= reserve]
    return np.array([max(score[place + 1], reserve) / p[order[place]] for place in shown])
""",
        "the reserve itself is not shown": """
def page_prices(bid, p, n_slots, reserve):
    order = np.argsort(-bid * p)
    score = np.append((bid * p)[order], 0)
    shown = [place for place in range(min(n_slots, len(order))) if score[place] > reserve]
    return np.array([max(score[place + 1], reserve) / p[order[place]] for place in shown])
""",
        "in the order of the ads": """
def page_prices(bid, p, n_slots, reserve):
    order = np.argsort(-bid * p)
    score = np.append((bid * p)[order], 0)
    shown = [i for i in range(min(n_slots, len(order))) if score[i] >= reserve]
    price = {order[i]: max(score[i + 1], reserve) / p[order[i]] for i in shown}
    return np.array([price[ad] for ad in sorted(price)])
""",
    },
    "10.slice_factors": {
        "what is missing is added": """
def correct_slices(slices, p, clicked, strength):
    means = pd.DataFrame({"p": p, "y": clicked}).groupby(slices).transform("mean")
    return p + means["y"] - means["p"]
""",
        "pulled towards the factor of all": """
def correct_slices(slices, p, clicked, strength):
    sums = pd.DataFrame({"p": p, "y": clicked}).groupby(slices).transform("sum")
    all_rows = clicked.sum() / p.sum()
    return p * (sums["y"] + strength * all_rows) / (sums["p"] + strength)
""",
    },
    "10.undo_sampling": {
        "one share for both": """
def undo_sampling(p, clicks_kept, others_kept):
    w = others_kept * clicks_kept
    return p / (p + (1 - p) / w)
""",
    },
    "11.ad_relevance": {
        "slots from 0": """
def ad_relevance(ad, slot, clicked, examined, n_ads):
    looked_at = np.append(examined, examined[-1])[slot]
    return np.bincount(ad, clicked) / np.bincount(ad, looked_at)
""",
        "one minus the examination": """
def ad_relevance(ad, slot, clicked, examined, n_ads):
    return np.bincount(ad, clicked) / np.bincount(ad, 1 - examined[slot - 1])
""",
    },
    "11.other_policy": {
        "cut after the division by the mean": """
def other_policy(clicked, logged, target, largest):
    w = target / logged
    w = np.minimum(w / w.mean(), largest)
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w**2).sum()
""",
        "cut from below": """
def other_policy(clicked, logged, target, largest):
    w = np.maximum(target / logged, largest)
    return (w * clicked).sum() / w.sum(), w.sum() ** 2 / (w**2).sum()
""",
    },
    "11.rate_now": {
        "impressions to come count, too": """
def rate_now(shown_at, reported_at, delays, now):
    return (reported_at <= now).sum() / len(shown_at)
""",
        "impressions to come count from the end": """
def rate_now(shown_at, reported_at, delays, now):
    F = np.array([(delays <= abs(now - start)).mean() for start in shown_at])
    return (reported_at <= now).sum() / F.sum()
""",
    },
    "18.group_size": {
        "effect upside down": """
from mlpipe.envelope import ab_sample_size
def group_size(rate, lift, views, correlation):
    return np.ceil(ab_sample_size(rate, lift) / (1 + (views - 1) * correlation) / views)
""",
        "rounded down": """
def group_size(rate, lift, views, correlation):
    second = rate * (1 + lift)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    n = z**2 * (rate * (1 - rate) + second * (1 - second)) / (second - rate) ** 2
    return int(n * (1 + (views - 1) * correlation) / views)
""",
    },
    "18.peak_qps": {
        "a day of 24 equal hours": """
def peak_requests(daily_users, requests_per_user, busiest_hour):
    return daily_users * requests_per_user / 24 / 3600
""",
        "the mean and the share of the hour": """
def peak_requests(daily_users, requests_per_user, busiest_hour):
    return daily_users * requests_per_user / 86_400 * (1 + busiest_hour)
""",
    },
    "18.tail_recall": {
        "the head by an unstable sort from the end": """
def tail_recall(lists, hidden, counts, n_head):
    tail = np.ones(len(counts), bool)
    tail[np.argsort(counts)[::-1][:n_head]] = False
    wanted = hidden & tail
    found = np.array([w[s].sum() for w, s in zip(wanted, lists)])
    some = wanted.any(axis=1)
    return (found[some] / wanted[some].sum(axis=1)).mean()
""",
        "at most as many as the list has places": """
def tail_recall(lists, hidden, counts, n_head):
    tail = np.ones(len(counts), bool)
    tail[np.argsort(-counts, kind="stable")[:n_head]] = False
    wanted = hidden & tail
    found = np.array([w[s].sum() for w, s in zip(wanted, lists)])
    some = wanted.any(axis=1)
    return (found[some] / np.minimum(wanted[some].sum(axis=1), lists.shape[1] // 2)).mean()
""",
    },
    "19.lost_revenue": {
        "a constant factor is lost": """
def lost_revenue(bids, true, predicted):
    return 1 - (bids * true).max(axis=1).sum() / (bids * predicted).max(axis=1).sum()
""",
        "the mean over ads": """
def lost_revenue(bids, true, predicted):
    shown = (bids * predicted).argmax(axis=1)
    got = (bids * true)[np.arange(len(bids)), shown]
    return 1 - got.sum() / (bids * true).mean(axis=1).sum()
""",
    },
}
