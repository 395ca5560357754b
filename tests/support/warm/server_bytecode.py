"""Sends the bytecode of what is imported from here on to a folder of the server.

The server imports this module last: the bytecode of the libraries is where they are installed.
"""

import os
import sys

sys.pycache_prefix = os.environ["TESTS_WARM_BYTECODE"]
sys.dont_write_bytecode = False
