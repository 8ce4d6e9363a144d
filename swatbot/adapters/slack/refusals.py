"""What Slack's words for a refusal mean, as its documentation of the methods that we call has them.

A word that is in no list may be of the moment: what it refuses is tried again, but not for ever.
"""

APP = frozenset(
    (
        "account_inactive",
        "access_denied",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    )
)
"""Of a whole workspace: until somebody mends the app, nothing can be said anywhere."""

METHOD = frozenset(("missing_scope",))
"""Of one method: until somebody gives the app the scope that it needs."""

CHANNEL = frozenset(
    (
        "channel_not_found",
        "external_channel_migrating",
        "is_archived",
        "is_inactive",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    )
)
"""Of one channel: until somebody lets the bot in."""

NOT_NOW = frozenset(
    ("accesslimited", "message_limit_exceeded", "rate_limited", "ratelimited", "team_added_to_org")
)
"""Of the moment, and nothing was done. Slack spells one of them in both ways."""

MOMENT = frozenset(
    ("fatal_error", "internal_error", "request_timeout", "service_unavailable", "update_failed")
)
"""Perhaps of the moment, and it may have been done; perhaps of this call, however often it is made."""

BLOCKS = frozenset(("block_mismatch", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"))
"""Of blocks that Slack does not like."""

THREAD = frozenset(
    ("cannot_reply_to_message", "restricted_action_non_threadable_channel", "restricted_action_thread_locked")
)
"""Of one thread: the channel may take what it does not."""

GONE = frozenset(("cant_update_message", "message_not_found"))
"""Of a message that somebody has deleted; one with a thread leaves a stone, which nobody can edit."""

CLOSED = frozenset(("edit_window_closed",))
"""Of a message that can not be edited any more, whatever it is to say."""

NOBODY = frozenset(
    (
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "not_in_channel",
        "user_disabled",
        "user_not_found",
        "user_not_in_channel",
        "user_not_visible",
    )
)
"""Of one person: there is nobody to be told."""

FINAL = (
    BLOCKS
    | THREAD
    | GONE
    | CLOSED
    | NOBODY
    | frozenset(
        (
            "as_user_not_supported",
            "cant_broadcast_message",
            "deprecated_endpoint",
            "invalid_arg_name",
            "invalid_arguments",
            "invalid_array_arg",
            "invalid_attachments",
            "invalid_charset",
            "invalid_form_data",
            "invalid_json",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "invalid_post_type",
            "is_bot",
            "markdown_text_conflict",
            "metadata_must_be_sent_from_app",
            "metadata_too_large",
            "method_deprecated",
            "method_not_supported_for_channel_type",
            "missing_post_type",
            "msg_too_long",
            "no_text",
            "slack_connect_file_link_sharing_blocked",
            "team_not_found",
            "thread_not_found",
            "too_many_attachments",
            "unknown_method",
        )
    )
)
"""Of the call itself: the same again will be refused again."""
