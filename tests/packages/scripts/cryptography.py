from cryptography.fernet import Fernet


def run(url):
    box = Fernet(Fernet.generate_key())
    return box.decrypt(box.encrypt(b"an order")).decode()
