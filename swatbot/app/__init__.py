"""The imperative shell: one engine with one inbox, and the effects that it starts."""
