"""The fleet over SSH: connections that are kept, a helper on each target, pushes that are proven."""
