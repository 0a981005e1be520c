"""What um-host calls. All that is done here outside of functions is done once, when the runner is made."""

from __future__ import annotations

import um_runner.net.stand_in  # isort: split

import builtins
import gc
import json
import site
import sys

from wit_world.imports import environment as started
from wit_world.imports import script

import um_runner
from um_action import app, host
from um_action.wasi import WasiHost
from um_action.wasi.poll import wait_any
from um_runner import environment, loop, standard_library, zones
from um_runner.absent.compiled import finder
from um_runner.absent.install import executed
from um_runner.net import c_socket, ends
from um_runner.net.connection import Connection
from um_runner.run import Exited, Failed, Returned, run
from um_runner.threads.install import install as install_threads


class WitWorld:
    """The export of the world `runner`; componentize-py looks for this name."""

    def run(self, path: str, input: str) -> script.Ending:
        """See wit/runner.wit."""
        environment.refresh(path, started.get_environment(), started.get_arguments())
        value = json.loads(input)
        host.install(WasiHost(value))
        match run(path, value, lambda kind, bare: script.declare(script.Kind[kind.name], bare)):
            case Exited(status):
                return script.Ending_Exited(status)
            case Returned(text):
                return script.Ending_Returned(text)
            case Failed(message):
                # A lone surrogate, as JSON may hold one, cannot be passed.
                return script.Ending_Failed(message.encode(errors="backslashreplace").decode())


def _make() -> None:
    setattr(builtins, "app", app)
    site.setquit()
    site.sethelper()
    ends.wait_any = wait_any
    c_socket.connection = Connection
    install_threads()
    zones.hold()
    working = {"jiter": executed("jiter")}
    standard_library.hold()
    finder.install(working)
    loop.install()
    _rehearse()
    environment.forget()
    gc.collect()
    gc.freeze()


def _rehearse() -> None:
    """Runs a script that does nothing, so that what a run finds out about Python itself is known when it starts."""
    main = sys.modules["__main__"]
    run(um_runner.__file__, {}, lambda kind, bare: None)
    sys.modules["__main__"] = main


_make()
