"""What is on a server, in the words of a task."""

from __future__ import annotations

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, prompt
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.snapshot import options
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Found


def test_a_thing_in_the_words_of_a_task() -> None:
    fields = {**prompt.BLANK, "access": {**access.PRIVATE, "public": True, "other": ["user * write"]}}
    told = options(Found("answer", "1", fields, {"meta": "x"}), "command")
    assert told == {**prompt.BLANK, "command": "answer", "access": {**access.PRIVATE, "public": True}}
    assert "other" in fields["access"], "what was found stays as it is"
