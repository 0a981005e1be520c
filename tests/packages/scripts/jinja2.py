from jinja2 import DictLoader, Environment, StrictUndefined

PAGE = """{% extends 'base.html' %}{% block rows %}
{%- for order in orders %}<li>{{ order.name|title }}: {{ '%.2f'|format(order.total) }}</li>{% endfor %}
{%- endblock %}"""
TEMPLATES = {"base.html": "<ul>{% block rows %}{% endblock %}</ul>", "page.html": PAGE}


def run(url):
    environment = Environment(loader=DictLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    orders = [{"name": "ada & co", "total": 12.5}, {"name": "zoë", "total": 3}]
    return environment.get_template("page.html").render(orders=orders)
