"""What is wrong, in one sentence that says where it is and what to do."""


class Problem(Exception):
    """Ends the program with its text."""
