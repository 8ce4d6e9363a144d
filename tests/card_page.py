"""Draws the card of a deployment in every state, as stories bring it about, for who has not seen one."""

import html
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from swatbot.adapters.slack.blocks import card_blocks
from swatbot.chat.card import Card
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from tests.card_chat import CardChat, card_story
from tests.world import RULES, World

Json = dict[str, Any]
SETTINGS = "wmf-config/InitialiseSettings.php"


def states() -> dict[str, Card]:
    """A card for each state that one stays in long enough to be seen, by what it shows."""
    before = _locked, _stumbled, _stopped, _cancelled, _parked
    after = _good, _undone, _missing, _held, _asked, _rejected, _failed, _incomplete
    return {title: card for story in (*before, *after) for title, card in story().items()}


def page() -> str:
    """All of them, as Slack draws the blocks, more or less."""
    cards = "\n".join(_drawn(title, card) for title, card in states().items())
    return f"{_HEAD}{cards}\n</main>\n</html>\n"


def _good() -> dict[str, Card]:
    with card_story() as (world, chat):
        _staged(world, chat)
        world.tree.change("other", "New logo for the anniversary", {"static/logo.png": "logo 2"})
        chat.says("deployer", "!sync-dir static New logo")
        waiting, next_one = chat.seen[1], chat.seen[2]
        world.fleet.progress_at["mw1310"] = 12
        chat.below(1, "submitter", "verified")
        chat.skip()
        return {
            "in the queue": next_one,
            "its snapshot is taken": _first(chat, "its snapshot is being taken"),
            "being staged": _first(chat, "is being put on"),
            "waiting for its submitter": waiting,
            "on the canaries": _first(chat, "goes to the canaries"),
            "watched under traffic": _first(chat, "is watched under traffic"),
            "on its way to the fleet": next(c for c in chat.shown if c.bars and 0 < c.bars[-1].done < 97),
            "on all hosts": _first(chat, "what they hold is noted"),
            "live": chat.seen[1],
        }


def _held() -> dict[str, Card]:
    with card_story() as (world, chat):
        _staged(world, chat)
        chat.clicks("submitter", 1, "Hold")
        chat.skip()
        return {"held by somebody": chat.seen[1]}


def _asked() -> dict[str, Card]:
    with card_story() as (world, chat):
        why = "no log line from mw1262 for 15 s"
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, why, step=1, baking=True)
        _staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.skip()
        return {"the checks can not judge": chat.seen[1]}


def _rejected() -> dict[str, Card]:
    with card_story() as (world, chat):
        _staged(world, chat)
        chat.below(1, "submitter", "broken the logo is upside down")
        chat.skip()
        return {"being put back": _first(chat, "is being put back"), "rejected": chat.seen[1]}


def _failed() -> dict[str, Card]:
    with card_story() as (world, chat):
        why = 'after 9 s: new message "Call to undefined function arrray()" 212× on 3/3 canaries'
        world.checker.answer(Stage.CANARIES, Finding.FAIL, why, step=1, baking=True)
        _staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.skip()
        return {"failed on the canaries": chat.seen[1]}


def _parked() -> dict[str, Card]:
    with card_story() as (world, chat):
        _staged(world, chat)
        world.tree.change("other", "New logo", {"static/logo.png": "logo 2"})
        chat.says("deployer", "!sync-dir static New logo")
        world.advance(minutes=6)
        parked = chat.seen[1]
        chat.clicks("submitter", 1, "I am here")
        chat.skip()
        return {"parked": parked, "looked at": _first(chat, "is being looked at")}


def _undone() -> dict[str, Card]:
    with card_story() as (world, chat):
        _staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.clicks("deployer", 1, "Roll back")
        chat.skip()
        rollback = _first(chat, "puts back what was there before #1")
        return {"a rollback": rollback, "a rollback that is done": chat.seen[2], "rolled back": chat.seen[1]}


def _locked() -> dict[str, Card]:
    with card_story() as (world, chat):
        chat.says("deployer", "!lock the data centre is switched over")
        _staged(world, chat)
        return {"deployments are locked": chat.seen[1]}


def _stumbled() -> dict[str, Card]:
    with card_story() as (world, chat):
        world.tree.fails = OSError("disk on fire")
        _staged(world, chat)
        return {"I stumbled over it": chat.seen[1]}


def _stopped() -> dict[str, Card]:
    with card_story() as (world, chat):

        def somebody_commits() -> None:
            world.tree.change("other", "Two", {SETTINGS: "settings 3"})

        world.tree.during_snapshot = somebody_commits
        _staged(world, chat)
        return {"stopped before any host": chat.seen[1]}


def _cancelled() -> dict[str, Card]:
    with card_story() as (world, chat):
        chat.says("deployer", "!lock the data centre is switched over")
        _staged(world, chat)
        chat.says("deployer", "!cancel 1 not today")
        chat.skip()
        return {"cancelled": chat.seen[1]}


def _incomplete() -> dict[str, Card]:
    with card_story() as (world, chat):
        world.fleet.fail("mw1262")
        _staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.skip()
        return {"not put back on all hosts": chat.seen[1]}


def _missing() -> dict[str, Card]:
    with card_story(replace(RULES, budgets={Stage.FLEET: Budget(hosts=2)})) as (world, chat):
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        _staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.skip()
        return {"live, but not on all hosts": chat.seen[1]}


def _staged(world: World, chat: CardChat) -> None:
    world.tree.change("submitter", "Enable related articles on frwiki", {SETTINGS: "settings 2"})
    chat.says("deployer", "!sync-dir wmf-config Enable related articles on frwiki (T12345)")
    chat.skip()


def _first(chat: CardChat, words: str) -> Card:
    return next(card for card in chat.shown if words in card.state)


def _drawn(title: str, card: Card) -> str:
    blocks = "\n".join(_block(block) for block in card_blocks(card))
    name = '<b class="who">swatbot</b><span class="app">APP</span>'
    return f'<section><h2>{html.escape(title)}</h2><div class="card">{name}\n{blocks}\n</div></section>'


def _block(block: Json) -> str:
    drawn: dict[str, Callable[[Json], str]] = {
        "header": lambda b: f"<h3>{_text(b['text'])}</h3>",
        "section": lambda b: f"<p>{_text(b['text'])}</p>",
        "context": lambda b: f"<small>{' '.join(map(_text, b['elements']))}</small>",
        "actions": lambda b: f'<div class="actions">{"".join(_buttons(b["elements"]))}</div>',
    }
    return drawn[block["type"]](block)


def _text(text: Json) -> str:
    return html.escape(text["text"]).replace("\n", "<br>")


def _buttons(elements: list[Json]) -> Iterator[str]:
    for button in elements:
        yield f'<span class="button {button.get("style", "")}">{_text(button["text"])}</span>'


_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The card of a deployment on Slack</title>
<style>
body { margin: 0; padding: 16px; background: #f4f4f4; color: #1d1c1d; font: 15px/1.46 sans-serif }
main { columns: 3 400px; column-gap: 16px }
section { break-inside: avoid; padding-bottom: 16px }
h2 { margin: 0 0 4px; font-size: 13px; font-weight: normal; color: #616061 }
.card { background: #fff; border: 1px solid #ddd; border-radius: 8px; padding: 8px 16px 12px }
.app { background: #e8e8e8; color: #616061; font-size: 10px; margin-left: 6px; padding: 0 3px }
h3 { margin: 4px 0 0; font-size: 18px }
p { margin: 6px 0 }
small { display: block; margin: 6px 0; font-size: 12px; color: #616061 }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px }
.button { border: 1px solid #bbb; border-radius: 4px; padding: 2px 12px; font-weight: bold; font-size: 14px }
.primary { background: #007a5a; border-color: #007a5a; color: #fff }
.danger { background: #e01e5a; border-color: #e01e5a; color: #fff }
</style>
</head>
<main>
"""
