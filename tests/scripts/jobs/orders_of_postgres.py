"""Open orders of a database, by the string that connects to it."""

from urllib.parse import unquote, urlsplit

import pg8000.dbapi


def run(input):
    to = urlsplit(app.secrets.ORDERS_DATABASE)
    connection = pg8000.dbapi.connect(
        to.username, host=to.hostname, port=to.port, password=unquote(to.password), database=to.path[1:]
    )
    cursor = connection.cursor()
    cursor.execute("SELECT count(*) FROM orders WHERE open")
    return cursor.fetchone()[0]
