"""Tells a channel of Slack what was deployed. The address of the webhook is the secret."""

from slack_sdk.webhook import WebhookClient


def run(input):
    answer = WebhookClient(app.secrets.SLACK_WEBHOOK).send(text=f"deployed {input['version']}")
    if answer.status_code != 200:
        raise RuntimeError(f"Slack answered {answer.status_code}: {answer.body}")
    return answer.body
