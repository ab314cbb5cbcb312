"""What people have made in an Open WebUI (accounts, a chat, a prompt, a document), and whether it is still there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import testinfra
from scenario import Answer, ask, machine

ME = {"email": "me@example.com", "password": "canary-by-hand", "name": "Me"}
ADA = {"email": "ada@example.com", "password": "canary-ada", "name": "Ada", "role": "user"}
QUESTION = {"role": "user", "content": "Who are you?"}
RULE = "The rubbish is collected on Tuesday."
UPLOAD = f"""--x\r
Content-Disposition: form-data; name="metadata"\r
\r
{{}}\r
--x\r
Content-Disposition: form-data; name="file"; filename="rules.md"\r
Content-Type: text/markdown\r
\r
{RULE}\r
--x--\r
"""


@dataclass
class Household:
    """A machine with Open WebUI, the sessions of its people, and what they made."""

    name: str
    port: int = 8080
    address: str = "127.0.0.1"
    host: Any = None
    sessions: list[str] = field(default_factory=list)
    chat: dict[str, Any] = field(default_factory=dict)
    knowledge: str = ""

    def request(self, path: str, body: Any = None, session: int = 0, port: int = 8080, **headers: str) -> Answer:
        """Ask Open WebUI with one of the sessions."""
        if self.sessions:
            headers["Authorization"] = f"Bearer {self.sessions[session]}"
        method = "GET" if body is None else "POST"
        return ask(self.host, self.address, path, port=port, method=method, body=body, headers=headers)

    def make(self, path: str, body: Any, session: int = 0, **headers: str) -> Any:
        answer = self.request(path, body, session, self.port, **headers)
        assert answer.status == 200, answer
        return answer.json()

    def connect(self) -> None:
        self.host = testinfra.get_host(machine(self.name))

    def fill(self, admin: str = "") -> None:
        """Make what people would have made in the browser; with the session of an admin, or by the first sign-up."""
        self.sessions = [admin or self.make("/api/v1/auths/signup", ME)["token"]]
        self.sessions.append(self.make("/api/v1/auths/add", ADA)["token"])
        assert self.request("/api/models", port=self.port).status == 200
        self.chat = self.say("Who")
        self.make("/api/v1/prompts/create", {"command": "greet", "name": "Greet", "content": "Say hello."})
        self.knowledge = self.make("/api/v1/knowledge/create", {"name": "House", "description": ""})["id"]
        upload = UPLOAD.format(json.dumps({"knowledge_id": self.knowledge}))
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        self.make("/api/v1/files/?process=true&process_in_background=false", upload, 0, **form)

    def say(self, title: str) -> dict[str, Any]:
        """A chat with an answer of a model, as the browser stores it."""
        asked = {"model": "llama3:latest", "messages": [QUESTION]}
        answer = self.make("/api/chat/completions", asked)["choices"][0]["message"]
        said = [{"id": "1", "childrenIds": ["2"], **QUESTION}, {"id": "2", "parentId": "1", **answer}]
        history = {"currentId": "2", "messages": {"1": said[0], "2": said[1]}}
        chat = {"title": title, "messages": said, "history": history}
        return dict(self.make("/api/v1/chats/new", {"chat": chat}))

    def lost(self) -> list[str]:
        """What is no longer there, or not as it was."""
        found = [
            ("session", self.request("/api/v1/auths/", session=1).json().get("email") == ADA["email"]),
            ("chat", self.said(self.request(f"/api/v1/chats/{self.chat['id']}").json()) == self.said(self.chat)),
            ("prompt", "greet" in {prompt["command"] for prompt in self.request("/api/v1/prompts/").json()}),
            ("document", RULE in self.search("rubbish").text),
        ]
        return [what for what, there in found if not there]

    @staticmethod
    def said(chat: dict[str, Any]) -> list[str]:
        return [message["content"] for message in chat.get("chat", {}).get("history", {}).get("messages", {}).values()]

    def search(self, query: str) -> Answer:
        """Look something up in the knowledge base, by what it means."""
        return self.request(
            "/api/v1/retrieval/query/collection", {"collection_names": [self.knowledge], "query": query, "k": 1}
        )
