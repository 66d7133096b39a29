"""An ordinary kernel of the interpreter that runs us, whatever kernels this machine has registered."""

from __future__ import annotations

import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

ARGUMENTS = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


class OwnInterpreter(AsyncKernelManager):
    """Environment and folder are those of the worker (`pool.settle`)."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=[sys.executable, *ARGUMENTS], display_name="Python 3", language="python")
