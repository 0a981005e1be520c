"""What stands in for the services of the packages: it knows a few addresses, asks for a credential, and keeps what it
was asked."""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def say(self, status, text):
        body = text.encode()
        kinds = {"<": "application/xml", "d": "text/event-stream"}
        self.send_response(status)
        self.send_header("Content-Type", kinds.get(text[:1], "application/json"))
        self.send_header("Content-Length", str(len(body)))
        # Without it one client takes no service for its own.
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        body, address, service = self.body().decode("latin-1"), urlsplit(self.path), self.server.service
        asked = f"{self.command} {unquote(address.path)}"
        told = service.answers.get(asked)
        service.asked.append([asked, sorted(parse_qsl(address.query))])
        if told is None:
            self.say(404, json.dumps({"message": f"nobody is asked for {asked}"}))
        elif service.credential and not self.shows(service.credential, body):
            self.say(401, json.dumps({"message": "who are you?"}))
        else:
            self.say(*(told if isinstance(told, list) else (200, told)))

    def shows(self, credential, body):
        """Whether the request has it in a header, as a part of a pair of Basic too, in its address or its body."""
        told = [unquote(self.path), body]
        for value in self.headers.values():
            told.append(value)
            if value.startswith("Basic "):
                told.append(base64.b64decode(value[6:]).decode())
        return any(credential in each for each in told)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients end connections as they like, and those that are refused send no requests."""


class Service:
    """Serves https on a port of its own until it is closed."""

    def __init__(self, answers, credential, certificate):
        self.answers, self.credential, self.asked = answers, credential, []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server = Server(("127.0.0.1", 0), Visit)
        self.server.service = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def taken(self):
        """What it was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked
