import phonenumbers
from phonenumbers import geocoder


def run(url):
    number = phonenumbers.parse("030 901820", "DE")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return [written, phonenumbers.is_valid_number(number), geocoder.description_for_number(number, "en")]
