from jsonschema import Draft202012Validator, ValidationError, validate

SCHEMA = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {"$ref": "#/$defs/positive"}, "day": {"type": "string", "format": "date"}},
    "$defs": {"positive": {"type": "integer", "minimum": 1}},
}


def run(url):
    try:
        validate({"number": 0}, SCHEMA)
    except ValidationError as error:
        return [
            error.message,
            list(error.path),
            [each.message for each in Draft202012Validator(SCHEMA).iter_errors({})],
        ]
