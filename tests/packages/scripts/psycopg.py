import psycopg


def run(url):
    with psycopg.connect("host=localhost dbname=orders user=ada", password=app.secrets.API_TOKEN) as connection:
        return connection.execute("SELECT 1").fetchall()
