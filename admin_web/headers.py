"""What every answer tells the browser: no scripts, no frames, nothing from elsewhere, nothing kept."""

from __future__ import annotations

from flask import Flask, Response, request

CSP = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": over HTTPS the CSRF check wants to see that a form came from here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def init_app(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer (OWASP ASVS 5, V3.4)."""

    def add(response: Response) -> Response:
        response.headers.update(ALWAYS)
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in {"static", "look.serve"}:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.after_request(add)
