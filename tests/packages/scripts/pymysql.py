import pymysql


def run(url):
    connection = pymysql.connect(host="localhost", user="ada", password=app.secrets.API_TOKEN, database="orders")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchall()
