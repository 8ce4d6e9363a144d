"""The one transition table: the code follows it, the diagram is drawn from it, the tests are held to it."""

from swatbot.domain import events as e
from swatbot.domain.deployment import TERMINAL, State

S = State
BACK = "back"
"""Stands for the state that a hold interrupted."""

_LIVE = tuple(s for s in State if s not in TERMINAL and s is not S.HELD)
_UNDOABLE = (S.STAGING, S.AWAITING_VERIFICATION, S.CANARIES, S.BAKING, S.FLEET, S.HELD)
_UNTOUCHED = (S.INSPECTING, S.QUEUED, S.SNAPSHOTTING, S.PARKED, S.HELD)

Target = State | str

TABLE: dict[tuple[State, type[e.DeploymentEvent]], Target] = {
    (S.INSPECTING, e.Accepted): S.QUEUED,
    (S.INSPECTING, e.Refused): S.REFUSED,
    (S.QUEUED, e.Started): S.SNAPSHOTTING,
    (S.SNAPSHOTTING, e.Pinned): S.STAGING,
    (S.SNAPSHOTTING, e.Failed): S.FAILED,
    (S.STAGING, e.VerificationAsked): S.AWAITING_VERIFICATION,
    (S.AWAITING_VERIFICATION, e.Answer): S.AWAITING_VERIFICATION,
    (S.AWAITING_VERIFICATION, e.Reminded): S.AWAITING_VERIFICATION,
    (S.AWAITING_VERIFICATION, e.StillStaged): S.AWAITING_VERIFICATION,
    (S.AWAITING_VERIFICATION, e.NoLongerStaged): S.STAGING,
    (S.AWAITING_VERIFICATION, e.CanariesStarted): S.CANARIES,
    (S.CANARIES, e.BakeStarted): S.BAKING,
    (S.BAKING, e.Checked): S.BAKING,
    (S.BAKING, e.FleetStarted): S.FLEET,
    (S.FLEET, e.FinishStarted): S.FINISHING,
    (S.FINISHING, e.Completed): S.COMPLETED,
    # A rollback that was asked for by number goes from the queue straight to its work.
    (S.QUEUED, e.RollbackStarted): S.ROLLING_BACK,
    (S.ROLLING_BACK, e.HostsRestored): S.ROLLING_BACK,
    (S.ROLLING_BACK, e.RolledBack): S.ROLLED_BACK,
    (S.ROLLING_BACK, e.RollbackIncomplete): S.ROLLBACK_INCOMPLETE,
    (S.ROLLING_BACK, e.FinishStarted): S.FINISHING,
    (S.ROLLING_BACK, e.Parked): S.PARKED,
    (S.PARKED, e.Rejoined): S.INSPECTING,
    # A hold interrupts; what was in flight still reports.
    (S.HELD, e.Held): S.HELD,
    (S.HELD, e.Resumed): BACK,
    (S.HELD, e.Continued): BACK,
    (S.HELD, e.Answer): S.HELD,
    (S.HELD, e.Reminded): S.HELD,
    (S.HELD, e.HostsRestored): S.HELD,
    **{(s, e.Held): S.HELD for s in _LIVE},
    **{(s, e.HostsPutRight): s for s in (S.STAGING, S.CANARIES, S.FLEET, S.HELD, S.ROLLING_BACK)},
    **{(s, e.HostsSynced): s for s in (S.STAGING, S.CANARIES, S.FLEET, S.HELD, S.ROLLING_BACK)},
    **{(s, e.Progressed): s for s in (S.STAGING, S.CANARIES, S.FLEET)},
    **{(s, e.Checked): s for s in (S.STAGING, S.CANARIES, S.FLEET)},
    **{(s, e.RollbackStarted): S.ROLLING_BACK for s in _UNDOABLE},
    **{(s, e.Cancelled): S.CANCELLED for s in _UNTOUCHED},
}
