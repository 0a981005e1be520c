from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail


def run(url):
    mail = Mail("ada@example.com", "zoe@example.com", "Report", html_content="<b>hello ü</b>")
    return SendGridAPIClient(app.secrets.API_TOKEN, host=url).send(mail).status_code
