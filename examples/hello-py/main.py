"""The smallest action: an ordinary script. It knows nothing of um-host and needs no secret.

    um-host run examples/hello-py -- Ada Grace

Without names it greets the world.
"""

import sys

names = sys.argv[1:]
print("hello,", " and ".join(names) or "world")
