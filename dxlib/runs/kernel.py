"""A kernel of the interpreter that runs us, whatever kernels this machine has registered: forked or ordinary.

Forked kernels are children of a server that has imported everything already (`fork_server`): 0.1 s of processor time
to the first cell instead of 1.5. Whatever fails there, an ordinary kernel runs the notebook instead.
"""

from __future__ import annotations

import array
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Type, default

from .fork_server import BOUND
from .fork_server import __file__ as FORK_SERVER

ARGUMENTS = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
INLINE = "module://matplotlib_inline.backend_inline"  # chosen before matplotlib is imported, as in a kernel
PATIENCE = 60.0  # seconds for a server to import everything on a busy machine


class Source:
    """Where the kernels of one worker come from.

    forked   whether to fork them; where that fails, `trouble` says why and the kernel at hand is an ordinary one. A
             server that is lost is replaced for the next kernel; one that never gave a kernel is not tried again.
    """

    def __init__(self, forked: bool):
        self.forked = forked
        self.server: Server | None = None
        self.trouble = ""
        self.used = ""
        if forked:
            with suppress(OSError):  # tried again, and then told, when the first kernel is wanted
                self.server = Server()  # imports while its worker does other things

    def launch(self, command: Sequence[str], environment: dict[str, str]) -> Forked | None:
        """A forked kernel that has bound its sockets, or None when an ordinary one is to be started."""
        self.used, self.trouble = "ordinary", ""
        if not self.forked:
            return None
        try:
            self.server = self.server or Server()
            kernel = self.server.fork(command, environment)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            self.trouble = f"{type(error).__name__}: {error}"
            self.forked = self.server is not None and self.server.given > 0
            self.end()
            return None
        self.used = "forked"
        return kernel

    def end(self) -> None:
        if self.server is not None:
            self.server.end()
            self.server = None


class Server:
    """A running fork server. It ends when our end of the connection closes, and all its kernels with it."""

    def __init__(self) -> None:
        self.given = 0  # kernels
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(PATIENCE)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, FORK_SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "MPLBACKEND": INLINE},
            )

    def fork(self, command: Sequence[str], environment: dict[str, str]) -> Forked:
        """A new kernel. Raises OSError when the server or the kernel is lost on the way."""
        ours, theirs = os.pipe()
        try:
            request = json.dumps({"argv": list(command), "env": environment}).encode() + b"\n"
            descriptor = array.array("i", [theirs])
            sent = self.connection.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)])
            self.connection.sendall(request[sent:])
            kernel = Forked(int(self.connection.recv(64) or 0), ours)
            if not kernel.pid:
                raise OSError(f"the server has ended ({self.process.poll()})")
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        if kernel.read(PATIENCE) != BOUND:
            kernel.kill()
            raise OSError(f"the kernel has ended ({kernel.wait()})")
        self.given += 1
        return kernel

    def end(self) -> None:
        self.connection.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Forked:
    """A forked kernel, with the face of a subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, status: int):
        self.pid = pid
        self.status = status
        self.returncode: int | None = None

    def read(self, seconds: float) -> bytes:
        """What comes through the status pipe: BOUND, then the exit code; an end without one is a killed server's."""
        if self.returncode is not None or not select.select([self.status], [], [], seconds)[0]:
            return b""
        said = os.read(self.status, 64)
        if said != BOUND:
            code = said.removeprefix(BOUND).strip()
            self.returncode = int(code) if code else -signal.SIGKILL
            os.close(self.status)
        return said

    def poll(self) -> int | None:
        self.read(0)
        return self.returncode

    def wait(self, timeout: float = 5.0) -> int:
        end = time.monotonic() + timeout
        while self.returncode is None:
            if (left := end - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout)
            self.read(left)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Provisioner(LocalProvisioner):
    """Starts a kernel from the source of its manager, and sees it end."""

    source: Source
    process: Any

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        kernel = self.source.launch(cmd[2:], kwargs["env"])
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        process = self.process
        await super().kill(restart)
        if process is not None:
            process.wait(5)  # jupyter_client would look every 100 ms


class Client(AsyncKernelClient):
    """Ready as soon as a question is answered on both channels; jupyter_client waits for 0.2 s of silence as well."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        end = time.monotonic() + (timeout or PATIENCE)
        while time.monotonic() < end:
            if await self.answers(self.kernel_info()):
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def answers(self, question: str) -> bool:
        with suppress(queue.Empty):
            message: dict[str, Any] = {}
            while message.get("content", {}).get("execution_state") != "idle" or asked(message) != question:
                message = await self.get_iopub_msg(timeout=0.5)
            while asked(message := await self.get_shell_msg(timeout=0.5)) != question:
                pass
            self._handle_kernel_info_reply(message)
            return True
        return False


def asked(message: dict[str, Any]) -> Any:
    """The question that a message answers."""
    return message.get("parent_header", {}).get("msg_id")


class OwnInterpreter(AsyncKernelManager):
    """Environment and folder are those of the worker (`pool.set_up`); an ordinary kernel unless `manager` says more."""

    source = Source(False)
    client_factory = Type(klass=Client)

    @default("transport")
    def _transport(self) -> str:
        return "tcp" if sys.platform == "win32" else "ipc"  # no port that another worker may pick as well

    @default("ip")
    def _ip(self) -> str:
        return "127.0.0.1" if sys.platform == "win32" else "kernel"  # files in the worker's folder

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=[sys.executable, *ARGUMENTS], display_name="Python 3", language="python")

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        self.kernel_id = self.kernel_id or str(uuid4())
        if self.provisioner is None:
            self.provisioner = Provisioner(kernel_spec=self.kernel_spec, kernel_id=self.kernel_id, parent=self)
            self.provisioner.source = self.source
        return await super()._async_pre_start_kernel(**kw)


def manager(source: Source) -> type[OwnInterpreter]:
    """The class of managers that take their kernels from a source: papermill makes the manager itself."""
    return type("Manager", (OwnInterpreter,), {"source": source})
