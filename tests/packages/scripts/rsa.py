import rsa


def run(url):
    public, private = rsa.newkeys(512)
    signed = rsa.sign(b"an order", private, "SHA-256")
    secret = rsa.encrypt("zoë".encode(), public)
    try:
        rsa.verify(b"another order", signed, public)
    except rsa.VerificationError:
        return [rsa.verify(b"an order", signed, public), rsa.decrypt(secret, private).decode()]
