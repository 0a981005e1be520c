from marshmallow import Schema, ValidationError, fields, validate


class Order(Schema):
    number = fields.Integer(required=True, validate=validate.Range(min=1))
    day = fields.Date()
    mail = fields.Email()


def run(url):
    try:
        Order().load({"number": 0, "mail": "nobody"})
    except ValidationError as error:
        return [Order().dump(Order().load({"number": "7", "day": "2026-11-24"})), error.messages]
