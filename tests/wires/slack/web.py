"""The HTTP side of Slack's stand-in: tokens, scopes, limits and bodies, as the Web API takes them."""

import json
import time
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from tests.wires.slack.calls import Call, Inside, Method
from tests.wires.slack.limits import Meter
from tests.wires.slack.methods_chat import METHODS as WRITING
from tests.wires.slack.methods_chat import respond
from tests.wires.slack.methods_read import METHODS as READING
from tests.wires.slack.refusal import RefusedError
from tests.wires.slack.text import Json

METHODS: Mapping[str, Method] = {**WRITING, **READING}
LOST = "the answer is lost"


class WebApi:
    """Answers calls, and keeps them.

    Attributes:
        calls: all that came, with what was answered.
        awry: answers that a test has put in the place of the next ones, by method; LOST does what is asked
            for and hangs up.
    """

    def __init__(self, inside: Inside, meter: Meter) -> None:
        self.calls: list[Call] = []
        self.awry: dict[str, list[tuple[int, Json] | str]] = {}
        self._inside = inside
        self._meter = meter

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self.serve),
            web.get("/api/{method}", self.serve),
            web.post("/response/{ident}", self.serve_response),
            web.get("/link/", self._inside.sockets.serve),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        with_body = await _arguments(request)
        call = Call(method, {} if with_body is None else with_body, time.monotonic())
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or call.text("token")
        call.args.pop("token", None)
        with self._inside.workspace.changed:
            headers = self._answer(call, token, good=with_body is not None)
            awry = self._put_awry(call)
            self.calls.append(call)
            self._inside.workspace.changed.notify_all()
        if awry == LOST:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(call.answer, status=call.status, headers=headers)

    async def serve_response(self, request: web.Request) -> web.StreamResponse:
        """Response URLs need no token."""
        args = await _arguments(request) or {}
        call = Call("response_url", args, time.monotonic(), HTTPStatus.OK, {"ok": True})
        with self._inside.workspace.changed:
            try:
                respond(self._inside, request.match_info["ident"], call)
            except RefusedError as error:
                call.status, call.answer = HTTPStatus.NOT_FOUND, error.body
            self.calls.append(call)
            self._inside.workspace.changed.notify_all()
        return web.json_response(call.answer, status=call.status)

    def _answer(self, call: Call, token: str, *, good: bool) -> dict[str, str]:
        """Fill in the call's status and answer; returns the headers beside them."""
        call.status = HTTPStatus.OK
        headers = {"x-slack-req-id": f"{len(self.calls)}"}
        planned = self.awry.get(call.method, [])
        if planned and planned[0] != LOST:
            return headers
        try:
            method = self._method(call, good=good)
            self._admit(method, token)
            headers |= self._scope_headers(method)
            wait = self._wait(method, call)
            if not wait:
                call.answer = self._done(method, call)
                return headers
        except RefusedError as error:
            call.answer = error.body
            return headers
        call.status, call.answer = HTTPStatus.TOO_MANY_REQUESTS, {"ok": False, "error": "ratelimited"}
        return {**headers, "Retry-After": str(wait)}

    def _method(self, call: Call, *, good: bool) -> Method:
        if not good:
            raise RefusedError("invalid_json")
        if call.method not in METHODS:
            raise RefusedError("unknown_method", req_method=call.method)
        return METHODS[call.method]

    def _done(self, method: Method, call: Call) -> Json:
        for scope in method.scopes:
            self._inside.need(scope)
        return {"ok": True, **method.run(self._inside, call)}

    def _admit(self, method: Method, token: str) -> None:
        app = self._inside.app
        if not token:
            raise RefusedError("not_authed")
        if token not in {app.bot_token, app.app_token}:
            raise RefusedError("invalid_auth")
        if (token == app.app_token) != method.app_level:
            raise RefusedError("not_allowed_token_type")

    def _scope_headers(self, method: Method) -> dict[str, str]:
        scopes = ["connections:write"] if method.app_level else sorted(self._inside.app.scopes)
        return {"x-oauth-scopes": ",".join(scopes), "x-accepted-oauth-scopes": ",".join(method.scopes)}

    def _wait(self, method: Method, call: Call) -> int:
        """By channel, whatever name the call gives it."""
        found = self._inside.workspace.find_channel(call.text("channel"))
        channel = call.text("channel") if found is None else found.id
        return self._meter.seconds_to_wait(call.method, channel, method.tier, call.at)

    def _put_awry(self, call: Call) -> str:
        planned = self.awry.get(call.method)
        if not planned:
            return ""
        instead = planned.pop(0)
        if isinstance(instead, str):
            return instead
        call.status, call.answer = instead
        return ""


async def _arguments(request: web.Request) -> Json | None:
    """From the query and the body, be it a form or JSON, which may be empty; None for what is no JSON."""
    args: Json = dict(request.query)
    if "json" not in request.content_type:
        form = await request.post()
        return args | {key: str(value) for key, value in form.items()}
    body = (await request.text()).strip()
    try:
        given = json.loads(body or "{}")
    except ValueError:
        return None
    return args | given if isinstance(given, dict) else None
