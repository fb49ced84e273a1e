"""A small OpenID Connect provider as a process of its own: discovery, sign-in without a form, PKCE, signed ID tokens.

    python oidcprovider.py PORT [DEFECT]

It signs everybody in as the user of its sign-in address's ``login_hint``, or as "ann". DEFECT spoils one thing, for the
tests of what a client must refuse: nonce, audience, issuer, signature, expired, or none of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
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
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            self.send_response(302)
            query = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{query}")
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
        now = int(time.time()) - (7200 if self.defect == "expired" else 0)
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

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider)
    Provider.issuer = f"http://127.0.0.1:{server.server_port}"
    Provider.defect = sys.argv[2] if len(sys.argv) > 2 else ""
    print(Provider.issuer, flush=True)
    server.serve_forever()
