r"""What has changed between two snapshots of a configuration.

    um-host run json_diff.py --allow-host config.example.com \
        --input '{"base_url": "https://config.example.com", "old": "v41", "new": "v42"}'
"""

from typing import Any

from um_action import app


def run(input: dict[str, str]) -> dict[str, Any]:
    old, new = (flatten(snapshot(input["base_url"], input[which])) for which in ("old", "new"))
    changed = {
        path: {"from": old[path], "to": new[path]} for path in sorted(old.keys() & new.keys()) if old[path] != new[path]
    }
    return {
        "added": {path: new[path] for path in sorted(new.keys() - old.keys())},
        "removed": {path: old[path] for path in sorted(old.keys() - new.keys())},
        "changed": changed,
        "same": not changed and old.keys() == new.keys(),
    }


def snapshot(base_url: str, version: str) -> Any:
    token = app.secrets.get("CONFIG_TOKEN")  # an open service takes calls without one
    headers = {"Authorization": f"Token {token}"} if token else {}
    response = app.http.get(f"{base_url}/snapshots/{version}.json", headers=headers)
    response.raise_for_status()
    return response.json()


def flatten(value: Any, path: str = "$") -> dict[str, Any]:
    """Leaves by path: `{"$.limits.cpu[0]": 2}`. What is empty is a leaf too."""
    match value:
        case dict() if value:
            items = [(f"{path}.{key}", item) for key, item in value.items()]
        case list() if value:
            items = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
        case _:
            return {path: value}
    return {leaf: content for below, item in items for leaf, content in flatten(item, below).items()}
