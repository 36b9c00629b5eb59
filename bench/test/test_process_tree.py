"""Claims about the CPU time of processes and what they started."""

from __future__ import annotations

import subprocess
import sys

from process_tree import tree_cpu_s

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"


def test_children_count_and_strangers_do_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "done\n"
        assert tree_cpu_s([parent.pid]) >= 0.3
        parent.communicate("\n")
    assert tree_cpu_s([parent.pid]) == 0.0
