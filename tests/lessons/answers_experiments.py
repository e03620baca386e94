"""Answers as people write them, to the exercises of lesson 14."""

RIGHT = {
    "14.click_rate_test": {
        "DataFrame": """
def click_rate_test(clicked, user, treated):
    log = pd.DataFrame({"clicked": clicked, "user": user, "treated": treated})
    users = log.groupby(["treated", "user"])["clicked"].agg(["sum", "count"])
    rate, var = {}, {}
    for arm, one in users.groupby(level="treated"):
        rate[arm] = one["sum"].sum() / one["count"].sum()
        var[arm] = ((one["sum"] - rate[arm] * one["count"]) ** 2).sum() / one["count"].sum() ** 2
    return rate[True] - rate[False], np.sqrt(var[True] + var[False])
""",
        "three variances": """
def click_rate_test(clicked, user, treated):
    rates, variance = [], 0
    for arm in (treated, ~treated):
        u = pd.Series(clicked[arm]).groupby(user[arm]).agg(["sum", "size"])
        y, n = u["sum"], u["size"]
        r = y.sum() / n.sum()
        rates.append(r)
        s = np.cov(y, n, ddof=0)
        variance += (s[0, 0] - 2 * r * s[0, 1] + r**2 * s[1, 1]) / (len(u) * n.mean() ** 2)
    return [rates[0] - rates[1], variance**0.5]
""",
        "residuals of rows": """
def click_rate_test(clicked, user, treated):
    diff, var = 0, 0
    for arm, sign in ((treated, 1), (~treated, -1)):
        r = clicked[arm].mean()
        d = pd.Series(clicked[arm] - r).groupby(user[arm]).sum()
        diff += sign * r
        var += (d**2).sum() / arm.sum() ** 2
    return np.float32(diff), np.float32(np.sqrt(var))
""",
    },
    "14.cuped_difference": {
        "covariance": """
def cuped_difference(values, before, treated):
    theta = np.cov(values, before)[0, 1] / np.var(before, ddof=1)
    adjusted = values - theta * (before - before.mean())
    return adjusted[treated].mean() - adjusted[~treated].mean(), np.var(adjusted) / np.var(values)
""",
        "least squares, mean left out": """
def cuped_difference(values, before, treated):
    x = np.column_stack([np.ones(len(before)), before])
    slope = np.linalg.lstsq(x, values, rcond=None)[0][1]
    adjusted = pd.Series(values - slope * before)
    means = adjusted.groupby(treated).mean()
    return means[True] - means[False], adjusted.var() / pd.Series(values).var()
""",
    },
    "14.mixed_list": {
        "loops": """
def mixed_list(a, b, coins):
    items, teams = [], []
    for coin in coins:
        order = [(0, a), (1, b)] if coin else [(1, b), (0, a)]
        for team, ranking in order:
            if len(items) == len(a):
                break
            for item in ranking:
                if item not in items:
                    items.append(item)
                    teams.append(team)
                    break
    return items, teams
""",
        "pointers": """
def mixed_list(a, b, coins):
    lists, at, used = (a, b), [0, 0], set()
    out = np.zeros(len(a), int), np.zeros(len(a), int)
    for slot in range(len(a)):
        team = int(not coins[slot // 2]) ^ (slot % 2)
        while lists[team][at[team]] in used:
            at[team] += 1
        out[0][slot], out[1][slot] = lists[team][at[team]], team
        used.add(lists[team][at[team]])
    return out
""",
    },
    "14.sample_ratio": {
        "DataFrame": """
def sample_ratio(user, arm, shares):
    users = pd.DataFrame({"user": user, "arm": arm}).drop_duplicates("user")
    n = users["arm"].value_counts().reindex(range(len(shares)), fill_value=0)
    planned = len(users) * shares
    return (((n - planned) ** 2) / planned).sum()
""",
        "sets": """
def sample_ratio(user, arm, shares):
    n = np.array([len(set(user[arm == k])) for k in range(len(shares))])
    return sum((n - n.sum() * shares) ** 2 / (n.sum() * shares))
""",
        "short form": """
def sample_ratio(user, arm, shares):
    n = np.array([len(np.unique(user[arm == k])) for k in range(len(shares))])
    return (n**2 / shares).sum() / n.sum() - n.sum()
""",
    },
}

WRONG = {
    "14.click_rate_test": {
        "pooled rate for both arms": """
def click_rate_test(clicked, user, treated):
    p = clicked.mean()
    rates = clicked[treated].mean() - clicked[~treated].mean()
    return rates, np.sqrt(p * (1 - p) * (1 / treated.sum() + 1 / (~treated).sum()))
""",
        "t-test of the users' rates": """
def click_rate_test(clicked, user, treated):
    rate = pd.Series(clicked).groupby([treated, user]).mean()
    a, b = rate[True], rate[False]
    return a.mean() - b.mean(), np.sqrt(a.var() / len(a) + b.var() / len(b))
""",
        "control less treatment": """
def click_rate_test(clicked, user, treated):
    diff, var = 0, 0
    for arm, sign in ((treated, -1), (~treated, 1)):
        r = clicked[arm].mean()
        d = pd.Series(clicked[arm] - r).groupby(user[arm]).sum()
        diff += sign * r
        var += (d**2).sum() / arm.sum() ** 2
    return diff, np.sqrt(var)
""",
        "one rate for the residuals of both arms": """
def click_rate_test(clicked, user, treated):
    var = 0
    for arm in (treated, ~treated):
        d = pd.Series(clicked[arm] - clicked.mean()).groupby(user[arm]).sum()
        var += (d**2).sum() / arm.sum() ** 2
    return clicked[treated].mean() - clicked[~treated].mean(), np.sqrt(var)
""",
    },
    "14.cuped_difference": {
        "slope of control only": """
def cuped_difference(values, before, treated):
    theta = np.polyfit(before[~treated], values[~treated], 1)[0]
    adjusted = values - theta * (before - before.mean())
    return adjusted[treated].mean() - adjusted[~treated].mean(), adjusted.var() / values.var()
""",
        "correlation as the slope": """
def cuped_difference(values, before, treated):
    theta = np.corrcoef(values, before)[0, 1]
    adjusted = values - theta * (before - before.mean())
    return adjusted[treated].mean() - adjusted[~treated].mean(), adjusted.var() / values.var()
""",
        "variances of mixed ddof": """
def cuped_difference(values, before, treated):
    theta = np.cov(values, before)[0, 1] / np.var(before)
    adjusted = values - theta * (before - before.mean())
    return adjusted[treated].mean() - adjusted[~treated].mean(), adjusted.var() / values.var()
""",
    },
    "14.mixed_list": {
        "alternates without coins": """
def mixed_list(a, b, coins):
    items, teams = [], []
    for slot in range(len(a)):
        team = slot % 2
        items.append([i for i in (a, b)[team] if i not in items][0])
        teams.append(team)
    return items, teams
""",
        "duplicates dropped at the end": """
def mixed_list(a, b, coins):
    items, teams = [], []
    for i, coin in enumerate(coins):
        for team in (0, 1) if coin else (1, 0):
            items.append((a, b)[team][i])
            teams.append(team)
    keep = sorted(np.unique(items, return_index=True)[1])
    return [items[i] for i in keep][: len(a)], [teams[i] for i in keep][: len(a)]
""",
        "teams the other way round": """
def mixed_list(a, b, coins):
    items, teams = [], []
    for slot in range(len(a)):
        team = int(not coins[slot // 2]) ^ (slot % 2)
        items.append([i for i in (a, b)[team] if i not in items][0])
        teams.append(1 - team)
    return items, teams
""",
    },
    "14.sample_ratio": {
        "p instead of the statistic": """
def sample_ratio(user, arm, shares):
    n = np.array([len(set(user[arm == k])) for k in range(len(shares))])
    planned = n.sum() * shares
    return 2 * norm.sf(np.sqrt(((n - planned) ** 2 / planned).sum()))
""",
        "rows by arm": """
def sample_ratio(user, arm, shares):
    n = pd.Series(arm).value_counts().reindex(range(len(shares)), fill_value=0)
    return ((n - len(arm) * shares) ** 2 / (len(arm) * shares)).sum()
""",
        "arms without users left out": """
def sample_ratio(user, arm, shares):
    n = np.array([len(set(user[arm == k])) for k in range(len(shares))])
    planned = n.sum() * shares
    return ((n - planned) ** 2 / planned)[n > 0].sum()
""",
    },
}
