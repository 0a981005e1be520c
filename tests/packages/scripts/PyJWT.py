import jwt


def run(url):
    signed = jwt.encode({"sub": "ada", "exp": 4102444800}, "a secret that is long enough for it", algorithm="HS256")
    read = jwt.decode(signed, "a secret that is long enough for it", algorithms=["HS256"])
    try:
        jwt.decode(signed, "another secret, long enough for this", algorithms=["HS256"])
    except jwt.InvalidSignatureError as error:
        return [signed, read, str(error)]
