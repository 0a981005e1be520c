"""`beside_python3.py FOLDER AUTHORITY INPUT` does what um-host does with FOLDER/main.py, by this very python3."""

import asyncio
import builtins
import inspect
import json
import os
import ssl
import sys
from types import SimpleNamespace

folder, authority, given = sys.argv[1:]


def trust(name):
    """Has a context trust the authority too, whatever bundle a package brings."""
    loads, trusts = getattr(ssl.SSLContext, name), ssl.SSLContext.load_verify_locations

    def both(context, *bundles, **named):
        loads(context, *bundles, **named)
        trusts(context, authority)

    return both


methods = "load_verify_locations load_default_certs set_default_verify_paths".split()
for name, both in [(name, trust(name)) for name in methods]:
    setattr(ssl.SSLContext, name, both)
setattr(builtins, "app", SimpleNamespace(secrets=SimpleNamespace(API_TOKEN=os.environ.pop("API_TOKEN", ""))))
sys.path[0] = folder
sys.stdout, out = sys.stderr, sys.stdout

import main  # noqa: E402

said = main.run(json.loads(given))
print(json.dumps(asyncio.run(said) if inspect.isawaitable(said) else said), file=out, flush=True)
