"""What the world really is, behind the ports: one file each."""
