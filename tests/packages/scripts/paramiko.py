import paramiko


def run(url):
    client = paramiko.SSHClient()
    client.connect("localhost", username="ada", password=app.secrets.API_TOKEN, timeout=5)
    return client.exec_command("date")[1].read().decode()
