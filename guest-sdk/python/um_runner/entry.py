"""What um-host calls: one script, run from start to end."""

import runpy
import sys

from wit_world.imports import environment, script


class WitWorld:
    """The export of the world `runner`; componentize-py looks for this name."""

    def run(self, path: str, input: str) -> script.Ending:
        script.declare(script.Kind.COMMAND)
        print(environment.get_environment(), environment.get_arguments(), sys.path, sys.argv)
        runpy.run_path(path)
        sys.stdout.flush()
        return script.Ending_Exited(0)
