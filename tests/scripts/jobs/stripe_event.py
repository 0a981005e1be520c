"""Checks who sent an event before it is believed: the signature of Stripe's webhooks."""

import stripe


def run(input):
    try:
        event = stripe.Webhook.construct_event(input["body"], input["signature"], app.secrets.STRIPE_SIGNING)
    except stripe.SignatureVerificationError as error:
        raise ValueError(f"signature does not match: {error}") from None
    return [event.type, event.data.object.id]
