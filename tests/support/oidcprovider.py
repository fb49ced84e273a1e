"""A small OpenID Connect provider as a process of its own: discovery, sign-in, PKCE, signed ID tokens.

    python oidcprovider.py PORT [DEFECT [AT]]

A program is signed in as the user of its sign-in address's ``login_hint``, or as "ann"; a browser is asked first: who
answers with the one link is signed in, who declines comes back with an error (RFC 6749 section 4.1.2.1). DEFECT spoils
one thing, for the tests of what a client must refuse: nonce, audience, issuer, signature, expired, or none of them.
AT: the unix second at which its clock stands, for a town whose own clock does; else it is this machine's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT = "gateway"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
STRANGE = ECKey.generate_key("P-256", {"kid": "one"})


class Provider(BaseHTTPRequestHandler):
    """One request."""

    issuer = ""
    defect = ""
    at = 0.0
    codes: dict[str, dict[str, str]] = {}  # noqa: RUF012 - one process, one provider

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(path.query).items()}
        if path.path == "/.well-known/openid-configuration":
            self._json({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            })  # fmt: skip
        elif path.path == "/keys":
            self._json({"keys": [KEY.as_dict(private=False)]})
        elif path.path == "/authorize" and asked.get("code_challenge_method") == "S256":
            if "text/html" in self.headers.get("Accept", "") and "answer" not in asked:
                self._ask(self.path)
                return
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            self.send_response(302)
            is_declined = asked.get("answer") == "no"
            told = {"error": "access_denied"} if is_declined else {"code": code}
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({**told, 'state': asked['state']})}")
            self.end_headers()
        else:
            self._json({"error": "invalid_request"}, 400)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(form.get("code", ""), None)  # a code is good once
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            self._json({"error": "invalid_grant"}, 400)
            return
        user = asked.get("login_hint", "ann")
        now = int(self.at or time.time()) - (7200 if self.defect == "expired" else 0)
        claims = {
            "iss": "http://127.0.0.1:1" if self.defect == "issuer" else self.issuer,
            "aud": "another" if self.defect == "audience" else CLIENT,
            "nonce": "other" if self.defect == "nonce" else asked["nonce"],
            "sub": f"subject of {user}", "preferred_username": user, "real_name": user.title(),
            "iat": now, "exp": now + 300,
        }  # fmt: skip
        key = STRANGE if self.defect == "signature" else KEY
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, key)
        self._json({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _ask(self, path: str) -> None:
        place = escape(f"{path}&answer=")
        links = " ".join(f'<a id="{word}" href="{place}{word}">{word}</a>' for word in ("yes", "no"))
        head = '<!doctype html><title>City identity</title><link rel="icon" href="data:,">'
        body = f"{head}<h1>City identity</h1><p>Sign in? {links}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def provider(defect: str = "", at: float = 0.0) -> Iterator[str]:
    """Run a provider; its address."""
    command = [sys.executable, __file__, "0", defect, str(at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider)
    Provider.issuer = f"http://127.0.0.1:{server.server_port}"
    Provider.defect = sys.argv[2] if len(sys.argv) > 2 else ""
    Provider.at = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    print(Provider.issuer, flush=True)
    server.serve_forever()
