from pydantic import BaseModel, ValidationError


class Order(BaseModel):
    number: int
    lines: list[str] = []


def run(url):
    try:
        Order.model_validate({"number": "seven"})
    except ValidationError as error:
        return [Order(number="7").model_dump(), error.error_count()]
