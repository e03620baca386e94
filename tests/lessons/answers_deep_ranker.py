"""Answers as people write them, to the exercise on the cross layer of lesson 12."""

RIGHT = {
    "12.cross_layer": {
        "einsum, in single precision": """
def cross_layer(x0, x, W, b):
    return (x0 * (np.einsum("ij,nj->ni", W, x) + b) + x).astype("float32")
""",
        "columns as rows": """
def cross_layer(x0, x, W, b):
    return (x0.T * (W @ x.T + b[:, None]) + x.T).T
""",
        "with loops, as lists": """
def cross_layer(x0, x, W, b):
    n, d = x.shape
    return [[x0[r, i] * (sum(W[i, j] * x[r, j] for j in range(d)) + b[i]) + x[r, i] for i in range(d)]
            for r in range(n)]
""",
    },
}
WRONG = {
    "12.cross_layer": {
        "the product is a matrix product": """
def cross_layer(x0, x, W, b):
    return x0 @ W.T * x + b + x
""",
        "as if the first layer": """
def cross_layer(x0, x, W, b):
    return x0 * (x0 @ W.T + b) + x0
""",
        "rectified": """
def cross_layer(x0, x, W, b):
    return np.maximum(0, x0 * (x @ W.T + b) + x)
""",
        "b on the side of the rows": """
def cross_layer(x0, x, W, b):
    return x0 * (x @ W.T) + x0 + b + x
""",
    },
}
