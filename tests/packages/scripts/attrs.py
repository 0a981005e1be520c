import attrs


@attrs.define(order=True)
class Contact:
    name: str = attrs.field(validator=attrs.validators.min_len(1))
    tags: list[str] = attrs.field(factory=list, order=False)


def run(url):
    contacts = sorted([Contact("Zoë"), Contact("Ada", ["first"])])
    try:
        Contact("")
    except ValueError as error:
        return [[attrs.asdict(contact) for contact in contacts], str(error).splitlines()[0]]
