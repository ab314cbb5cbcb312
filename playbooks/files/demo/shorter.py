"""
title: Shorter
description: Cuts questions that are longer than anybody reads.
"""

from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        characters: int = 2000

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict) -> dict:
        for message in body.get("messages", []):
            if isinstance(message.get("content"), str):
                message["content"] = message["content"][: self.valves.characters]
        return body
