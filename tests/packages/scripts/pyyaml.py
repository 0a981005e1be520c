import yaml

SETTINGS = """
defaults: &defaults {retries: 3, since: 2026-11-24}
jobs:
  - <<: *defaults
    name: nightly
"""


def run(url):
    settings = yaml.safe_load(SETTINGS)
    return [settings["jobs"][0]["retries"], yaml.safe_dump(settings, sort_keys=True), yaml.__with_libyaml__ is not None]
