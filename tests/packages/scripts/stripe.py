import stripe


def run(url):
    client = stripe.StripeClient(app.secrets.API_TOKEN, base_addresses={"api": url})
    customer = client.v1.customers.create({"email": "ada@example.com", "metadata": {"plan": "pro"}})
    names = [each.email for each in client.v1.customers.list({"limit": 3}).auto_paging_iter()]
    return [customer.id, names, client.v1.charges.retrieve("ch_1").amount]
