"""A service for clients of sockets: `service.py CERTIFICATE` serves http and https until its input ends.

It prints both ports. What streams waits for other requests, and for no clock.
"""

import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Seen:
    """What requests wait for of one another."""

    def __init__(self):
        self.changed = threading.Condition()
        self.names = {}

    def add(self, name, count=1):
        with self.changed:
            self.names[name] = self.names.get(name, 0) + count
            self.changed.notify_all()

    def wait(self, name, count):
        with self.changed:
            return self.changed.wait_for(lambda: self.names.get(name, 0) >= count, timeout=60)


seen = Seen()


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def pieces(self):
        """The body, as it comes."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("Content-Length") or 0)
        while left and (piece := self.rfile.read1(min(left, 65536))):
            left -= len(piece)
            yield piece

    def head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def say(self, value, status=200, **headers):
        body = json.dumps(value).encode()
        self.head(status, Content_Length=len(body), Content_Type="application/json", **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunk(self, text):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(text), text))

    def answer(self):
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        name, count = query.get("name", ""), int(query.get("n", 1))
        match address.path:
            case "/early":
                self.close_connection = True
                self.say("too large", 413, Connection="close")
                # What is not read when a connection ends takes the answer with it.
                for _ in self.pieces():
                    pass
            case "/upload":
                total = 0
                for piece in self.pieces():
                    total += len(piece)
                    seen.add(name, len(piece))
                self.say([total, self.headers.get("Content-Length"), self.headers.get("Transfer-Encoding")])
            case "/echo":
                body = b"".join(self.pieces()).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.say({"method": self.command, "path": self.path, "headers": headers, "body": body})
            case "/seen":
                seen.add(name)
                self.say(seen.wait(query.get("for", name), count))
            case "/events":
                self.head(200, Transfer_Encoding="chunked", Content_Type="text/event-stream")
                for number in range(count):
                    self.chunk(b"data: %d\n\n" % number)
                    seen.wait(name, number + 1)
                self.chunk(b"")
            case "/hold":
                seen.wait("the end of the service", 1)
            case "/redirect":
                self.say("elsewhere", 302, Location=query["to"])
            case "/status":
                self.head(count, **({} if count in (204, 304) else {"Content_Length": 0}))
            case "/until-close":
                self.close_connection = True
                self.head(200, Connection="close")
                self.wfile.write(b"until close")
            case "/break":
                self.close_connection = True
                self.head(200, Content_Length=100)
                self.wfile.write(b"x" * 10)
            case "/drop":
                self.close_connection = True
            case "/bytes":
                self.head(200, Content_Length=count)
                self.wfile.write(b"x" * count)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Clients end connections as they like.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(context=None):
    server = Server(("127.0.0.1", 0), Visit)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
print(serve(), serve(context), flush=True)
sys.stdin.read()
