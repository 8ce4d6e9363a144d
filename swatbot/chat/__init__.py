"""What is said and how it is read: grammar, wording, and the form of a handler. All pure."""
