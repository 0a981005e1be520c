from deepdiff import DeepDiff


def run(url):
    old, new = {"name": "Ada", "tags": [1, 2], "gone": 1}, {"name": "Zoë", "tags": [2, 1, 3]}
    return DeepDiff(old, new, ignore_order=True).to_json()
