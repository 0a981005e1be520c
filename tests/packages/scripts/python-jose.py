from pathlib import Path

from jose import JWTError, jwt
from jose.backends.rsa_backend import RSAKey

CLAIMS = {"sub": "ada", "exp": 4102444800}


def run(url):
    private = RSAKey(Path(__file__).with_name("key.pem").read_text(), "RS256")
    signed = jwt.encode(CLAIMS, private, algorithm="RS256")
    short = jwt.encode(CLAIMS, "a secret of some length", algorithm="HS256")
    try:
        jwt.decode(short, "another", algorithms=["HS256"])
    except JWTError as error:
        return [jwt.decode(signed, private.public_key(), algorithms=["RS256"]), signed, short, str(error)]
