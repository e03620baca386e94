"""`python -m mlpipe.interview recommender`: the mock interview in a terminal."""

import sys

from mlpipe.interview.terminal import main

if __name__ == "__main__":
    sys.exit(main())
