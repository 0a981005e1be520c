from jinja2 import DictLoader, Environment, StrictUndefined

TEMPLATES = {
    "base.html": "<ul>{% block rows %}{% endblock %}</ul>",
    "page.html": "{% extends 'base.html' %}{% block rows %}{% for o in orders %}<li>{{ o.name|title }}: {{ '%.2f'|format(o.sum) }}</li>{% endfor %}{% endblock %}",
}


def run(url):
    page = Environment(loader=DictLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined).get_template("page.html")
    return page.render(orders=[{"name": "ada & co", "sum": 12.5}, {"name": "zoë", "sum": 3}])
