"""Signals that raise, at whatever moment of a call: nobody else waits for ever, and no lock stays held."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest
from sync_store import PATIENCE_S

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

# A signal comes at a random moment of the first calls of `call`, again and again. Of some hundreds one hits the moment
# in which the wait for the loop can be broken.
_HEAD = """
import random, signal, sys, time, warnings
from axon import EphemeralPolicy, MemoryConfig
from axon.sync import MemorySystem

warnings.simplefilter("ignore")  # of a coroutine that a signal keeps from being handed over
armed = False

def ring(*_):
    global armed
    if armed:
        armed = False
        raise TimeoutError

def interrupted(call, times):
    global armed
    chance = random.Random(1)
    for number in range(times):
        try:
            armed = True
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-4, 2e-3))
            while armed:
                call(number)
        except TimeoutError:
            pass
        armed = False

signal.signal(signal.SIGALRM, ring)
memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()))
"""


def said(body):
    """What a program prints that begins with the head; it may complain of signals in the midst of others' code."""
    source = _HEAD + dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", source], check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_loop_goes_on():
    assert (
        said("""
        flag = memory.flag("a")
        interrupted(lambda _: flag.read(), 3000)
        print(flag.read())
        """)
        == "False\n"
    )


def test_no_lock_stays_held():
    # But for one moment: between the end of a body and the first line of __exit__, where no code of Python has a say.
    assert (
        said("""
        def locked(number):
            lock = memory.lock(f"{number}", ttl=60)
            try:
                with lock:
                    pass
            except TimeoutError as error:
                frames = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
                if (type(lock).__exit__.__code__, type(lock).__exit__.__code__.co_firstlineno) in frames:
                    lock.__exit__(None, None, None)
                raise

        from traceback import walk_tb
        interrupted(locked, 1000)
        print(memory.locks())
        """)
        == "[]\n"
    )
