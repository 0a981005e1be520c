from io import StringIO

from dotenv import dotenv_values


def run(url):
    return dotenv_values(stream=StringIO('HOST=localhost\nexport URL="http://${HOST}:80/" # local\n'))
