"""The headers that every answer carries, and the published content security policy with its reasons.

The pages' toolkit (NiceGUI) evaluates expressions in the browser (event handlers and dynamic properties), so scripts
need 'unsafe-eval'; its inline scripts carry a nonce of the answer, so 'unsafe-inline' is not given to scripts, and
markup that somebody smuggles in cannot run. It sets styles on elements, so styles need 'unsafe-inline'. Everything
comes from this server: no other origin is named. Source: W3C CSP Level 3; OWASP HTTP Headers Cheat Sheet.
"""

from __future__ import annotations

from typing import Final

NONCE: Final = "{nonce}"
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' 'nonce-{NONCE}' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PLAIN: Final[tuple[tuple[str, str], ...]] = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
TRANSPORT: Final = ("strict-transport-security", "max-age=31536000; includeSubDomains")


def policy(nonce: str, *, form_to: str = "") -> str:
    """Return the policy of one answer. form_to: the identity provider's origin, to which a form may lead."""
    found = POLICY.replace(NONCE, nonce)
    return found.replace("form-action 'self'", f"form-action 'self' {form_to}") if form_to else found


def security_headers(nonce: str, *, is_secure: bool, form_to: str = "") -> list[tuple[bytes, bytes]]:
    """Return all of them for one answer."""
    pairs = [*PLAIN, ("content-security-policy", policy(nonce, form_to=form_to))]
    if is_secure:
        pairs.append(TRANSPORT)
    return [(name.encode(), value.encode()) for name, value in pairs]
