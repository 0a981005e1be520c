import tomlkit


def run(url):
    settings = tomlkit.parse('# ours\n[tool]\nname = "um" # short\n')
    settings["tool"]["versions"] = [1, 2]
    return tomlkit.dumps(settings)
