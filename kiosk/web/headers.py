"""What every answer tells the browser: nothing from elsewhere, no frames, nothing kept, no scripts unless allowed."""

from __future__ import annotations

from flask import Flask, Response, request

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it a browser sends forms with the origin "null", and over HTTPS the CSRF check wants to
    # see that a form came from here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LASTS = {"static", "look.serve"}
"""The endpoints whose answers may be kept: the same for everybody."""


def init_app(app: Flask, *, scripts: bool = False, https: bool = False) -> None:
    """Set the headers on every answer (OWASP ASVS 5, V3.4). With `scripts` our own may run and ask."""
    run = "script-src 'self'; connect-src 'self'; " if scripts else ""
    always = ALWAYS | {
        "Content-Security-Policy": (
            f"default-src 'none'; {run}style-src 'self'; font-src 'self'; img-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    }
    if https:
        always["Strict-Transport-Security"] = "max-age=31536000"

    def add(response: Response) -> Response:
        response.headers.update(always)
        if request.endpoint not in LASTS:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.after_request(add)
