"""An adapter opened on a test's own chat server, where nobody waits."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from auditkit_llm import open_chat

PROMPTS = pd.Series([f"Question {number}" for number in range(6)])


def opened(server, *, kept=None, **options):
    how = {"device": "auto", "kept": kept, "spec_folder": Path(), "endpoint": server.url, "model": "tiny"}
    model = open_chat(None, **(how | options))
    # Nobody waits in a test: what would be slept is written down, and the clock put forward.
    model.endpoint.slept = []

    def sleep(seconds):
        model.endpoint.slept.append(seconds)

    model.endpoint.sleep = model.endpoint.pace.sleep = sleep
    model.endpoint.pace.clock = lambda: sum(model.endpoint.slept)
    return model


def told(model, prompts=PROMPTS):
    return " | ".join(map(str, [*model.notes, *model.notes_on(prompts)]))
