import pg8000.dbapi


def run(url):
    connection = pg8000.dbapi.connect("ada", host="localhost", password=app.secrets.API_TOKEN, database="orders")
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    return cursor.fetchall()
