"""An authority for https on this machine, made by openssl."""

import subprocess


def certify(place):
    """An authority, and a certificate with its key that it issued for localhost."""
    authority, service = place / "authority.pem", place / "service.pem"
    key, certificate = place / "key.pem", place / "certificate.pem"
    usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "30", "-subj"]
    quiet = {"check": True, "capture_output": True, "timeout": 60}
    subprocess.run([*new, "/CN=tests", *usage, "-keyout", place / "ca-key.pem", "-out", authority], **quiet)
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost"]
    issuer = ["-CA", authority, "-CAkey", place / "ca-key.pem"]
    subprocess.run([*new, "/CN=localhost", *leaf, *issuer, "-keyout", key, "-out", certificate], **quiet)
    service.write_text(certificate.read_text() + key.read_text())
    return authority, service
