"""Says one line on Slack: in its thread, in its channel, or to one person."""

import logging
from collections import Counter
from typing import Any

from swatbot.adapters.chat_text import clean, mark
from swatbot.adapters.outbox import Outbox, Post
from swatbot.adapters.slack.api import AwayError, DeniedError, WaitError
from swatbot.adapters.slack.blocks import line_blocks
from swatbot.adapters.slack.cards import CardWall
from swatbot.adapters.slack.losses import Losses
from swatbot.adapters.slack.refusals import NOBODY
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.slack.shape import LEAST, WHOLE_TEXT, Shape
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.text import Words, cut, line_text, users
from swatbot.adapters.slack.voice import Voice
from swatbot.ports import Clock, Outgoing

_log = logging.getLogger(__name__)
# The block of a line has all of it, and is not shortened: without it the text has all.
_LINE = Shape(block=LEAST, plain=WHOLE_TEXT)


class LineSayer:
    """Takes a post out of the outbox to Slack, and settles it or puts it back."""

    def __init__(
        self,
        settings: SlackSettings,
        voice: Voice,
        outbox: Outbox,
        cards: CardWall,
        clock: Clock,
        losses: Losses,
    ) -> None:
        self._settings, self._voice, self._clock = settings, voice, clock
        self._outbox, self._cards, self._losses = outbox, cards, losses
        self._shapes: dict[Post, Shape] = {}
        self._tries: Counter[Post] = Counter()

    def say(self, post: Post) -> None:
        """Say it; where that can not be now, it waits."""
        line = self._outbox.line(post)
        target = Target.of(line.channel)
        thread = self._thread(post, target)
        self._voice.pacing.line(target.pace)
        try:
            words = self._cut(post, self._words(line))
            arguments = self._arguments(post, target, words, thread)
            self._voice.call(target.method, arguments, "" if target.personal else target.channel)
        except WaitError as error:
            self._voice.pacing.wait(target.pace, error.seconds)
            self._outbox.put_back(post)
        except AwayError as error:
            self._voice.away(error)
            if error.perhaps:
                self._outbox.perhaps_said(post)
            self._outbox.put_back(post)
        except DeniedError as error:
            self._denied(post, target, thread, error)
        except Exception:
            self._stumbled(post, target)
            raise
        else:
            self._settle(post, words.text)
            self._losses.said(target)

    def _stumbled(self, post: Post, target: Target) -> None:
        """After a bug a line goes without its blocks, and is given up only if that was not it."""
        shape = self._shape(post).without_blocks()
        if shape is None:
            self._give_up(post, target, "a fault of mine")
            return
        self._shapes[post] = shape
        self._outbox.put_back(post)

    def _shape(self, post: Post) -> Shape:
        return self._shapes.get(post, _LINE)

    def _thread(self, post: Post, target: Target) -> str:
        """The message below which a line is said, "" for none."""
        below = target.thread or self._cards.thread(target.channel, post.line.under)
        return below if self._shape(post).below else ""

    def _words(self, line: Outgoing) -> Words:
        late = mark(line, self._clock.now())
        return Words(f"{late}{clean(line.text)}", users(line.calls, self._settings.people), len(late))

    def _cut(self, post: Post, words: Words) -> Words:
        """What is said of a line: all of it, unless Slack has refused so much."""
        shape = self._shape(post)
        return words if shape.block else cut(words, shape.text)

    def _arguments(self, post: Post, target: Target, words: Words, thread: str) -> dict[str, Any]:
        shape = self._shape(post)
        found: dict[str, Any] = {
            "channel": target.channel,
            "text": line_text(cut(words, shape.text)),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if shape.block and words.text.strip():
            found["blocks"] = line_blocks(words)
        if thread:
            found["thread_ts"] = thread
        if target.user:
            found["user"] = target.user
        return found

    def _denied(self, post: Post, target: Target, thread: str, error: DeniedError) -> None:
        """What can be mended, or may pass, waits for that; nothing is given up without a word."""
        self._forget()
        if error.perhaps:
            self._outbox.perhaps_said(post)
        if error.code == "thread_not_found" and thread and not target.thread:
            self._cards.lost(target.channel, thread)
        elif (shape := self._shape(post).smaller(error)) is not None:
            _log.error("Slack refuses the form of a line: %s", error)
            self._shapes[post] = shape
        elif target.personal and error.code in NOBODY:
            _log.warning("%s can not be told an answer: %s", target, error)
            self._settle(post, None)
            return
        elif not self._is_shut(target, error) and not self._again(post, target, error):
            _log.error("a line can not be said on Slack: %s: %r", error, post.line.text)
            self._give_up(post, target, error.code)
            return
        self._outbox.put_back(post)

    def _forget(self) -> None:
        """Newer lines took the place of some that Slack had refused: nobody settles these here."""
        self._shapes = {post: shape for post, shape in self._shapes.items() if post in self._outbox}
        self._tries = Counter({post: tries for post, tries in self._tries.items() if post in self._outbox})

    def _is_shut(self, target: Target, error: DeniedError) -> bool:
        """Whether it waits until somebody lets us speak; one person's eyes say nothing of a channel."""
        ours = error.of_app or error.of_method or not target.personal
        return ours and self._voice.shut(error, target.channel)

    def _again(self, post: Post, target: Target, error: DeniedError) -> bool:
        """Whether it is tried again, though nobody knows what would be better then."""
        self._tries[post] += 1
        return self._voice.once_more(error, self._tries[post], target.pace)

    def _give_up(self, post: Post, target: Target, why: str) -> None:
        self._settle(post, None)
        self._losses.line(target, post.line.text, why)

    def _settle(self, post: Post, said: str | None) -> None:
        self._shapes.pop(post, None)
        del self._tries[post]
        self._outbox.settle(post, said)
