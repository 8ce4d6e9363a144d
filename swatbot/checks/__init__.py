"""Automated probes; each answers with a verdict and never with an exception."""
