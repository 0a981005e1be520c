import shopify


def run(url):
    shopify.ShopifyResource.set_site(f"{url}/admin/api/2025-01")
    shopify.ShopifyResource.set_headers({"X-Shopify-Access-Token": app.secrets.API_TOKEN})
    product = shopify.Product.find(7)
    product.title = "Pears"
    return [[order.name for order in shopify.Order.find(limit=2)], product.save(), product.title]
