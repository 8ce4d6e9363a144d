"""All wording: what the bot says, with the reason and the next thing to type."""
