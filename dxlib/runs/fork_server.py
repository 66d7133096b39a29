"""The server that kernels are forked from: the libraries imported once, a fresh child process for every notebook.

Run as a program of its own (`kernel.Server` starts it), because only a process without threads may fork safely. It
asserts that it has none, and keeps nothing of a kernel: each is a child that ends with its notebook.
"""

from __future__ import annotations

import array
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from typing import Any, NoReturn

PRELOADED = """
ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell
numpy numpy.random statistics pandas scipy.optimize scipy.stats scipy.sparse
matplotlib.figure matplotlib.layout_engine matplotlib.backends.backend_svg
babel.numbers babel.dates dxlib.case dxlib.index dxlib.verify dxlib.robust dxlib.years dxlib.words dxlib.show
""".split()
INLINE = "matplotlib_inline.backend_inline"
BOUND = b"+"  # what a kernel says when its sockets are bound
PR_SET_PDEATHSIG = 1


def main(connection: socket.socket) -> None:
    """Import, make sure of what forking needs, serve until the other end closes."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # 70 ms a kernel; nobody debugs here
    for name in PRELOADED:
        import_module(name)
    warm()
    check()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page
    serve(connection)


def warm() -> None:
    """What libraries read once and keep: fonts, catalogues of words, the machine's addresses. Never pyplot: it would
    choose a backend. A drawing of ours leaves nothing else behind."""
    from jupyter_client.localinterfaces import local_ips

    from dxlib.show import charts
    from dxlib.words import LANGUAGES, date, number

    local_ips()
    charts.draw(1, lambda figure, axes: None)
    for lang in LANGUAGES:
        number(0.5, lang, 1)
        date("2025-01-01", lang)


def check() -> None:
    """A fork copies one thread alone; and with the inline backend already there, kernels lose their charts unsaid."""
    import psutil

    threads = psutil.Process().num_threads()
    if threads != 1:
        raise RuntimeError(f"{threads} threads")
    if INLINE in sys.modules:
        raise RuntimeError(f"{INLINE} is imported")


def serve(connection: socket.socket) -> None:
    """Fork a kernel for every request; say how each ended in its status pipe; end with whoever asks."""
    awake, wake = os.pipe()
    for descriptor in (awake, wake):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    live: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([connection.fileno(), awake], [], [])
        if awake in ready:
            os.read(awake, 4096)
            reap(live)
        if connection.fileno() not in ready:
            continue
        request, status = receive(connection)
        if request is None:
            kill(live)
            return
        if (pid := os.fork()) == 0:
            connection.close()
            for descriptor in (awake, wake, *live.values()):
                os.close(descriptor)
            become_kernel(request, status)
        live[pid] = status
        connection.sendall(b"%d\n" % pid)


def receive(connection: socket.socket) -> tuple[dict[str, Any] | None, int]:
    """One request, a line of JSON, and the status pipe that came with it; None when the other end has closed."""
    size = array.array("i").itemsize
    data, passed, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(size))
    descriptors = array.array("i")
    for _, _, content in passed:
        descriptors.frombytes(content[:size])
    while data and not data.endswith(b"\n"):
        more = connection.recv(1 << 16)
        data = data + more if more else b""
    return (json.loads(data), descriptors[0]) if data and descriptors else (None, -1)


def reap(live: dict[int, int]) -> None:
    """Take in kernels that have ended, with whatever they started."""
    for pid in list(live):
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            kill_group(pid)
            tell(live.pop(pid), b"%d\n" % os.waitstatus_to_exitcode(code))


def tell(status: int, what: bytes) -> None:
    try:
        os.write(status, what)
    except BrokenPipeError:  # nobody waits for it any more
        pass
    finally:
        os.close(status)


def kill(live: dict[int, int]) -> None:
    for pid in live:
        kill_group(pid)
    for pid in live:
        os.waitpid(pid, 0)


def kill_group(pid: int) -> None:
    for send in (os.killpg, os.kill):  # a kernel just born leads no group yet
        try:
            send(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def become_kernel(request: dict[str, Any], status: int) -> NoReturn:
    """In the child: what a new interpreter would have, then the ordinary kernel."""
    code = 1
    try:
        server = os.getppid()
        os.setsid()
        if sys.platform == "linux":  # a server that is killed takes its kernels along
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = request["argv"]
        import_module("numpy").random.seed()  # else all kernels would draw the same
        kernels: Any = import_module("ipykernel.kernelapp")
        kernel = kernels.IPKernelApp.instance(parent_handle=server)  # its own default was read in the server
        kernel.initialize(sys.argv[1:])
        os.write(status, BOUND)
        os.close(status)
        kernel.start()
        code = 0
    except BaseException:  # nothing may return into the server's loop
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # our folder; with the interpreter's own switch for it (-P) kernels would lose theirs
    main(socket.socket(fileno=int(sys.argv[1])))
