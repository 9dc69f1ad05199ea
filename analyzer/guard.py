"""A stranger's file is read in a process of its own: whatever it does there, hang, crash or eat memory, costs that file alone.

The process is started once and reads one file after the other; only when a file broke it, the next one gets a fresh process.
"""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Generic, TypeVar

from analyzer import limits
from analyzer.confinement import GRACE, MEGABYTE, confine, end_after
from analyzer.errors import AnalyzerError, Crashed, OverMegabytes, OverSeconds, OverTotalSeconds

_Made = TypeVar("_Made")
Tell = Callable[..., None]
_START = 300.0
"""Seconds in which the process must be ready to read."""
_BEAT = 0.2
"""Seconds between two signs of progress, at least."""
_FAREWELL = 0.5
_OUT_OF_MEMORY = frozenset({signal.SIGABRT, *(getattr(signal, name) for name in ("SIGTRAP", "SIGILL", "SIGKILL") if hasattr(signal, name))})
"""How libraries end that get no memory, and what the system does to the process that has too much."""
_READY, _TOLD, _MADE, _FAILED, _FAULT, _STOPPED, _ALIVE = "ready", "told", "made", "failed", "fault", "stopped", "alive"


class Fault(Exception):
    """The program failed by a fault of its own in the other process; ``trace`` tells where."""

    def __init__(self, trace: str) -> None:
        super().__init__(trace)
        self.trace = trace


class Guard(Generic[_Made]):
    """Calls the function that ``prepare`` makes, in another process.

    ``prepare`` is called there once, with a function that passes its arguments on to ``tell`` here. Where a system does not fork, it must
    be something that can be pickled. The calls raise what the function raises, Crashed, or what it means to go over a limit.
    """

    def __init__(self, prepare: Callable[[Tell], Callable[..., _Made]]) -> None:
        self.tell: Tell | None = None
        self._prepare = prepare
        self._limits = limits.current()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._ready = False

    def __enter__(self) -> Guard[_Made]:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def start(self) -> None:
        """Start the process, unless it is there; what it loads, it loads while this one goes on."""
        if self._process is not None:
            return
        context = _context()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._prepare, self._limits), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        theirs.close()
        self._ready = False

    def __call__(self, path: str, **more: Any) -> _Made:
        """What the function makes of the file at ``path``."""
        self.start()
        assert self._pipe is not None
        try:
            if not self._ready:
                self._expect(path, _START)
            self._pipe.send((path, more))
            made: _Made = self._expect(path, self._limits.seconds, time.monotonic() + self._limits.total_seconds)
            return made
        except (EOFError, OSError):
            raise self._lost(path) from None
        except OverMegabytes:  # what is left of the memory may be in pieces
            self._end()
            raise
        except Exception:
            if not self._ready:
                self._end()
            raise

    def _expect(self, path: str, seconds: float, until: float = float("inf")) -> Any:
        """What comes through the pipe, signs of progress aside. Raises what went wrong there, or that it takes too long."""
        assert self._pipe is not None
        while time.monotonic() < until and self._pipe.poll(min(seconds, until - time.monotonic())):
            kind, content = self._pipe.recv()
            if kind == _TOLD and self.tell:
                self.tell(*content)
            elif kind == _READY:
                self._ready = True
                return None
            elif kind == _MADE:
                return content
            elif kind == _FAILED:
                raise content
            elif kind == _FAULT:
                raise Fault(content)
            elif kind == _STOPPED:
                raise KeyboardInterrupt
        self._end()
        if time.monotonic() >= until:
            raise OverTotalSeconds(path=path, limit=self._limits.total_seconds)
        raise OverSeconds(path=path, limit=self._limits.seconds)

    def _lost(self, path: str) -> AnalyzerError:
        """Why the process is gone."""
        assert self._process is not None
        self._process.join(_FAREWELL)
        code = self._process.exitcode or 0
        self._end()
        if -code in _OUT_OF_MEMORY and (-code == getattr(signal, "SIGKILL", None) or _most_memory() > self._limits.megabytes / 4):
            return OverMegabytes(path=path, limit=self._limits.megabytes)
        if -code == getattr(signal, "SIGALRM", None):
            return OverSeconds(path=path, limit=self._limits.seconds)
        with suppress(ValueError):
            return Crashed(path=path, signal=signal.Signals(-code).name)
        return Crashed(path=path, signal=str(code))

    def _end(self) -> None:
        if self._process is None or self._pipe is None:
            return
        self._pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()
        self._process = self._pipe = None


def _context() -> BaseContext:
    """Forking costs next to nothing, but is safe only on Linux."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _most_memory() -> float:
    """Megabytes that any process of ours which has ended held at its most."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (MEGABYTE if sys.platform == "darwin" else 1024)


def _serve(pipe: Connection, prepare: Callable[[Tell], Callable[..., object]], allowed: limits.Limits) -> None:
    """The life of the process: answer each call until the pipe closes."""
    with suppress(AttributeError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.disable()  # the way of a crash belongs to nobody who reads the terminal; that there was one is told
    voice = _Voice(pipe)
    gc.disable()  # nothing of what is loaded is garbage: looking through it again and again takes a tenth of the time
    with suppress(EOFError, BrokenPipeError, ConnectionError):
        try:
            work = prepare(lambda *words: voice.say(_TOLD, words))
        except AnalyzerError as error:
            voice.say(_FAILED, error)
            return
        except Exception:
            voice.say(_FAULT, traceback.format_exc())
            return
        gc.freeze()
        gc.enable()
        confine(allowed.megabytes)
        limits.tell_progress_to(lambda: voice.beat(allowed.seconds))
        voice.say(_READY, None)
        while True:
            path, more = pipe.recv()
            end_after(allowed.seconds + GRACE)
            answer = _answer(work, path, more, allowed)
            end_after(0)
            voice.say(*answer)


class _Voice:
    """One end of a pipe into which several threads speak."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._last = 0.0

    def say(self, kind: str, content: object) -> None:
        """Send a message."""
        with self._lock:
            self._pipe.send((kind, content))

    def beat(self, seconds: float) -> None:
        """Tell that there is progress, and put off this side's own end."""
        now = time.monotonic()
        if now - self._last >= _BEAT:
            self._last = now
            end_after(seconds + GRACE)
            self.say(_ALIVE, None)


def _answer(work: Callable[..., object], path: str, more: dict[str, Any], allowed: limits.Limits) -> tuple[str, object]:
    try:
        return _MADE, work(path, **more)
    except MemoryError:
        return _FAILED, OverMegabytes(path=path, limit=allowed.megabytes)
    except KeyboardInterrupt:
        return _STOPPED, None
    except AnalyzerError as error:
        return _FAILED, error
    except Exception:
        return _FAULT, traceback.format_exc()
