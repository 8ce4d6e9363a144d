"""When Slack may be called: never before it said so, and no faster than it takes."""

from swatbot.adapters.slack.pacing import Pacing


class Clock:
    """Monotonic seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(burst: int = 1) -> tuple[Pacing, Clock]:
    clock = Clock()
    return Pacing(burst, 1.0, 1.0, clock), clock


def test_a_channel_takes_one_line_a_second_after_its_burst() -> None:
    pacing, clock = made(burst=2)
    pacing.line("C1")
    assert pacing.until_line("C1") == 0
    pacing.line("C1")
    assert pacing.until_line("C1") == 1.0
    assert pacing.until_line("C2") == 0
    clock.now += 1.0
    assert pacing.until_line("C1") == 0


def test_nothing_goes_to_a_channel_before_what_slack_asked_for_is_over() -> None:
    pacing, clock = made(burst=5)
    pacing.wait("C1", 30)
    pacing.wait("C1", 2)
    assert pacing.until_line("C1") == 30
    assert pacing.until_line("C2") == 0
    clock.now += 29
    assert pacing.until_line("C1") == 1
    clock.now += 1
    assert pacing.until_line("C1") == 0


def test_all_is_silent_while_slack_is_away() -> None:
    pacing, _ = made()
    pacing.wait("", 8)
    assert pacing.until_line("C1") == 8
    assert pacing.until_edit("C1 #1") == 8


def test_a_card_rests_after_an_edit_and_all_cards_after_too_many() -> None:
    pacing, clock = made()
    pacing.edit("C1 #1")
    assert pacing.until_edit("C1 #1") == 1.0
    assert pacing.until_edit("C1 #2") == 0
    for number in range(2, 11):
        pacing.edit(f"C1 #{number}")
    assert pacing.until_edit("C1 #99") > 0
    clock.now += 1.25
    assert pacing.until_edit("C1 #99") == 0
    pacing.wait("edits", 5)
    assert pacing.until_edit("C1 #99") == 5
    assert pacing.until_line("C1") == 0


def test_a_method_that_is_not_allowed_stops_nothing_else() -> None:
    pacing, _ = made()
    pacing.wait("chat.postEphemeral", 60)
    assert pacing.until_line("C1@U1", "chat.postEphemeral") == 60
    assert pacing.until_line("C1") == 0
    assert pacing.until_edit("C1 #1") == 0
    pacing.wait("chat.update", 60)
    assert pacing.until_edit("C1 #1") == 60
    assert pacing.until_line("C1") == 0


def test_what_is_over_is_forgotten() -> None:
    pacing, clock = made(burst=2)
    for number in range(1000):
        assert pacing.until_line(f"C{number}") == 0
        pacing.line(f"C{number}")
        pacing.edit(f"C1 #{number}")
        clock.now += 1.0
    assert len(pacing) < 10
    pacing.line("C1")
    pacing.line("C1")
    assert pacing.until_line("C1") == 1.0, "but nothing that is not over"
