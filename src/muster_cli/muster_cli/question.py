"""What a suspended order asks a person, and how to answer."""

from __future__ import annotations

import shlex

from rich.text import Text

ANSWERS = {
    "completed": "the item is where the order wants it",
    "retry": "the item is back at its pick-up place; another robot tries again",
    "failed": "the order is given up",
}
"""What each answer says, by its word in `muster resolve` and in ``ResolveOrder.srv``."""
_OPTION_COLUMNS = 13


def question_text(order_id: str, message: str) -> Text:
    """The question, and the commands that answer it."""
    asked = message.removeprefix("a person is asked: ")
    text = Text(f"? {order_id} asks a person: ", style="bold magenta")
    text.append(f"{asked}\n", style="default")
    text.append(answer_text(order_id))
    return text


def answer_text(order_id: str) -> Text:
    """The command that answers, with what each option says."""
    text = Text(f"  answer with: muster resolve {shlex.quote(order_id)}", style="bold")
    for word, meaning in ANSWERS.items():
        text.append(f"\n      {'--' + word:<{_OPTION_COLUMNS}}", style="cyan")
        text.append(meaning, style="default")
    return text
