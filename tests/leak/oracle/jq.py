"""jq, run once on all texts."""

import json
from subprocess import PIPE, run
from typing import Any


def jq(program: str, texts: list[str], *options: str) -> Any:
    return json.loads(run(["jq", "-c", *options, program], input=json.dumps(texts).encode(), stdout=PIPE, check=True).stdout)
