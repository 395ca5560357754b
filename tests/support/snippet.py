"""Runs a piece of code as `python -c` does, but as a fork if the environment is that of `warm`.

python -m tests.support.snippet CODE ARGUMENT...
"""

import sys

if __name__ == "__main__":
    code = sys.argv.pop(1)
    exec(compile(code, "snippet", "exec"), {"__name__": "__main__"})
