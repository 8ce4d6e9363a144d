"""IRC: the `irc` package for the protocol, and around it what makes a bot trustworthy on a real network."""
