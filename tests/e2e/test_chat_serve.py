"""A tiny model served by transformers itself: asked over HTTP it says what it says when it is opened here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pandas as pd
import pytest
from tiny_chat import QUESTIONS, TEMPLATE, build_chat, opened_chat

from auditkit import ModelError
from auditkit.kept import Kept

for needed in ("fastapi", "uvicorn", "openai"):
    pytest.importorskip(needed, reason="pip install 'transformers[serving]'")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("loopback")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def served(tmp_path):
    build_chat(tmp_path / "model", template=TEMPLATE)
    port = free_port()
    program = Path(sys.executable).with_name("transformers")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "transformers.cli.transformers"]
    process = subprocess.Popen(
        [*command, "serve", "--host", "127.0.0.1", "--port", str(port), "model"],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 200
        while not answers(f"http://127.0.0.1:{port}/health"):
            assert process.poll() is None, "the server has ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.5)
        yield tmp_path / "model", f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def test_a_served_model_says_what_it_says_when_it_is_opened_here(served):
    folder, url = served
    prompts = pd.Series(QUESTIONS)
    remote = opened_chat(None, endpoint=url, model="model", kept=Kept(), timeout=120.0)
    assert remote.predict(prompts).texts == opened_chat(folder).predict(prompts).texts
    told = " | ".join(map(str, remote.notes_on(prompts)))
    assert "asked twice with the same settings, 0 of 5 prompts got another answer" in told
    assert "the answers say that they are from model@main" in told
    here = opened_chat(folder).sizes(prompts).sum()
    assert f"6 answers took 6 requests, {here} tokens of prompts" in told
    stopped = opened_chat(None, endpoint=url, model="model", stop=("e",), timeout=120.0).predict(prompts)
    assert stopped.texts == opened_chat(folder, stop=("e",)).predict(prompts).texts
    with pytest.raises(ModelError, match="bear no log-probabilities"):  # it has none, and says nothing of it
        opened_chat(None, endpoint=url, model="model", logprobs=True, timeout=120.0).predict(prompts)
    with pytest.raises(ModelError, match="refuses with 400: Server is pinned to 'model'"):
        opened_chat(None, endpoint=url, model="another", timeout=120.0).predict(prompts)
