"""The practice range: a small fleet, a site, traffic, logs and an IRC server, all on loopback."""
