"""Signing in: the form for local accounts, the provider's button, and what becomes of what was sent.

The form is plain HTML and is sent to ``/auth``; a web socket never carries a password.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from gateway.accounts.signin.oidc import safe_return
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.visit import Visit, card, show

FAULTS: Final = ("refused", "wait", "provider", "form", "ended")


async def build(visit: Visit) -> None:
    """Show the form, and why the last try failed."""
    words, query = visit.words, visit.request.query_params
    back = safe_return(query.get("back", ""))
    fault, wait = query.get("fault", ""), query.get("wait", "")
    if fault in FAULTS:
        seconds = wait if wait.isdecimal() and len(wait) < 6 else "60"
        show(markup.note(words(f"sign-in.{fault}", seconds=seconds), "bad", testid="sign-in-fault"))
    with card(testid="sign-in-card").style("max-width:440px"):
        if visit.house.oidc is not None:
            title = visit.house.oidc.provider.title
            place = f"/auth/oidc?back={quote(back if back != '/' else visit.to('verify'))}"
            show(markup.tag("p", markup.link(words("sign-in.by", title=title), place, testid="oidc", kind="solid")))
            show(markup.tag("p", words("sign-in.or"), class_="soft small"))
        hidden = [
            markup.tag("input", type="hidden", name=name, value=value)
            for name, value in (("back", back), ("language", visit.language))
        ]
        fields = [
            markup.tag(
                "label",
                words(f"sign-in.{name}"),
                markup.tag(
                    "input",
                    name=name,
                    type=kind,
                    class_="input",
                    autocomplete=complete,
                    required="required",
                    data_testid=name,
                ),
                class_="field",
            )
            for name, kind, complete in (("name", "text", "username"), ("password", "password", "current-password"))
        ]
        send = markup.tag("button", words("sign-in.send"), type="submit", class_="solid", data_testid="send")
        show(markup.tag("form", *hidden, *fields, send, method="post", action="/auth/sign-in"))
    show(markup.tag("p", words("sign-in.none"), class_="soft small", style="max-width:64ch"))


PAGE: Final = Page("sign-in", None, build)
