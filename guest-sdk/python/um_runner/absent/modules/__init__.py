"""Each file here stands for the module of its name, and is executed under that name."""
