from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from muster_bringup import output
from muster_bringup.output import LogFile, Printer, text_for_person

RECORD = '{"event": "fleet is active", "level": "info"}'


@pytest.mark.parametrize(
    ("process", "line", "text"),
    [
        ("supervisor", RECORD, "supervisor: fleet is active"),
        ("scheduler", RECORD, None),
        ("scheduler", "[INFO] [17.5] [muster.scheduler]: fine", None),
        (
            "scheduler",
            "[WARN] [17.5] [muster.scheduler]: slow",
            "scheduler: [WARN] [17.5] [muster.scheduler]: slow",
        ),
        ("supervisor", "[WARN] [17.5] [muster.supervisor]: twin of a record", None),
        ("scheduler", "ValueError: oh", "scheduler: ValueError: oh"),
        ("scheduler", "{not a record", "scheduler: {not a record"),
        ("scheduler", "", None),
    ],
)
def test_person_sees_the_supervisor_and_the_warnings(
    process: str, line: str, text: str | None
) -> None:
    assert text_for_person(process, line) == text


def test_terminal_that_stands_still_does_not_hold_up_who_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "PRINTED_WAITING_MAX", 2)
    go_on, is_printing = threading.Event(), threading.Event()

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            is_printing.set()
            go_on.wait(20)
            return super().write(text)

    terminal = Terminal()
    printer = Printer(terminal)
    printer("first")
    assert is_printing.wait(20)
    for number in range(5):
        printer(str(number))
    go_on.set()
    printer.close(20)
    assert terminal.getvalue() == "first\n(3 lines not shown)\n0\n1\n"


def test_log_ends_at_its_bound_and_the_log_before_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "agent.log"
    path.write_text("before\n")
    monkeypatch.setattr(output, "LOG_BYTES_MAX", 20)
    log = LogFile(path)
    for _ in range(100):
        log.write("123456789")
    log.close()
    assert path.read_text().splitlines() == [
        "123456789",
        "(the log ends here: it has 20 bytes, which is the bound)",
    ]
    assert (tmp_path / "agent.log.1").read_text() == "before\n"
