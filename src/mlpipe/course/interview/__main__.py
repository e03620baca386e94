"""`python -m mlpipe.course.interview recommender`: the mock interview in a terminal."""

import sys

from mlpipe.course.interview.terminal import main

if __name__ == "__main__":
    sys.exit(main())
