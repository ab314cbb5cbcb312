"""
title: Dice
description: Throws dice, which models cannot do by themselves.
"""

import secrets


class Tools:
    def throw(self, sides: int = 6) -> int:
        """
        Throw a die.

        :param sides: How many sides the die has.
        """
        return secrets.randbelow(sides) + 1
