"""What somebody does with the chat, from the first visit on, in a real browser through the door."""

from __future__ import annotations

import re
import uuid

from chat_page import Account, ChatPage, Talker
from playwright.sync_api import expect

MISTRAL = "A northern wind blows over the hills and carries this answer to your door."
HANDBOOK = """# House handbook

## Bicycles

Bicycles stand in the rack behind the house, and never in the stairwell.

## Laundry

The washing machine in the cellar may run from eight in the morning.

## Coffee

Descale the coffee machine every eight weeks, when its blue lamp blinks.

## Heating

The boiler is serviced every October by the plumber.

## Garden

Whoever waters the tomatoes may eat them.

## Parcels

Parcels for neighbours are put on the shelf beside the door.
"""


def test_a_first_visit_leads_to_the_sign_in(stranger: ChatPage) -> None:
    stranger.open()
    expect(stranger.page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(stranger.page.get_by_role("button", name="Sign up")).to_have_count(0)
    stranger.keep("sign-in")


def test_the_declared_admin_signs_in(stranger: ChatPage, admin: Account) -> None:
    stranger.open()
    stranger.sign_in(*admin)
    stranger.page.get_by_role("button", name="User menu").click()
    expect(stranger.page.get_by_role("menuitem", name="Admin Panel")).to_be_visible()


def test_the_chosen_model_answers(chat: ChatPage) -> None:
    chat.choose_model("mistral:latest")
    chat.ask("Who are you?")
    expect(chat.answer).to_contain_text(MISTRAL)
    chat.keep("answer")


def test_words_appear_before_the_answer_is_complete(talker: Talker, chat: ChatPage) -> None:
    chat.choose_model(talker.model)
    chat.ask("How far can you count?")
    beginnings = chat.beginnings()
    assert beginnings[-1] == talker.sentence
    assert all(talker.sentence.startswith(beginning) for beginning in beginnings)
    assert len(beginnings) > 5


def test_an_uploaded_document_is_the_source_of_an_answer(chat: ChatPage) -> None:
    """Found by its meaning: the question has no word of the passage."""
    chat.choose_model("llama3:latest")
    chat.attach("handbook.md", HANDBOOK)
    chat.ask("How often do we remove limescale from our espresso maker?")
    source = chat.source("handbook.md")
    expect(source.get_by_role("heading").first).to_have_text("Coffee")
    chat.keep("source")


def test_a_slash_finds_a_prompt(chat: ChatPage) -> None:
    chat.question.press_sequentially("/summ")
    expect(chat.page.get_by_role("button", name="summarise Summarise a text")).to_be_visible()
    chat.keep("prompt")
    chat.question.press("Enter")
    expect(chat.question).to_have_text("Say in three sentences what the following text is about.")


def test_a_chat_keeps_its_tag(chat: ChatPage) -> None:
    chat.choose_model("llama3:latest")
    chat.ask("Who are you?")
    chat.chat_actions().get_by_role("combobox", name="Add a tag").fill("kitchen")
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("menu").get_by_role("button", name="kitchen")).to_be_visible()
    chat.page.reload()
    expect(chat.chat_actions().get_by_role("button", name="kitchen")).to_be_visible()


def test_the_search_finds_a_past_question(chat: ChatPage) -> None:
    chat.choose_model("llama3:latest")
    number = str(uuid.uuid4().int)[:6]
    chat.ask(f"Where is teapot {number}?")
    address = chat.page.url
    chat.open()
    found = chat.search(number).get_by_role("option", name=re.compile(number))
    expect(found).to_have_count(1)
    expect(chat.page.get_by_role("region", name="Result preview").get_by_role("listitem")).to_have_count(2)
    chat.keep("search")
    chat.page.get_by_role("button", name="Open ↵").click()
    expect(chat.page).to_have_url(re.compile(rf"^{re.escape(address)}\b"))
    chat.wait_for_the_answer()
