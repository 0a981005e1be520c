from nacl.public import PrivateKey, SealedBox


def run(url):
    key = PrivateKey.generate()
    return SealedBox(key).decrypt(SealedBox(key.public_key).encrypt(b"an order")).decode()
