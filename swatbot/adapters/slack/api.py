"""Slack's Web API, with what its refusals mean: wait, try again, give this up, or tell somebody."""

import http.client
import json
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from swatbot.adapters.slack import refusals

Json = dict[str, Any]
_WITHIN = 10
_TOO_MANY = 429
_SERVER = 500


class WaitError(Exception):
    """Slack wants no such call for `seconds`; nothing was done."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait {seconds:.0f} s")
        self.seconds = seconds


class AwayError(Exception):
    """Slack can not be reached, or did not answer; `perhaps` it has done what was asked."""

    def __init__(self, why: str, *, perhaps: bool) -> None:
        super().__init__(why)
        self.perhaps = perhaps


class DeniedError(Exception):
    """Slack does not do it.

    Attributes:
        code: its word for why.
        detail: what it says more; of a scope that is missing, which.
        method: what it does not do, "" for what we do not even ask for.
    """

    def __init__(self, code: str, detail: str = "", method: str = "") -> None:
        super().__init__(f"{code} ({detail})" if detail else code)
        self.code, self.detail, self.method = code, detail, method

    @property
    def of_app(self) -> bool:
        """Whether nothing at all can be said until somebody mends the app."""
        return self.code in refusals.APP

    @property
    def of_method(self) -> bool:
        """Whether only this method is not allowed until somebody gives the app a scope."""
        return self.code in refusals.METHOD

    @property
    def of_channel(self) -> bool:
        """Whether nothing can be said in a channel until somebody lets the bot in."""
        return self.code in refusals.CHANNEL

    @property
    def perhaps(self) -> bool:
        """Whether it may have done it all the same, since something went wrong on its side."""
        return self.code in refusals.MOMENT

    @property
    def too_long(self) -> bool:
        """Whether less of the same might be taken."""
        return self.code.endswith("_too_long") or "must be less than" in self.detail

    @property
    def final(self) -> bool:
        """Whether the same again is known to be refused again."""
        return self.code in refusals.FINAL


class Api:
    """Calls methods, one after the other, and never by itself a second time.

    Args:
        token: for all methods.
        url: where the API is.
    """

    def __init__(self, token: str, url: str) -> None:
        # A retry of the library's own could say a line twice and call that once.
        self.client = WebClient(token, base_url=url, timeout=_WITHIN, retry_handlers=[])

    def call(self, method: str, arguments: Mapping[str, Any]) -> Json:
        """What a method answers.

        Raises:
            WaitError, AwayError, DeniedError: it was not done, see there.
        """
        try:
            answer = self.client.api_call(method, json=dict(arguments))
        except SlackApiError as error:
            raise _meaning(error, method) from error
        except SlackClientError as error:
            raise AwayError(str(error), perhaps=True) from error
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            raise AwayError(_words(error), perhaps=not isinstance(error, ConnectionRefusedError)) from error
        found: Json = dict(answer.data) if isinstance(answer.data, dict) else {}
        return found


def _meaning(error: SlackApiError, method: str) -> Exception:
    answer = error.response
    data = answer.data if isinstance(answer.data, dict) else {}
    code = str(data.get("error", ""))
    if answer.status_code == _TOO_MANY:
        return WaitError(_seconds(answer.headers))
    if code in refusals.MOMENT:  # perhaps of this call only: nothing else has to wait for that
        return DeniedError(code, method=method)
    if answer.status_code >= _SERVER or code in refusals.NOT_NOW or not code:
        return AwayError(code or f"status {answer.status_code}", perhaps=code not in refusals.NOT_NOW)
    more = [str(data["needed"])] if "needed" in data else []
    more += [str(m) for m in data.get("response_metadata", {}).get("messages", [])]
    return DeniedError(code, "; ".join(more), method)


def _seconds(headers: Mapping[str, Any]) -> float:
    found = next((v for k, v in headers.items() if k.lower() == "retry-after"), "1")
    text = found[0] if isinstance(found, list) else str(found)
    return float(text) if text.isdigit() else 1.0


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error) or type(error).__name__
