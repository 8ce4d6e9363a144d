"""Slack: everything is heard over Socket Mode by Bolt, and said over the Web API."""
