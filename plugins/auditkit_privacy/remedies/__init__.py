"""What would help against attacks on membership, and what it would cost: shared by the checks that try it."""
