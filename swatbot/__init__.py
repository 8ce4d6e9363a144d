"""swatbot: chat-ops for deployment windows, where what was verified is what ships."""

__version__ = "0.1.0"
