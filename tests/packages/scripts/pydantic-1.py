from datetime import date

from pydantic import BaseModel, ValidationError, validator


class Order(BaseModel):
    number: int
    day: date
    lines: list[str] = []

    @validator("number")
    def is_positive(cls, value):
        if value < 1:
            raise ValueError("must be positive")
        return value


def run(url):
    order = Order.parse_obj({"number": "7", "day": "2026-11-24", "lines": ["a"]})
    try:
        Order(number=0, day="someday")
    except ValidationError as error:
        return [order.json(), [each["msg"] for each in error.errors()]]
