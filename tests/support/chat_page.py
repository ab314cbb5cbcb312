"""Open WebUI as somebody in front of a browser knows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import FilePayload, Locator, Page, expect

# Notes each text that an answer has had, as often as the page changes.
NOTE_BEGINNINGS = """
window.beginnings = [];
new MutationObserver(() => {
  const text = [...document.querySelectorAll("[role=log] [role=listitem]:nth-child(2) p")]
    .map((paragraph) => paragraph.innerText).join(" ").trim();
  if (text && text !== window.beginnings.at(-1)) window.beginnings.push(text);
}).observe(document.body, { subtree: true, childList: true, characterData: true });
"""


class Account(NamedTuple):
    email: str
    password: str


class Talker(NamedTuple):
    """A model, and what it answers."""

    model: str
    sentence: str


class ChatPage:
    """What one does with the page, in its user's words."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        self.page = page
        self._url = url
        self._pictures = pictures
        # Comes once for each account and version, whenever it likes.
        greeting = page.get_by_role("button", name="Okay, Let's Go!")
        page.add_locator_handler(greeting, lambda button: button.click())

    def open(self, path: str = "") -> None:
        self.page.goto(self._url + path)

    def keep(self, name: str) -> None:
        """Keep what the page shows, as a picture."""
        self.page.screenshot(path=self._pictures / f"{name}.png", animations="disabled")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in where the page asks for it, and wait until one can ask something."""
        self.page.get_by_role("textbox", name="Email").fill(email)
        self.page.get_by_role("textbox", name="Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.question).to_be_editable()

    @property
    def question(self) -> Locator:
        """Where one types."""
        return self.page.get_by_role("textbox", name=re.compile("How can I help you today|Send a Message"))

    @property
    def answer(self) -> Locator:
        """The answer to the first question."""
        return self.page.get_by_role("log").get_by_role("listitem").nth(1)

    def choose_model(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile("Selected model|Select a model")).click()
        self.page.get_by_role("option", name=f"Select {name} model").click()
        expect(self.page.get_by_role("button", name=f"Selected model: {name}")).to_be_visible()

    def attach(self, name: str, text: str) -> None:
        """Upload a document to ask about, and wait until it has been read."""
        self.page.get_by_role("button", name="More", exact=True).click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("menuitem", name="Upload Files").click()
        chooser.value.set_files(FilePayload(name=name, mimeType="text/markdown", buffer=text.encode()))
        # With its size, which the page shows when the server has it.
        expect(self.page.get_by_role("button", name=re.compile(rf"{re.escape(name)} \d"))).to_be_visible()

    def ask(self, question: str) -> None:
        """Ask in a new chat, and wait for the whole answer."""
        self.page.evaluate(NOTE_BEGINNINGS)
        self.question.fill(question)
        self.page.get_by_role("button", name="Send message").click()
        self.wait_for_the_answer()

    def wait_for_the_answer(self) -> None:
        """Until one can ask for another."""
        expect(self.answer.get_by_role("button", name="Regenerate")).to_be_visible()

    def beginnings(self) -> list[str]:
        """The texts that the answer has had on its way."""
        return [str(text) for text in self.page.evaluate("window.beginnings")]

    def source(self, name: str) -> Locator:
        """What the answer says that it took from the document."""
        self.answer.get_by_role("button", name="Toggle 1 source").click()
        self.answer.get_by_role("button", name=f"View source: 1 {name}").click()
        return self.page.get_by_role("dialog").filter(has=self.page.get_by_role("link", name=name))

    def chat_actions(self) -> Locator:
        """The menu of the chat that is open."""
        self.page.get_by_role("button", name="Chat actions").click()
        return self.page.get_by_role("menu")

    def search(self, words: str) -> Locator:
        """The list of what the built-in search finds."""
        self.page.get_by_role("button", name=re.compile("^Search")).first.click()
        self.page.get_by_role("combobox", name="Search your workspace").fill(words)
        return self.page.get_by_role("listbox", name="Results")
